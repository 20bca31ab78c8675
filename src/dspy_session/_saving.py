"""Conversations to files and back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dspy
from typing_extensions import Self

from ._calls.policy import Settings
from ._calls.signatures import program_fields
from ._calls.walk import predictors
from ._files import dspy_types as dspy_types  # imported for what it registers
from ._files.atomic import read_bytes, write_atomically
from ._files.document import conversation_from, document_of, is_conversation
from ._files.known_types import Types, type_name, types_in
from ._files.tagged_json import from_bytes, to_bytes
from ._replaying import Replaying
from ._state import SessionState
from .errors import FileFormatError


class Saving(Replaying):
    """The part of a session that reads and writes files."""

    def save(
        self,
        path: str | Path,
        save_program: bool = False,  # noqa: FBT001, FBT002  # DSPy's
        **options: Any,
    ) -> None:
        """Write the conversation, all branches, and the settings to a JSON file.

        With ``save_program=True``, write the program instead, as DSPy does, with no conversation.

        Raises:
            EncodeError: A value cannot be written; the message names its field.
        """
        if save_program:
            program: Any = self
            dspy.Module.save(program.deepcopy(), path, save_program=True, **options)
            return
        write_state(path, self._state, saved_settings(self._settings))

    def load(self, path: str | Path, **options: Any) -> None:
        """Load the program's state from a file of DSPy's; the conversation stays as it is.

        Raises:
            FileFormatError: The file holds a conversation, which :meth:`load_from` reads.
        """
        if Path(path).suffix == ".json" and _holds_conversation(path):
            msg = (
                f"{str(path)!r} holds a conversation, not the state of a program; "
                f"read it with Session.load_from({str(path)!r}, module)"
            )
            raise FileFormatError(msg)
        program: Any = self
        dspy.Module.load(program, path, **options)

    def save_state(self) -> dict[str, Any]:
        """Return what :meth:`save` writes, as JSON-ready data."""
        return document(self._state, saved_settings(self._settings))

    @classmethod
    def load_from(cls, path: str | Path, module: dspy.Module, **settings: Any) -> Self:
        """Return a session with the conversation of a file and a program to go on with.

        Args:
            path: A file that :meth:`save` wrote, also by the older package of this name.
            module: The program; it need not be the one the conversation began with.
            settings: Constructor arguments that replace the file's.

        Raises:
            FileFormatError: The file is damaged, foreign, or of a newer version.
        """
        state, saved = read_state(path, module)
        make: Any = cls
        session = make(module, **{**saved, **settings})
        session._own_state = state
        return session


def _holds_conversation(path: str | Path) -> bool:
    try:
        return is_conversation(from_bytes(read_bytes(path)))
    except FileFormatError:
        return False  # DSPy says what is wrong with a file of its own


def saved_settings(settings: Settings) -> dict[str, Any]:
    """Return the settings that belong into a file: all but functions."""
    allowed = settings.history_input_fields
    return {
        "history_field": settings.history_field,
        "max_turns": settings.max_turns,
        "max_stored_turns": settings.max_stored_turns,
        "max_history_tokens": settings.max_history_tokens,
        "trim_block": settings.trim_block,
        "copy_mode": settings.copy_mode,
        "exclude_fields": sorted(settings.exclude_fields),
        "history_input_fields": None if allowed is None else sorted(allowed),
        "history_policy": settings.history_policy,
    }


def document(state: SessionState, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return a state, all branches, as JSON-ready data."""
    return document_of(state._conversation, state._key, settings)


def state_from(
    data: Any, module: dspy.Module | None, source: str = "the document"
) -> tuple[SessionState, dict[str, Any]]:
    """Return the state in a document, and the settings beside it."""
    conversation, key, settings = conversation_from(data, rebuildable_types(module), source)
    return SessionState._of(conversation, key), settings


def write_state(path: str | Path, state: SessionState, settings: Mapping[str, Any]) -> None:
    """Write a state to a file, which is whole at every moment."""
    write_atomically(path, to_bytes(document(state, settings)))


def read_state(path: str | Path, module: dspy.Module | None) -> tuple[SessionState, dict[str, Any]]:
    """Return the state in a file, and the settings beside it."""
    source = repr(str(path))
    content = read_bytes(path)
    try:
        data = from_bytes(content)
    except FileFormatError as problem:
        msg = f"cannot read {source}: {problem}"
        raise FileFormatError(msg) from None
    return state_from(data, module, source)


def rebuildable_types(module: dspy.Module | None) -> Types:
    """Return the types that a program's signatures name: those may be rebuilt from a file."""
    if module is None:
        return {}
    found = [
        field.annotation
        for _, predictor in predictors(module)
        for field in predictor.signature.fields.values()
    ]
    inputs, outputs, _ = program_fields(module, "")
    named = types_in([*found, *inputs.values(), *outputs.values()])
    besides = vars(type(module)).get("_dspy_session_types", ())
    return {**named, **{type_name(cls): cls for cls in besides}}
