"""The session as the inspector needs it: the only file that knows what a session looks like."""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

from .._progress import Progress
from .._tree.amendments import Score
from .._tree.branch import Branch
from .._tree.conversation import Conversation
from .._tree.record import ROOT, Record
from .._tree.running import Cancel
from ..errors import ConflictError
from ._jobs import BrokenOffError
from ._view.fields import ProgramFields

Metric = Callable[..., Any]
T = TypeVar("T")


class Session(Protocol):
    """What a session offers to the inspector; ``dspy_session.Session`` does."""

    @property
    def _conversation(self) -> Conversation: ...
    @property
    def _key(self) -> str: ...
    @property
    def program_name(self) -> str:
        """Class name of the program."""
        ...

    def __call__(self, **inputs: Any) -> Any:
        """Run a call and commit its turn."""

    def rerun(self, index: int, *, inputs: Any = None, name: str | None = None) -> Session:
        """Run a turn's inputs again on a new branch."""
        ...

    def replay(self, *, name: str | None, cancel: Cancel, progress: Progress) -> Session:
        """Ask every input again on a new branch."""
        ...

    def _on_branch(self, key: str) -> Session: ...
    def _fields(self) -> tuple[list[tuple[str, Any]], list[tuple[str, Any]]]: ...
    def _score_one(self, metric: Metric, index: int) -> Score: ...
    def _examples(self, indices: Sequence[int], node: str | None = None) -> list[Any]: ...
    def _node_policies(self) -> dict[str, str]: ...
    def _node_outputs(self, path: str) -> dict[str, Any]: ...
    def _dataframe(self, indices: Sequence[int]) -> Any: ...


class Source:
    """One conversation and the program that continues it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._context = contextvars.copy_context()
        self.conversation = session._conversation
        self.key = session._key

    def within(self, function: Callable[..., T], *arguments: Any) -> T:
        """Run a function with the settings of the place where the inspector was asked for.

        ``dspy.context`` and ``use_state`` live in context variables, and clicks arrive on threads
        that have none.
        """
        # A context can be entered once at a time, a copy of it always.
        return self._context.copy().run(function, *arguments)

    @property
    def title(self) -> str:
        """The program's class name."""
        return self._session.program_name

    def branch(self, key: str) -> Branch:
        """Return a branch as it is now."""
        return self.conversation[key]

    def fields(self) -> ProgramFields:
        """Return what the program takes and gives."""
        session = self._session
        there = session._conversation
        if session._key not in there:  # its branch was pruned; the others are as good
            session = session._on_branch(there.branches[0].key)
        inputs, outputs = session._fields()
        return ProgramFields(dict(inputs), dict(outputs))

    def outputs_of(self, record: Record) -> Mapping[str, Any]:
        """Return what a turn, or the node that made a nested call, gives."""
        if record.node == ROOT:
            return self.fields().outputs
        return self._session._node_outputs(record.node)

    def policies(self) -> dict[str, str]:
        """Return the path of each node of the program, and what it remembers, in words."""
        return self._session._node_policies()

    def on(self, key: str) -> BranchSession:
        """Return what can be done with the program on one branch.

        Raises:
            BranchNotFoundError: The branch was pruned.
            ConflictError: The session is bound to another conversation here.
        """
        name = self.conversation[key].name
        session = self._session._on_branch(key)
        if session._conversation is not self.conversation:
            msg = (
                f"the session is bound to another conversation here, by use_state; "
                f"leave that block to act on {name!r}, or inspect the session inside it"
            )
            raise ConflictError(msg)
        return BranchSession(session, key)


class BranchSession:
    """The program on one branch."""

    def __init__(self, session: Session, key: str) -> None:
        self._session = session
        self.key = key

    def send(self, inputs: dict[str, Any], cancel: Cancel) -> Any:
        """Make a call and commit its turn."""
        with _until(cancel):
            return self._session(**inputs)

    def rerun(self, index: int, inputs: dict[str, Any] | None, cancel: Cancel) -> str:
        """Make a turn again on a new branch; return that branch's key."""
        with _until(cancel):
            return self._session.rerun(index, inputs=inputs)._key

    def replay(self, name: str | None, cancel: Cancel, progress: Callable[[int, int], None]) -> str:
        """Ask every input again on a new branch; return that branch's key."""
        with _until(cancel):
            return self._session.replay(name=name, cancel=cancel, progress=progress)._key

    def score(self, metric: Metric, index: int) -> Score:
        """Score one turn; changes nothing."""
        return self._session._score_one(metric, index)

    def examples(self, indices: Sequence[int], node: str | None = None) -> list[Any]:
        """Return turns, or the calls that a node made in them, as ``dspy.Example``s."""
        return self._session._examples(indices, node)

    def dataframe(self, indices: Sequence[int]) -> Any:
        """Return turns as a DataFrame."""
        return self._session._dataframe(indices)

    def write(self, path: Path, indices: Sequence[int], kind: str) -> None:
        """Write turns to a file."""
        from .. import export  # pandas and its kin load when something is exported

        export.write(path, cast("Any", self._session), indices, kind)


@contextmanager
def _until(cancel: Cancel) -> Generator[None, None, None]:
    """Run the body, and stop its calls once ``cancel`` is set, also in the middle of an answer.

    Raises:
        BrokenOffError: One was stopped, and there is no turn.
    """
    from .._calls.streams import CallStoppedError, stoppable  # it imports dspy

    try:
        with stoppable(cancel):
            yield
    except CallStoppedError as stopped:
        msg = "Stopped: the answer was broken off, and nothing was recorded"
        raise BrokenOffError(msg) from stopped


def metric_name(metric: Metric) -> str:
    """Return the name under which a metric's scores are kept."""
    from .._scoring import metric_name as name_of  # it imports dspy

    return name_of(metric)
