"""What begins and stops the long actions, a part of the protocol."""

from __future__ import annotations

from typing_extensions import NotRequired, TypedDict

# --- long actions --------------------------------------------------------------------------------


class SendArgs(TypedDict):
    """Say something on a branch: a value in text form for each input field."""

    branch: str
    inputs: dict[str, str]


class RerunArgs(TypedDict):
    """The same turn again with a fresh rollout, on a new branch; ``inputs`` replaces some."""

    branch: str
    turn_id: str
    inputs: NotRequired[dict[str, str]]


class RescoreArgs(TypedDict):
    branch: str
    metric: str


class ReplayArgs(TypedDict):
    """Every input of a branch again, on a new branch; one is named when ``name`` is absent."""

    branch: str
    name: NotRequired[str]


class StopArgs(TypedDict):
    job: int
