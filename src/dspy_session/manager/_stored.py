"""A stored session as a chat: messages to read and add, metadata, state."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterable, Mapping
from typing import Any

from .._files.known_types import Types
from .._files.tagged_json import decode, encode
from .._messages import ASSISTANT, USER, Beside, Pair, woven
from .._state import SessionState
from .._tree.branch import Branch
from .._tree.conversation import Conversation
from .._tree.record import ROOT, Record, Window, new_id, now
from .._turns import Turns
from ..errors import ArgumentError, ArgumentTypeError, SessionNotFoundError
from ..export._chat import fields_text
from ..stores import SessionInfo, SessionStore
from ..stores._checks import checked_id, checked_metadata
from ._kept import Kept

_LONGEST_ROLE = 64


@dataclasses.dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation."""

    role: str
    """``user``, ``assistant``, or another speaker: ``system``, ``tool`` …"""
    content: str


@dataclasses.dataclass(frozen=True, slots=True)
class Fields:
    """The fields of turns that are made of messages."""

    input: str = "question"
    output: str = "answer"


class StoredSession:
    """One conversation of a store, as an application handles it.

    Take one from a :class:`SessionManager`, or make one and ``save`` it there. What is added to it
    is stored when it is saved. A user's message and the assistant's answer to it become a turn of
    the conversation's tree: a program that opens the session sees them as its history, and a
    program's turns show up here as messages.

    Args:
        session_id: Its id, 1 to 255 bytes of UTF-8 with no control characters; None: a fresh one.
        user_id: Whose it is.
        metadata: JSON values by name, which ``search`` finds it by.
        input_field: The field of a turn that holds what the user said, where no turn tells.
        output_field: The field that holds the answer.

    Raises:
        ArgumentError: An id or a name in the metadata is none.
        ArgumentTypeError: An argument is of the wrong type.
    """

    def __init__(
        self,
        session_id: str | None = None,
        user_id: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        *,
        input_field: str = "question",
        output_field: str = "answer",
    ) -> None:
        self.session_id = f"sess_{new_id()}" if session_id is None else checked_id(session_id)
        self.user_id = None if user_id is None else checked_id(user_id, "user_id")
        self.metadata: dict[str, Any] = checked_metadata(metadata)
        """What the application noted; change it and save."""
        self._fields = Fields(input_field, output_field)
        self._info = SessionInfo(self.session_id, self.user_id, metadata=dict(self.metadata))
        self._store: SessionStore | None = None
        self._types: Types = {}
        self._kept: Kept | None = Kept()

    @classmethod
    def _from(
        cls, info: SessionInfo, store: SessionStore, fields: Fields, types: Types
    ) -> StoredSession:
        """A session that is read when somebody looks into it."""
        session = cls(info.session_id, info.user_id)
        session._types = types
        session._info, session._store, session._fields = info, store, fields
        session.metadata = checked_metadata(info.metadata)
        session._kept = None
        return session

    # --- reading and storing -----------------------------------------------------------------

    def _begin_with(self, conversation: Conversation, beside: Iterable[Beside]) -> None:
        """Let a session that was never stored begin with a conversation."""
        self._kept = Kept(conversation)
        for one in beside:
            self._kept.add_beside(one)

    def _content(self) -> Kept:
        return self._read() if self._kept is None else self._kept

    def _read(self) -> Kept:
        stored = None if self._store is None else self._store.load(self.session_id)
        if stored is None:
            msg = f"session {self.session_id!r} is not in the store any more: it was deleted"
            raise SessionNotFoundError(msg)
        self._kept, self._info = Kept.of(stored, self._types), stored.info
        return self._kept

    def _still_there(self) -> bool:
        """Read it, unless it was deleted after it was listed."""
        try:
            self._content()
        except SessionNotFoundError:
            return False
        return True

    def _save(self, store: SessionStore) -> bool:
        """Store what is new; return whether anything was."""
        metadata = checked_metadata(self.metadata)
        kept = self._content()
        batch = kept.batch(self._info, self.user_id, metadata)
        if kept.version and not batch.rows and not batch.gone and not batch.info:
            return False
        try:
            version = store.append(self.session_id, batch, expected_version=kept.version)
        except BaseException:
            kept.was_refused()
            raise
        kept.was_stored(version)
        self._store = store
        before = self._info.created_at if self._info.version else batch.at
        self._info = dataclasses.replace(
            self._info, version=version, created_at=before, updated_at=batch.at, **batch.info
        )
        return True

    # --- what was said -----------------------------------------------------------------------

    @property
    def messages(self) -> list[Message]:
        """Every message in its order; turns read as they count now, with their edits."""
        kept = self._content()
        branch = kept.branch
        pairs = [_pair(branch, record) for record in branch.log]
        first = branch.log.first  # where turns were forgotten, so was what stood beside them
        beside = [
            dataclasses.replace(one, turn=one.turn - first)
            for one in kept.beside.values()
            if one.turn >= first and not _answered(one, branch, pairs)
        ]
        return [Message(str(m["role"]), str(m["content"])) for m in woven(pairs, beside)]

    @property
    def message_count(self) -> int:
        """How many messages there are."""
        return len(self.messages)

    @property
    def turns(self) -> Turns:
        """The turns of the conversation's first branch, oldest first."""
        return Turns(self._content().branch)

    @property
    def state(self) -> SessionState:
        """The conversation itself, all branches, to bind with ``session.use_state``.

        It is this object's copy; what a call adds to it is stored by ``save``.
        """
        kept = self._content()
        return SessionState._of(kept.conversation, kept.key)

    def add_message(self, role: str, content: str) -> Message:
        """Add a message at the end; it is stored by ``save``.

        An assistant's message becomes a turn with the user's message before it. Messages of other
        roles, and questions nobody has answered yet, stay beside the turns and keep their place.

        Raises:
            ArgumentTypeError: Role or content is no str.
            ArgumentError: The role is empty or longer than 64 characters.
        """
        for name, value in (("role", role), ("content", content)):
            if not isinstance(value, str):
                msg = f"a message's {name} is a str, got {type(value).__name__}"
                raise ArgumentTypeError(msg)
        if not 0 < len(role) <= _LONGEST_ROLE:
            msg = f"a role is user, assistant or another word of 1 to 64 characters, got {role!r}"
            raise ArgumentError(msg)
        kept = self._content()
        if role == ASSISTANT:
            self._answer(kept, content)
        else:
            message = {"role": role, "content": content}
            kept.add_beside(Beside(len(kept.branch.log), between=False, message=message))
        return Message(role, content)

    def _answer(self, kept: Kept, content: str) -> None:
        here = len(kept.branch.log)
        waiting = {key: one for key, one in kept.beside.items() if one.turn >= here}
        asked = [key for key, one in waiting.items() if one.message["role"] == USER]
        fields = _fields_of(kept.branch, self._fields)
        inputs = {fields.input: waiting[asked[-1]].message["content"]} if asked else {}
        kept.append(_record(kept.branch, inputs, {fields.output: content}))
        for key, one in waiting.items():
            between = bool(asked) and key > asked[-1]
            kept.beside[key] = dataclasses.replace(one, turn=here, between=between)
        if asked:
            del kept.beside[asked[-1]]

    # --- what the application keeps beside it ---------------------------------------------------

    def set_state(self, name: str, value: Any) -> None:
        """Keep a value under a name; it is stored by ``save``. None takes it away.

        Raises:
            ArgumentTypeError: The name is no str.
            EncodeError: The value cannot be stored.
        """
        if not isinstance(name, str):
            msg = f"a state's name is a str, got {type(name).__name__}"
            raise ArgumentTypeError(msg)
        state = self._content().state
        if value is None:
            state.pop(name, None)
        else:
            state[name] = encode(value, at=(f"state {name!r}",))

    def get_state(self, name: str, default: Any = None) -> Any:
        """Return a copy of the value under a name, or the default."""
        state = self._content().state
        if name not in state:
            return default
        return decode(state[name], {}, at=(f"state {name!r} of session {self.session_id!r}",))

    # --- about it ----------------------------------------------------------------------------

    @property
    def created_at(self) -> datetime.datetime:
        """When it was made; aware, UTC."""
        return self._info.created_at

    @property
    def updated_at(self) -> datetime.datetime:
        """When it was last written; aware, UTC."""
        return self._info.updated_at

    @property
    def status(self) -> str:
        """``"active"`` or ``"archived"``."""
        return self._info.status

    def __repr__(self) -> str:
        user = "" if self.user_id is None else f", user_id={self.user_id!r}"
        turns = self._info.turns if self._kept is None else len(self._kept.branch.log)
        return f"StoredSession({self.session_id!r}{user}, turns={turns})"


