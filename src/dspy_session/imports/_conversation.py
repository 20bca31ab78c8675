"""What an import found: conversations, and what was wrong with the rest."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, overload

from .._messages import Beside, Message, Pair, woven
from .._session import Session
from .._state import SessionState, added_record
from .._tree.amend import annotate, edit_outputs, give_score
from .._tree.branch import Branch
from .._tree.conversation import Conversation
from .._tree.record import Window
from ..errors import ArgumentError, ArgumentTypeError, EncodeError, SessionConflictError
from ..export._chat import fields_text
from ..manager import SessionManager, StoredSession
from ..stores._checks import checked_metadata

_LONGEST_VALUE, _MOST_VALUES = 200, 50


@dataclasses.dataclass(frozen=True, slots=True)
class ImportedTurn:
    """One turn, as it will be recorded, with what will be added to it."""

    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    edits: Mapping[str, Any] = dataclasses.field(default_factory=dict[str, Any])
    """Corrected outputs: of a preference pair, the chosen answer over the rejected one."""
    scores: Mapping[str, tuple[float, str | None]] = dataclasses.field(
        default_factory=dict[str, "tuple[float, str | None]"]
    )
    """Metric name to score and feedback."""
    label: str | None = None
    note: str | None = None
    excluded: bool = False
    created_at: datetime.datetime | None = None

    @property
    def answer(self) -> Mapping[str, Any]:
        """The outputs that count: with the edits laid over them."""
        return {**self.outputs, **self.edits}


@dataclasses.dataclass(frozen=True, slots=True)
class ImportedConversation:
    """One conversation from elsewhere.

    Example:
        >>> chat = imported[0].session(dspy.Predict("question -> answer"))
        >>> chat.inspect()
    """

    turns: tuple[ImportedTurn, ...]
    where: str
    """Where it stood: ``line 3``, ``row 12``, ``session 'abc'``."""
    id: str | None = None
    """The name it had there, if any."""
    user_id: str | None = None
    metadata: Mapping[str, Any] = dataclasses.field(default_factory=dict[str, Any])
    """What became no turn: other columns and keys, and under ``"messages"`` what came with single
    messages, by turn and role."""
    beside: tuple[Beside, ...] = ()
    """Messages that are no side of a turn: system texts, tool calls and results, a question that
    nobody answered."""

    @property
    def messages(self) -> list[Message]:
        """Every message in its order, those beside the turns among them."""
        pairs = [
            Pair(
                {"role": "user", "content": fields_text(turn.inputs)} if turn.inputs else None,
                {"role": "assistant", "content": fields_text(turn.answer)}
                if turn.outputs
                else None,
            )
            for turn in self.turns
        ]
        return woven(pairs, self.beside)

    def state(self) -> SessionState:
        """Return the conversation as a state, to bind with ``use_state`` or to save."""
        branch = Branch()
        for turn in self.turns:
            branch = _appended(branch, turn)
        return SessionState._of(Conversation(branch), branch.key)

    def session(self, program: Any, **settings: Any) -> Session:
        """Return a session in which a program goes on with the conversation.

        Args:
            program: The program, a ``dspy.Module``.
            settings: The other arguments of :class:`Session`.

        Raises:
            ArgumentError: The program has other fields than the turns. ``renamed`` gives the turns
                other names.
        """
        session = Session(program, **settings)
        self._check_names(session)
        session._own_state = self.state()
        return session

    def stored(self, manager: SessionManager, user_id: str | None = None) -> StoredSession:
        """Store the conversation, and return it as a manager's session.

        Its id is the one it had, or a fresh one; plain values of the metadata become the session's,
        and ``get_state("import")`` has all of it. Messages beside the turns keep their places.

        Args:
            manager: The manager of the store.
            user_id: Whose it is; None: the user it had, if any.

        Raises:
            ArgumentError: The store has a session of that id, or it is no id.
        """
        session = StoredSession(self.id, user_id or self.user_id, _plain(self.metadata))
        session._begin_with(self.state()._conversation, self.beside)
        if self.metadata:
            session.set_state("import", dict(self.metadata))
        try:
            manager.save(session)
        except SessionConflictError:
            msg = f"there is a session {session.session_id!r} in the store already"
            raise ArgumentError(msg) from None
        return session

    def renamed(self, names: Mapping[str, str]) -> ImportedConversation:
        """Return the conversation with some fields of its turns under other names.

        Args:
            names: Present name to new name.
        """

        def fields(old: Mapping[str, Any]) -> dict[str, Any]:
            return {names.get(name, name): value for name, value in old.items()}

        turns = tuple(
            dataclasses.replace(
                turn,
                inputs=fields(turn.inputs),
                outputs=fields(turn.outputs),
                edits=fields(turn.edits),
            )
            for turn in self.turns
        )
        return dataclasses.replace(self, turns=turns)

    def _check_names(self, session: Session) -> None:
        inputs, outputs = session._program.inputs, session._program.output_fields(None)
        for fields, known, side in (
            ({name for turn in self.turns for name in turn.inputs}, inputs, "input"),
            ({name for turn in self.turns for name in turn.answer}, outputs, "output"),
        ):
            if known and not fields <= set(known):
                foreign, there = sorted(fields - set(known)), ", ".join(map(repr, known))
                msg = (
                    f"the conversation's {side} field {foreign[0]!r} is none of the program's, "
                    f"which are {there}; give it another name: "
                    f".renamed({{{foreign[0]!r}: {next(iter(known))!r}}})"
                )
                raise ArgumentError(msg)


def _appended(branch: Branch, turn: ImportedTurn) -> Branch:
    window = Window(stop=len(branch.log), edits=branch.edits)
    record = dataclasses.replace(
        added_record(branch, turn.inputs, turn.outputs, window), source="import"
    )
    if turn.created_at is not None:
        record = dataclasses.replace(record, created_at=turn.created_at)
    branch = branch.appended(record)
    if turn.edits:
        branch = edit_outputs(branch, len(branch.log) - 1, record, turn.edits, turn.edits)
    for name, (value, feedback) in turn.scores.items():
        branch = give_score(branch, record, value, name=name, feedback=feedback)
    return annotate(branch, record, label=turn.label, note=turn.note, excluded=turn.excluded)


@dataclasses.dataclass(frozen=True, slots=True)
class Problem:
    """A row that became no conversation, or no turn of one, and why."""

    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"


class Imported(Sequence[ImportedConversation]):
    """The conversations that were found, in their order, and the rows that were left out.

    Example:
        >>> imported = imports.read("chats.jsonl")
        >>> imported
        Imported(412 conversations, 1650 turns, 3 problems)
        >>> print(imported.problems[0])
        line 17: there is no 'messages' …
    """

    def __init__(
        self, conversations: Sequence[ImportedConversation], problems: Sequence[Problem]
    ) -> None:
        self._conversations = list(conversations)
        self.problems = list(problems)
        """What was wrong, row by row; the other rows are here."""

    def __len__(self) -> int:
        return len(self._conversations)

    @overload
    def __getitem__(self, index: int) -> ImportedConversation: ...
    @overload
    def __getitem__(self, index: slice) -> list[ImportedConversation]: ...
    def __getitem__(self, index: int | slice) -> ImportedConversation | list[ImportedConversation]:
        return self._conversations[index]

    def __iter__(self) -> Iterator[ImportedConversation]:
        return iter(self._conversations)

    def sessions(self, program: Any, **settings: Any) -> list[Session]:
        """Return a session for each conversation, see :meth:`ImportedConversation.session`."""
        return [conversation.session(program, **settings) for conversation in self]

    def stored(self, manager: SessionManager, user_id: str | None = None) -> list[StoredSession]:
        """Store each conversation, see :meth:`ImportedConversation.stored`.

        Those that cannot be stored, e.g. because their id is taken, are added to ``problems``.

        Returns:
            The sessions that were stored.
        """
        done: list[StoredSession] = []
        for one in self:
            try:
                done.append(one.stored(manager, user_id))
            except (ArgumentError, EncodeError) as problem:  # noqa: PERF203  # each by itself
                self.problems.append(Problem(one.where, str(problem)))
        return done

    def renamed(self, names: Mapping[str, str]) -> Imported:
        """Return the same with some fields under other names, present name to new name."""
        return Imported([one.renamed(names) for one in self], self.problems)

    def without_beginnings(self) -> Imported:
        """Return the same without conversations that are only the beginning of another one.

        Chat files for fine-tuning often hold a line for each turn, with all that was said before
        it: the last of them tells everything.
        """
        seen = [[_said(turn) for turn in one.turns] for one in self]
        begun = {tuple(turns[:length]) for turns in seen for length in range(len(turns))}
        kept = [
            one
            for one, turns in zip(self, seen, strict=True)
            if turns and tuple(turns) not in begun
        ]
        return Imported(kept, self.problems)

    def __repr__(self) -> str:
        turns = sum(len(one.turns) for one in self)
        return f"Imported({len(self)} conversations, {turns} turns, {len(self.problems)} problems)"


def _plain(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """The values by which a session can be found."""
    found: dict[str, Any] = {}
    for name, value in metadata.items():
        if isinstance(value, (str, int, float, bool)) and len(str(value)) <= _LONGEST_VALUE:
            try:
                found |= checked_metadata({name: value})
            except (ArgumentError, ArgumentTypeError):
                continue  # a name or value that metadata does not know; the state has it
    return dict(list(found.items())[:_MOST_VALUES])


def _said(turn: ImportedTurn) -> tuple[str, str]:
    return fields_text(turn.inputs), fields_text(turn.answer)
