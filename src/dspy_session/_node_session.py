"""A node of a session's program, read like a session: its turns are the node's calls."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, Protocol

import dspy

from ._calls.call import Call, Order
from ._calls.nested import NestedCall
from ._calls.policy import Settings
from ._calls.program import Shape
from ._state import NodeState
from ._trainsets import Trainsets
from ._tree.branch import Branch
from ._tree.conversation import Conversation
from ._tree.record import Node
from ._tree.values import thawed
from ._turns import Turns


class Whole(Protocol):
    """The session around a node, bound to whatever state it is bound to here."""

    _settings: Settings

    @property
    def _program(self) -> Any: ...
    @property
    def _conversation(self) -> Conversation: ...
    @property
    def _key(self) -> str: ...
    @property
    def _branch(self) -> Branch: ...


class Nowhere:
    """What stands for the session around a node that has none, such as an optimizer's copy."""

    _program = None

    def __init__(self) -> None:
        self._settings, self._branch = Settings(), Branch()
        self._conversation, self._key = Conversation(self._branch), self._branch.key

    def __repr__(self) -> str:
        return "a session"


def node_branch(branch: Branch, path: str) -> Branch:
    """Return a branch with a node's calls as its turns, those of ended episodes out of sight."""
    node = branch.nodes.get(path, Node())
    return dataclasses.replace(branch, log=node.open, seed=None, ahead=None)


class _NodeConversation:
    """A conversation that shows one node's calls; amendments go to the branch of the whole."""

    def __init__(self, whole: Conversation, path: str) -> None:
        self._whole, self._path = whole, path

    def __getitem__(self, key: str) -> Branch:
        return node_branch(self._whole[key], self._path)

    @property
    def branches(self) -> list[Branch]:
        return [node_branch(branch, self._path) for branch in self._whole.branches]

    def update(self, key: str, label: str, make: Callable[[Branch], Branch]) -> Branch:
        def amended(branch: Branch) -> Branch:
            changed = make(node_branch(branch, self._path))
            return dataclasses.replace(branch, edits=changed.edits, marks=changed.marks)

        self._whole.update(key, f"{label} of {self._path!r}", amended)
        return self[key]


class NodeSession(Trainsets):
    """What a node shows when it is read as a session: turns, scores, edits, examples, exports.

    Args:
        whole: The session around.
        path: The node's path in its program.
        part: The predictor or module at that path.
    """

    def __init__(self, whole: Whole, path: str, part: dspy.Module) -> None:
        self._whole, self._path, self.module = whole, path, part
        own = vars(part).get("_settings")  # a session inside a program has settings of its own
        settings = self._settings = own if isinstance(own, Settings) else whole._settings
        field, strict = settings.history_field, settings.strict_history_annotation
        self._program: Any = Shape(part, field, strict=strict)

    @property
    def _conversation(self) -> Any:
        return _NodeConversation(self._whole._conversation, self._path)

    @property
    def _key(self) -> str:
        return self._whole._key

    @property
    def _branch(self) -> Branch:
        return node_branch(self._whole._branch, self._path)

    @property
    def state(self) -> NodeState:
        """Where the node stands in the state that its session is bound to here."""
        branch = self._whole._branch
        return NodeState(branch, self._path, branch.nodes.get(self._path, Node()))

    @property
    def turns(self) -> Turns:
        """The node's calls, oldest first; those of ended episodes are not among them."""
        return Turns(self._branch)

    @property
    def branches(self) -> dict[str, Any]:
        """The branch, alone: the others are branches of the session around."""
        return {self.name: self}

    @property
    def initial_history(self) -> None:
        """None: a node has no messages from before its first call."""

    @property
    def l2_memory(self) -> str:
        """The memory that a consolidator made of the node's episodes."""
        return self.state.l2_memory

    @property
    def session_history(self) -> dspy.History:
        """The history that the node's next call would see."""
        whole = self._whole
        if whole._program is None:
            return dspy.History(messages=[])
        frame = Call(whole._program, whole._settings, Order({}, None), whole._branch).frame
        if isinstance(self.module, dspy.Predict):
            signature: Any = self.module.signature
            if self.history_field in signature.fields:
                signature = signature.delete(self.history_field)
            seen = frame.seen_by(self._path, signature)
        else:
            seen = NestedCall(frame, self._path, self._settings, Order({}, None)).frame.seen
        return dspy.History(messages=[thawed(message) for message in seen.messages])
