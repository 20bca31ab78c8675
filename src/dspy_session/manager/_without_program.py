"""What stands in a program's place when a conversation is opened only to be read."""

from __future__ import annotations

from typing import Any

import dspy

from .._files.stand_ins import StandIn
from ..errors import ArgumentError


class WithoutProgram(dspy.Module):
    """A program that cannot answer; everything else of a session works with it."""

    # Values of classes that only the real program knows are shown as what was written of them.
    _dspy_session_types = (StandIn,)

    def forward(self, **_inputs: Any) -> dspy.Prediction:
        """Refuse to answer.

        Raises:
            ArgumentError: Always.
        """
        msg = (
            "this conversation was opened without its program, so nothing can answer here: "
            "give the manager one, SessionManager(store, program=…)"
        )
        raise ArgumentError(msg)
