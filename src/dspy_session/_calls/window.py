"""Which part of the past a call sees: decided from the branch and the settings alone.

Messages stand in one line: those of the seed, then the turns. A window is where it begins in that
line. It moves in steps, so that the prompts between two steps begin alike: providers bill the
beginning of a prompt they have just seen at a fraction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from .._tree.branch import Branch
from .._tree.record import Window
from .policy import Settings, frozen_messages
from .tokens import TokenCounter, counter_for, message_text

_LEFT = 0.75
"""The part of the token budget that is left when it was full and the window moves."""
_RETURN = 0.5
"""Below this part of what a move leaves, the budget must have grown: the window moves back."""


def plan_window(
    branch: Branch, settings: Settings, serving_model: Callable[[], str | None]
) -> Window:
    """Return what the next call on a branch sees: its newest messages, as the settings limit them.

    ``serving_model`` is asked for the model's name only where tokens are counted.
    """
    log, seed = branch.log, branch.seed or ()
    begin = _by_turns(branch, settings)
    if settings.max_history_tokens is not None:
        count = counter_for(serving_model(), branch)
        begin = _by_tokens(branch, settings, settings.max_history_tokens, begin, count)
    return Window(
        start=max(log.first, begin - len(seed)),
        stop=len(log),
        seed=seed[begin:],
        fields=settings.fields,
        edits=branch.edits,
    )


def _by_turns(branch: Branch, settings: Settings) -> int:
    """Return where the newest ``max_turns`` messages begin."""
    if settings.max_turns is None:
        return 0
    log, seeds = branch.log, len(branch.seed or ())
    surplus = max(0, seeds + len(log) - log.first - settings.max_turns)
    if surplus > seeds:
        surplus += log.first
    block = settings.trim_block or 1
    return -(-surplus // block) * block


def _by_tokens(
    branch: Branch, settings: Settings, budget: int, least: int, count: TokenCounter
) -> int:
    """Return where the newest messages within a token budget begin, ``least`` or later.

    The window stays where the newest turn's began for as long as the budget allows.
    """
    end = len(branch.seed or ()) + len(branch.log)
    left = budget * _LEFT
    fits = roomy = far = end
    for begin, tokens in _tokens_back(branch, settings, count):
        if begin < least or tokens > budget:
            break
        fits = begin
        roomy = begin if tokens <= left else roomy
        far = begin if tokens <= left * _RETURN else far
    least = _in_sight(branch, least)
    stays = max(least, _in_sight(branch, _newest_begin(branch)))
    if far < stays:
        stays = least if fits == least else roomy
    if fits <= stays:
        return stays
    block = settings.trim_block
    return roomy if block is None else min(-(-fits // block) * block, end)


def _in_sight(branch: Branch, begin: int) -> int:
    """Return a beginning without the turns that were forgotten."""
    seeds = len(branch.seed or ())
    return begin if begin < seeds else max(begin, seeds + branch.log.first)


def _tokens_back(
    branch: Branch, settings: Settings, count: TokenCounter
) -> Iterator[tuple[int, int]]:
    """Yield beginnings from the newest to the oldest, each with the tokens from there on."""
    log, seed = branch.log, branch.seed or ()
    tokens = 0
    for position in range(len(log) - 1, log.first - 1, -1):
        record = log[position]
        message = settings.fields.message(record.inputs, branch.outputs(record))
        tokens += count(message_text(message))
        yield len(seed) + position, tokens
    for place in range(len(seed) - 1, -1, -1):
        tokens += count(message_text(seed[place]))
        yield place, tokens


def _newest_begin(branch: Branch) -> int:
    """Return where the window of the newest turn began that was not handed its history."""
    log, seeds = branch.log, len(branch.seed or ())
    for position in range(len(log) - 1, log.first - 1, -1):
        window = log[position].window
        if window.given is None:
            return seeds - len(window.seed) if window.seed else seeds + window.start
    return 0


def given_window(messages: Iterable[Mapping[str, Any]], settings: Settings) -> Window:
    """Return the window of a call that was handed its history."""
    return Window(given=frozen_messages(messages), fields=settings.fields)
