"""What is recorded of a call: written once, never changed."""

from __future__ import annotations

import dataclasses
import datetime
import secrets
from collections.abc import Mapping
from typing import Any

from .amendments import Edits
from .log import Log
from .values import Fields

ROOT = "self"
"""The node path of the program itself, as DSPy names a bare predictor."""

CONSOLIDATION = "consolidate"
"""The source of a record that is a consolidator's work on the memory of a node."""

Prompt = Log[dict[str, Any]]
"""The messages of one LM request; a prompt that begins like the one before shares its memory."""


def new_id() -> str:
    """Return a fresh id for a turn, a call or a branch: 16 hex digits."""
    return secrets.token_hex(8)


def now() -> datetime.datetime:
    """Return the present time, aware, in UTC."""
    return datetime.datetime.now(datetime.timezone.utc)


@dataclasses.dataclass(frozen=True, slots=True)
class FieldFilter:
    """Which fields of a turn enter the history."""

    exclude: frozenset[str] = frozenset()
    inputs: frozenset[str] | None = None
    """The only inputs to let through; None: all."""
    names: tuple[tuple[str, str], ...] = ()
    """Fields that are called by another name: own name, then the other."""

    def message(self, inputs: Fields, outputs: Fields) -> dict[str, Any]:
        """Return one history message: the inputs, then the outputs, that pass."""
        message = {
            name: value
            for name, value in inputs.items()
            if name not in self.exclude and (self.inputs is None or name in self.inputs)
        }
        message.update({n: value for n, value in outputs.items() if n not in self.exclude})
        if self.names:
            other = dict(self.names)
            return {other.get(name, name): value for name, value in message.items()}
        return message

    def outputs_only(self) -> FieldFilter:
        """The filter for a nested node, whose inputs the allow-list does not name."""
        return FieldFilter(self.exclude)


@dataclasses.dataclass(frozen=True, slots=True)
class Window:
    """Which part of the past a call saw: a reference, from which the history is rebuilt."""

    start: int = 0
    """Position of the oldest turn seen."""
    stop: int = 0
    """Position after the newest turn seen."""
    seed: tuple[Fields, ...] = ()
    """Messages from before the first turn that were seen."""
    fields: FieldFilter = FieldFilter()
    edits: Edits | None = None
    """The edited outputs that counted then; None: none were edited."""
    given: tuple[Fields, ...] | None = None
    """The messages of a history that the caller passed, in place of all the above."""
    own: tuple[Fields, ...] | None = None
    """What the program had noted of the running call when it asked. Of the calls before it, the
    events are seen then, in place of their inputs and outputs. None: it keeps no notes."""


@dataclasses.dataclass(frozen=True, slots=True)
class Request:
    """One request to a language model."""

    model: str
    prompt: Prompt
    answers: tuple[Any, ...] = ()
    """What came back, one item a completion, before an adapter parsed it."""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost: float | None = None
    """US dollars, as the LM client reports them."""
    latency_s: float | None = None
    cached: bool = False

    def unpaid(self) -> Request:
        """Return the request without what it cost, for a record that shares it with another."""
        return dataclasses.replace(self, prompt_tokens=None, completion_tokens=None, cost=None)


@dataclasses.dataclass(frozen=True, slots=True)
class Node:
    """Where a nested node stands: what it has done so far, and its consolidated memory."""

    ledger: Log[Record] = dataclasses.field(default_factory=lambda: Log[Record]())
    memory: str = ""
    closed: int = 0
    """Position behind the last episode that has ended; what lies before it is out of sight."""

    @property
    def open(self) -> Log[Record]:
        """The ledger with only the calls in sight that belong to no ended episode."""
        if self.closed <= self.ledger.first:
            return self.ledger
        return self.ledger.reaching_back_to(self.closed)


Nodes = Mapping[str, Node]
"""Node path to node; treated as frozen, shared between turns that did not touch any.

The program itself is in it, at ``self``, once it has a memory of its own or an ended episode; its
ledger there stays empty."""

NO_NODES: Nodes = {}


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Record:
    """One call of the program, or of a node nested in it, as it happened."""

    id: str
    node: str
    inputs: Fields
    outputs: Fields
    window: Window
    created_at: datetime.datetime
    latency_s: float | None = None
    calls: tuple[Record, ...] = ()
    """The calls of nested predictors, in the order in which they ended."""
    events: tuple[Fields, ...] = ()
    """What the program noted while it worked, in a history of its own; the last call of a node that
    was handed that history holds all of it."""
    requests: tuple[Request, ...] = ()
    """The LM requests of this call itself; nested calls hold their own."""
    before: Nodes = dataclasses.field(default_factory=lambda: NO_NODES)
    """Where every nested node stood when the call began (root records only)."""
    after: Nodes = dataclasses.field(default_factory=lambda: NO_NODES)
    """Where every nested node stood when it had ended."""
    saw: str | None = None
    """Path of the node whose calls a nested call saw in place of its own ledger; ``self``: the
    program's, which are the conversation."""
    source: str = "call"
    """``call``, ``add_turn``, ``rerun``, ``alternative``, ``import`` …"""
    flags: tuple[str, ...] = ()
    """What is special, in plain sentences, e.g. a value that could only be kept by its repr."""
    alternatives: tuple[Fields, ...] = ()
    """The outputs of the model's other completions, where it was asked for several at once."""

    def answered_with(self, number: int) -> Record:
        """Return the record of a twin that was answered with one of the alternatives.

        It takes the answer's place and leaves its own to it. What it cost stays with the original.
        """
        others = list(self.alternatives)
        chosen, others[number] = others[number], self.outputs
        return dataclasses.replace(
            self,
            id=new_id(),
            outputs=chosen,
            alternatives=tuple(others),
            requests=tuple(request.unpaid() for request in self.requests),
            source="alternative",
        )

    @property
    def saw_root(self) -> bool:
        """Whether a nested call saw the conversation, not its own ledger."""
        return self.saw == ROOT

    def said(self) -> Fields:
        """Return the outputs, with those that only its events tell of."""
        return {**{n: v for event in self.events for n, v in event.items()}, **self.outputs}

    def nested(self) -> list[Record]:
        """Every call nested in this one, at any depth."""
        return [one for call in self.calls for one in (call, *call.nested())]

    def telling_requests(self) -> tuple[Request, ...]:
        """Return the requests of the call itself, or else the last one that a nested call made."""
        calls = [call for call in self.calls if call.source != CONSOLIDATION]
        nested = [request for call in calls for request in call.all_requests()]
        return self.requests or tuple(nested[-1:])

    def all_requests(self) -> list[Request]:
        """Every LM request of this call and of those nested in it."""
        return [*self.requests, *(r for call in self.calls for r in call.all_requests())]


def record_key(record: Record) -> str:
    """The key by which logs of records are searched."""
    return record.id
