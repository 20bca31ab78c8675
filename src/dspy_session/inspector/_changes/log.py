"""The log of what was done in the inspector, as Python that does it again."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Sequence

from ..._tree.conversation import Conversation
from ...errors import NotFoundError
from .._view.text import cut, safe, units

SESSION = "session"
"""The name under which the log speaks of the session."""

UNWRITTEN = "WRITE_THIS_VALUE_YOURSELF"
"""Stands for a value that source cannot say: running the line names what is missing."""

LINE_CHARS = 300
"""The most characters of a line that a list of lines shows."""

MOST_LINES = 500
"""The most lines of one answer."""

HEADING = (
    "# Done in the session inspector, oldest first. `session` is the session as it was before."
)


@dataclasses.dataclass(frozen=True, slots=True)
class Line:
    """One step, as a statement of Python."""

    source: str
    revision: int
    """The conversation's revision after the step."""


class PythonLog:
    """What was done by hand since the conversation was first inspected.

    Run again from the start, on the session as it was then and with a model that gives the same
    answers, the lines give the same conversation. What was done meanwhile by other code, a cell
    that called the session above all, is told in a comment: that code stands in the notebook.
    """

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._lock = threading.Lock()
        self._lines: list[Line] = []
        self._known = conversation.revision

    @property
    def revision(self) -> int:
        """The conversation's revision now, to be given to :meth:`add` after a step."""
        return self._conversation.revision

    def add(self, *sources: str, since: int) -> None:
        """Add the statements of one step.

        Args:
            *sources: The statements.
            since: The revision before the step. A step that changed nothing is left out.
        """
        now = self._conversation.revision
        with self._lock:
            if now == since:
                return
            if since > self._known:
                # Told, not repeated: other code's doing stands in that code.
                self._lines.append(Line("# here the conversation was changed by other code", since))
            self._lines += [Line(safe(source), now) for source in sources]
            self._known = max(now, self._known)

    def remark(self, source: str) -> None:
        """Add a step that changes no conversation, as a comment."""
        with self._lock:
            self._lines.append(Line(safe(f"# {source}"), self._known))

    @property
    def lines(self) -> list[str]:
        """The statements, oldest first."""
        with self._lock:
            return [line.source for line in self._lines]

    def python(self, numbers: Sequence[int] | None = None) -> str:
        """Return statements as one program text.

        Args:
            numbers: Which of :attr:`lines`, 0 = oldest; None: all.

        Raises:
            NotFoundError: There is no such line.
        """
        lines = self.lines
        chosen = range(len(lines)) if numbers is None else sorted(set(numbers))
        if chosen and not (chosen[0] >= 0 and chosen[-1] < len(lines)):
            msg = f"the log has {len(lines)} lines, counted from 0; got {list(chosen)}"
            raise NotFoundError(msg)
        return "".join(f"{line}\n" for line in [HEADING, *(lines[one] for one in chosen)])


def shortened(source: str) -> str:
    """Return a statement as a list shows it."""
    return source if units(source) <= LINE_CHARS else f"{cut(source, 0, LINE_CHARS - 1)}…"


def branch_source(name: str) -> str:
    """Return source that gives the session on a branch."""
    return f"{SESSION}.branches[{name!r}]"
