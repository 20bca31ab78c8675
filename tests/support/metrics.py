"""Metrics that other processes can import."""

from __future__ import annotations

import os


def characters(example, prediction):
    return len(prediction.answer)


def who(example, prediction):
    """The process that scores, as feedback."""
    return {"score": len(example.history.messages), "feedback": str(os.getpid())}


def fails_on_the_second(example, prediction):
    if example.question == "q1":
        raise ValueError("no idea")
    return 1.0
