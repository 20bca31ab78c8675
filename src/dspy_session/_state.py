"""A conversation's state as callers hold it: one per user, bound to a shared session."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import dspy

from ._calls.policy import frozen_messages
from ._tree.branch import Branch
from ._tree.conversation import Conversation
from ._tree.record import ROOT, Node, Record, Window, new_id, now
from ._tree.values import frozen_copy, thawed
from ._turns import Call, Turn, Turns
from .errors import ArgumentTypeError


def as_seed(history: Any, name: str = "initial_history") -> tuple[Mapping[str, Any], ...] | None:
    """Return a history's messages as a seed; None stays None."""
    if history is None:
        return None
    if not isinstance(history, dspy.History):
        msg = f"{name} is a dspy.History, got {type(history).__name__}"
        raise ArgumentTypeError(msg)
    return frozen_messages(history.messages)


class NodeState:
    """Where one nested node stands: its ledger of calls and its consolidated memory."""

    def __init__(self, branch: Branch, path: str, node: Node) -> None:
        self._branch, self._node = branch, node
        self.path = path

    @property
    def turns(self) -> list[Call]:
        """The node's recorded calls, oldest first; ``index`` counts in its own ledger."""
        ledger = self._node.open
        return [
            Call(self._branch, position, ledger[position])
            for position in range(ledger.first, len(ledger))
        ]

    @property
    def l2_memory(self) -> str:
        """The text that a consolidator made of the node's episodes."""
        return self._node.memory

    def __repr__(self) -> str:
        return f"NodeState({self.path!r}, turns={len(self.turns)})"


class SessionState:
    """Everything one user's conversation consists of: turns, branches, amendments, memories.

    Take one from ``session.new_state()`` and bind it with ``session.use_state(state)``.

    Args:
        turns: Turns to begin with: turns of another session, or dicts with ``inputs`` and
            ``outputs``.
        initial_history: Messages from before the first turn.
        l2_memory: The program's consolidated memory.

    Raises:
        ArgumentTypeError: ``turns`` holds something else, or ``initial_history`` is no History.
    """

    def __init__(
        self,
        turns: Iterable[Turn | Mapping[str, Any]] = (),
        initial_history: dspy.History | None = None,
        l2_memory: str = "",
    ) -> None:
        branch = Branch(seed=as_seed(initial_history)).remembering(l2_memory)
        for turn in turns:
            branch = branch.appended(_record_of(turn, branch))
        self._conversation = Conversation(branch)
        self._key = branch.key

    @classmethod
    def _of(cls, conversation: Conversation, key: str) -> SessionState:
        state = cls.__new__(cls)
        state._conversation, state._key = conversation, key
        return state

    @property
    def _branch(self) -> Branch:
        return self._conversation[self._key]

    @property
    def turns(self) -> Turns:
        """The turns of this branch, oldest first."""
        return Turns(self._branch)

    @property
    def initial_history(self) -> dspy.History | None:
        """The messages from before the first turn."""
        seed = self._branch.seed
        return None if seed is None else dspy.History(messages=[thawed(one) for one in seed])

    @property
    def l2_memory(self) -> str:
        """The program's consolidated memory."""
        return self._branch.memory

    @l2_memory.setter
    def l2_memory(self, text: str) -> None:
        self._conversation.update(self._key, "memory", lambda branch: branch.remembering(text))

    @property
    def node_states(self) -> dict[str, NodeState]:
        """Path of each nested node that was called to where it stands."""
        branch = self._branch
        return {
            path: NodeState(branch, path, node)
            for path, node in branch.nodes.items()
            if path != ROOT
        }

    def __len__(self) -> int:
        return len(self.turns)

    def __bool__(self) -> bool:
        return True  # an empty state is a state: `state or new_state()` must not drop it

    def __repr__(self) -> str:
        return f"SessionState(turns={len(self.turns)}, branch={self._branch.name!r})"

    # --- files -------------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """Return the whole conversation, all branches, as JSON-ready data.

        Raises:
            EncodeError: A value cannot be written; the message names its field.
        """
        from ._saving import document

        return document(self, {})

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], module: dspy.Module | None = None) -> SessionState:
        """Return the state that ``to_dict`` wrote.

        Args:
            data: What ``to_dict`` returned, perhaps by way of JSON.
            module: The program, whose signatures name the types that may be rebuilt.

        Raises:
            FileFormatError: The data is damaged, foreign, or of a newer version.
        """
        from ._saving import state_from

        return state_from(data, module)[0]

    def save(self, path: str | Path) -> None:
        """Write the state to a JSON file; the old file stays whole until the new one is.

        Raises:
            EncodeError: A value cannot be written; the message names its field.
        """
        from ._saving import write_state

        write_state(path, self, {})

    @classmethod
    def load_from(cls, path: str | Path, module: dspy.Module | None = None) -> SessionState:
        """Return the state from a file.

        Raises:
            FileFormatError: The file is damaged, foreign, or of a newer version.
        """
        from ._saving import read_state

        return read_state(path, module)[0]


def added_record(
    branch: Branch, inputs: Mapping[str, Any], outputs: Mapping[str, Any], window: Window
) -> Record:
    """Return the record of a turn that no model made."""
    return Record(
        id=new_id(),
        node=ROOT,
        inputs={name: frozen_copy(value) for name, value in inputs.items()},
        outputs={name: frozen_copy(value) for name, value in outputs.items()},
        window=window,
        created_at=now(),
        before=branch.nodes,
        after=branch.nodes,
        source="add_turn",
    )


def _record_of(turn: Turn | Mapping[str, Any], branch: Branch) -> Record:
    if isinstance(turn, Mapping):
        try:
            inputs, outputs = turn["inputs"], turn["outputs"]
        except KeyError as missing:
            msg = f"a turn is a dict with 'inputs' and 'outputs', {missing} is missing"
            raise ArgumentTypeError(msg) from None
    elif isinstance(turn, Turn):
        inputs, outputs = turn.inputs, turn.outputs
    else:
        msg = f"a turn is a Turn or a dict with 'inputs' and 'outputs', got {type(turn).__name__}"
        raise ArgumentTypeError(msg)
    window = Window(stop=len(branch.log), seed=branch.seed or (), edits=branch.edits)
    return added_record(branch, inputs, outputs, window)
