"""Conversations to files and back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dspy
from typing_extensions import Self

from ._policy import Settings
from ._training import Training


class Saving(Training):
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
            dspy.Module.save(self.deepcopy(), path, save_program=True, **options)
            return
        write_state(path, self._state, saved_settings(self._settings))

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
        session = cls(module, **{**saved, **settings})
        session._own_state = state
        return session


def saved_settings(settings: Settings) -> dict[str, Any]:
    """Return the settings that belong into a file: all but functions."""
    allowed = settings.history_input_fields
    return {
        "history_field": settings.history_field,
        "max_turns": settings.max_turns,
        "max_stored_turns": settings.max_stored_turns,
        "copy_mode": settings.copy_mode,
        "exclude_fields": sorted(settings.exclude_fields),
        "history_input_fields": None if allowed is None else sorted(allowed),
        "history_policy": settings.history_policy,
    }
