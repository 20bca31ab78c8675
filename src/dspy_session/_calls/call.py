"""One call of a session, from planning to commit: the state changes once, at the end, or never."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Any

import dspy

from .._tree.amendments import Mark
from .._tree.branch import Branch, nodes_within
from .._tree.conversation import Conversation
from .._tree.record import NO_NODES, ROOT, Nodes, Record, Window, new_id, now
from .._tree.running import RunningCall
from .._tree.values import Fields, recordable, thawed
from ..errors import ArgumentTypeError, ConflictError
from .capture import Recorder, recording
from .episodes import Ending, Episodes, endings
from .frame import FRAME_KEY, RUNNING_KEY, Frame, Seen, current_frame
from .history import origin_nodes, snapshot
from .policy import Settings, frozen_messages
from .program import Program
from .standing import Standing
from .window import given_window, plan_window


@dataclasses.dataclass(frozen=True, slots=True)
class Order:
    """What is asked for: the inputs, the history that came with them, and how to run."""

    inputs: Mapping[str, Any]
    history: dspy.History | None
    source: str = "call"
    config: Mapping[str, Any] = dataclasses.field(default_factory=dict[str, Any])
    """LM settings for every predictor, e.g. a rollout id."""


def order_of(program: Program, inputs: Mapping[str, Any]) -> Order:
    """Take an explicit history out of a call's arguments and check both.

    Raises:
        ArgumentTypeError: The history is no ``dspy.History``.
    """
    rest = dict(inputs)
    history = rest.pop(program.history_field, None)
    if history is not None and not isinstance(history, dspy.History):
        msg = (
            f"{program.history_field} is a dspy.History, got {type(history).__name__}; "
            f"write dspy.History(messages=[…])"
        )
        raise ArgumentTypeError(msg)
    program.check(rest)
    return Order(rest, history)


class Call:
    """A call under way on a branch.

    Use it in this order: :meth:`open` around :meth:`run`, then :meth:`record`.
    """

    node = ROOT
    """Path of the node whose call it is."""

    def __init__(self, program: Program, settings: Settings, order: Order, branch: Branch) -> None:
        self.program, self.settings, self.order = program, settings, order
        self.episodes = Episodes()
        if order.history is not None and settings.history_policy == "replace_session":
            branch = branch.emptied(frozen_messages(order.history.messages))
            self.replaced_seed: tuple[Fields, ...] | None = branch.seed
        else:
            self.replaced_seed = None
        self.frame = self._frame(branch)
        self.inputs = dict(order.inputs)
        if program.forward_parameter is not None:  # a copy: the program may do with it as it likes
            messages = [thawed(message) for message in self.frame.seen.messages]
            self.inputs[program.forward_parameter] = snapshot(messages, self.frame.nodes)
        # Before it runs: the program may change what it was given.
        self.asked, self.flags = recordable(program.recorded_inputs(order.inputs))
        self.created_at = now()
        self.started = time.perf_counter()
        self.seconds = 0.0
        self.recorder: Recorder | None = None

    def _frame(self, branch: Branch) -> Frame:
        window, nodes = self._planned(branch)
        outer = current_frame()
        return Frame(
            branch=branch,
            seen=Seen.of(window, branch.log),
            nodes=nodes,
            standing=Standing(nodes, self.program.policies, self.program.units),
            settings=self.settings,
            node_paths=self.program.node_paths,
            speaker=self.program.speaker,
            config=self.order.config,
            session_ids=frozenset({branch.key}) | (outer.session_ids if outer else frozenset()),
        )

    def _planned(self, branch: Branch) -> tuple[Window, Nodes]:
        """Return what the call sees of the branch, and of the nodes' ledgers."""
        history, settings = self.order.history, self.settings
        planned = plan_window(self._in_sight(branch), settings, self.program.serving_model)
        nodes: Nodes = nodes_within(branch.nodes, branch.log, planned)
        if settings.memory and (history is None or settings.history_policy == "replace_session"):
            return planned, nodes
        window = given_window(() if history is None else history.messages, settings)
        if settings.history_policy == "override" or not settings.memory:
            nodes = NO_NODES if history is None else origin_nodes(history)
        return window, nodes

    def _in_sight(self, branch: Branch) -> Branch:
        """Return the branch with only those turns that belong to no ended episode."""
        policy = self.program.policies.program
        if policy.lifespan != "episodic" or ROOT not in branch.nodes:
            return branch
        first = max(branch.log.first, branch.nodes[ROOT].closed)
        return dataclasses.replace(branch, log=branch.log.reaching_back_to(first))

    @contextmanager
    def open(self, running: RunningCall | None = None) -> Generator[None, None, None]:
        """Run the body as the call: predictors in it read this call's history.

        Args:
            running: The call as those see it who look on.
        """
        self.frame.running = running
        try:
            with recording(**{FRAME_KEY: self.frame, RUNNING_KEY: None}) as self.recorder:
                yield
        finally:
            self.frame.ended = True
            self.seconds = time.perf_counter() - self.started

    def run(self) -> Any:
        """Run the program; nodes whose episode has ended with it consolidate their memory."""
        result = self.program.module(**self.inputs)
        if self._ends_episodes:
            self.episodes.end(self._ending(result))
        return result

    async def arun(self) -> Any:
        """Run the program, awaited; in a thread when it is synchronous only."""
        module = self.program.module
        if _has(module, "aforward"):
            result = await module.acall(**self.inputs)
        else:
            asynchronous: Any = dspy.asyncify(module)
            result = await asynchronous(**self.inputs)
        if self._ends_episodes:
            await self.episodes.aend(self._ending(result))
        return result

    @property
    def _records(self) -> bool:
        return self.settings.records(given=self.order.history is not None)

    @property
    def _ends_episodes(self) -> bool:
        return self._records

    def _ending(self, result: Any) -> list[Ending]:
        """Return the episodes that end with this call."""
        frame, policies = self.frame, self.program.policies
        return endings(frame.standing, policies, frame.branch, lambda: self._said(result))

    def _said(self, result: Any) -> tuple[Fields, Fields]:
        """Return inputs and outputs as they are about to be recorded."""
        inputs = self.program.recorded_inputs(self.order.inputs)
        return inputs, self.program.outputs_of(result)

    def run_anyhow(self) -> Any:
        """Run the program from synchronous code, also one that is asynchronous only."""
        module = self.program.module
        if _has(module, "forward") or not _has(module, "aforward"):
            return self.run()
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return asyncio.run(self.arun())
        msg = f"{self.program.name} is asynchronous, and an event loop runs here; await arerun(…)"
        raise ConflictError(msg)

    def record(self, branch: Branch, result: Any) -> Branch:
        """Return the branch with the finished call as its newest turn."""
        if self.replaced_seed is not None:
            branch = branch.emptied(self.replaced_seed)
        frame, before = self.frame, branch.nodes
        calls = frame.standing.placed(frame.finished(), before)
        record = dataclasses.replace(
            self.recorded(result, (*calls, *self.episodes.records)),
            before=before,
            after=frame.standing.after(before, calls, self.episodes.memories, len(branch.log) + 1),
        )
        return branch.appended(record, keep=self.settings.max_stored_turns)

    def recorded(self, result: Any, calls: tuple[Record, ...]) -> Record:
        """Return the finished call, with the calls nested in it, as it is recorded."""
        outputs, more_flags = recordable(self.program.outputs_of(result))
        alternatives = [recordable(one)[0] for one in self.program.alternatives_of(result)]
        return Record(
            id=new_id(),
            node=self.node,
            inputs=self.asked,
            outputs=outputs,
            window=self.frame.seen.window,
            created_at=self.created_at,
            latency_s=self.seconds,
            calls=calls,
            events=tuple(self.frame.events),
            requests=self._requests(),
            source=self.order.source,
            flags=(*self.flags, *more_flags, *self.episodes.flags),
            alternatives=tuple(alternatives),
        )

    def record_failure(self, branch: Branch, error: Exception) -> Branch:
        """Return the branch with a turn that has no answer, says why, and is kept out of exports.

        Nested nodes stay where they stood. The requests, which were paid for, are kept.
        """
        nested = [one for call in self.frame.finished() for one in call.all_requests()]
        why = f"{type(error).__name__}: {error}".rstrip(": ")
        record = Record(
            id=new_id(),
            node=ROOT,
            inputs=self.asked,
            outputs={},
            window=self.frame.seen.window,
            created_at=self.created_at,
            latency_s=self.seconds,
            requests=(*nested, *self._requests()),
            before=branch.nodes,
            after=branch.nodes,
            source=self.order.source,
            flags=(f"the call failed, so there is no answer: {why}", *self.flags),
        )
        failed = branch.appended(record, keep=self.settings.max_stored_turns)
        return failed.marked(record.id, Mark(excluded=True))

    def _requests(self) -> tuple[Any, ...]:
        own = self.recorder.requests(self.frame.newest_prompt(self.node)) if self.recorder else ()
        return (*self.frame.requests, *own)


def _has(module: dspy.Module, method: str) -> bool:
    return hasattr(type(module), method) or method in module.__dict__


Commit = Callable[[Callable[[Branch], Branch]], Branch]
"""Applies a change to the branch that a call runs on, and returns the branch's new value."""


def commit_to(conversation: Conversation, key: str) -> Commit:
    """Return a commit that appends to a branch of a conversation."""

    def commit(make: Callable[[Branch], Branch]) -> Branch:
        label = f"turn {len(conversation[key].log)}"
        return conversation.update(key, label, make)

    return commit