def _pair(branch: Branch, record: Record) -> Pair:
    outputs = branch.outputs(record)
    return Pair(
        {"role": USER, "content": fields_text(record.inputs)} if record.inputs else None,
        {"role": ASSISTANT, "content": fields_text(outputs)} if outputs else None,
    )


def _answered(one: Beside, branch: Branch, pairs: list[Pair]) -> bool:
    """Whether a program took a waiting question up: then the turn tells it already."""
    if one.between or one.message["role"] != USER or not 0 <= one.turn < len(branch.log):
        return False
    return pairs[one.turn - branch.log.first].user == one.message


def _fields_of(branch: Branch, otherwise: Fields) -> Fields:
    """The fields of the newest turn, so that all turns of a conversation have the same."""
    newest = branch.log.last
    if newest is None:
        return otherwise
    return Fields(
        next(iter(newest.inputs), otherwise.input),
        next(reversed(list(branch.outputs(newest))), otherwise.output),
    )


def _record(branch: Branch, inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> Record:
    return Record(
        id=new_id(),
        node=ROOT,
        inputs=inputs,
        outputs=outputs,
        window=Window(stop=len(branch.log), seed=branch.seed or (), edits=branch.edits),
        created_at=now(),
        before=branch.nodes,
        after=branch.nodes,
        source="add_message",
    )
