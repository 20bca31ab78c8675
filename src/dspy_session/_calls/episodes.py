"""The end of an episode: its calls become memory, once, when the turn they belong to is done."""

from __future__ import annotations

import dataclasses
import inspect
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

import dspy

from .._tree.branch import Branch
from .._tree.log import Log
from .._tree.record import CONSOLIDATION, ROOT, Node, Record, Window, new_id, now
from .._tree.values import Fields, recordable
from ..errors import ArgumentTypeError
from .capture import recording
from .finished import finished
from .frame import FRAME_KEY, RUNNING_KEY
from .memory import Consolidator, Policies
from .standing import Standing
from .transcript import ledger_text, records_text

_log = logging.getLogger("dspy_session")

_ANSWERS = ("updated_memory", "memory", "l2_memory", "output")


@dataclasses.dataclass(frozen=True, slots=True)
class Ending:
    """An episode that ends: one node, and what it did since its last one ended."""

    path: str
    consolidator: Consolidator | None
    past_memory: str
    transcript: str


def endings(
    standing: Standing,
    policies: Policies,
    branch: Branch,
    said: Callable[[], tuple[Fields, Fields]],
) -> list[Ending]:
    """Return the episodes that end with a call of the program.

    Args:
        standing: Where the nodes stand at the end of the call.
        policies: What each remembers.
        branch: The branch as it was when the call began.
        said: Returns inputs and outputs of the call.
    """
    found: list[Ending] = []
    for path in dict.fromkeys(record.node for record in standing.ended):
        policy, node = policies.of(path), standing.node(path)
        if policy.keeps and policy.lifespan == "episodic":
            text = records_text(node.open.first, list(node.open), branch.edits)
            found.append(Ending(path, policy.consolidator, node.memory, text))
    if policies.program.lifespan == "episodic":
        text = ""
        if policies.program.consolidator is not None:
            first = max(branch.log.first, branch.nodes.get(ROOT, Node()).closed)
            earlier: Log[Record] = branch.log.reaching_back_to(first)
            calls = [(n, earlier[n].inputs, branch.outputs(earlier[n])) for n in _kept(earlier)]
            text = ledger_text([*calls, (len(earlier), *said())])
        found.append(Ending(ROOT, policies.program.consolidator, branch.memory, text))
    return found


def _kept(log: Log[Record]) -> range:
    return range(log.first, len(log))


class Episodes:
    """What became of the episodes that ended with a call.

    A consolidator that fails leaves its episode open: the next one holds its calls too.
    """

    def __init__(self) -> None:
        self.memories: dict[str, str | None] = {}
        self.records: list[Record] = []
        """The consolidators' work, with their LM requests."""
        self.flags: list[str] = []

    def end(self, episodes: list[Ending]) -> None:
        """End episodes from synchronous code."""
        for episode in episodes:
            run = self._run(episode)
            if run is not None:
                with run:
                    answer = run.ask()
                    if inspect.isawaitable(answer):
                        answer = _settled(answer)
                    run.answer = answer
                self._ended(run)

    async def aend(self, episodes: list[Ending]) -> None:
        """End episodes; what can be awaited is."""
        for episode in episodes:
            run = self._run(episode)
            if run is not None:
                with run:
                    answer = run.aask()
                    run.answer = await answer if inspect.isawaitable(answer) else answer
                self._ended(run)

    def _run(self, episode: Ending) -> _Run | None:
        if episode.consolidator is None:
            self.memories[episode.path] = None
            return None
        return _Run(episode, episode.consolidator)

    def _ended(self, run: _Run) -> None:
        path = run.episode.path
        if run.error is None:
            self.memories[path] = run.memory
            self.records.append(run.record())
            return
        whose = "the program" if path == ROOT else repr(path)
        problem = f"{type(run.error).__name__}: {run.error}"
        flag = f"the consolidator of {whose} failed ({problem}); its episode goes on"
        self.flags.append(flag)
        _log.warning("%s", flag, exc_info=run.error)


class _Run:
    """One consolidator at work; as a context, it takes in what the body raises."""

    def __init__(self, episode: Ending, consolidator: Consolidator) -> None:
        self.episode, self.consolidator = episode, consolidator
        self.inputs = {
            "past_memory": episode.past_memory,
            "episode_transcript": episode.transcript,
        }
        self.answer: Any = None
        self.memory: str | None = None
        self.error: Exception | None = None
        # Predictors in it are themselves: this is no part of the program's call.
        self._recording = recording(**{FRAME_KEY: None, RUNNING_KEY: None})

    def __enter__(self) -> None:
        self._created_at, self._started = now(), time.perf_counter()
        self._recorder = self._recording.__enter__()

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> bool:
        self._recording.__exit__(None, None, None)
        if error is None:
            try:
                self.memory = _memory(self.answer)
            except ArgumentTypeError as problem:
                error = problem
        if isinstance(error, Exception):
            self.error = error
            return True
        return False

    def ask(self) -> Any:
        """Call the consolidator."""
        return _called(self.consolidator, self.inputs)

    def aask(self) -> Any:
        """Call the consolidator; a module asynchronously, in a thread where it cannot."""
        module: Any = self.consolidator
        if not isinstance(module, dspy.Module):
            return self.ask()
        if hasattr(type(module), "aforward") or "aforward" in vars(module):
            return module.acall(**self.inputs)
        asynchronous: Any = dspy.asyncify(module)
        return asynchronous(**self.inputs)

    def record(self) -> Record:
        """Return the consolidator's work as a nested call."""
        inputs, flags = recordable(self.inputs)
        path = self.episode.path
        return Record(
            id=new_id(),
            node="consolidator" if path == ROOT else f"{path}.consolidator",
            inputs=inputs,
            outputs={"updated_memory": self.memory},
            window=Window(),
            created_at=self._created_at,
            latency_s=time.perf_counter() - self._started,
            requests=self._recorder.requests(Log()),
            source=CONSOLIDATION,
            flags=tuple(flags),
        )


def _called(consolidator: Consolidator, inputs: Mapping[str, str]) -> Any:
    """Call a consolidator by its parameters' names, or in order where it has others."""
    if isinstance(consolidator, dspy.Module):
        return consolidator(**inputs)
    try:
        parameters = inspect.signature(consolidator).parameters
    except (TypeError, ValueError):
        return consolidator(*inputs.values())
    takes_any = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values())
    if takes_any or all(name in parameters for name in inputs):
        return consolidator(**inputs)
    return consolidator(*inputs.values())


def _memory(answer: Any) -> str | None:
    """Return the memory that a consolidator answered with; None leaves the old one."""
    if answer is None or isinstance(answer, str):
        return answer
    fields: dict[str, Any] = {}
    if isinstance(answer, (Mapping, dspy.Prediction)):
        fields = {str(name): value for name, value in answer.items()}
    found = [fields[name] for name in _ANSWERS if name in fields]
    if not found and len(fields) == 1:
        found = list(fields.values())
    if found and (found[0] is None or isinstance(found[0], str)):
        return found[0]
    got = f"fields {', '.join(fields)}" if fields else type(answer).__name__
    msg = f"a consolidator returns text, or a field updated_memory with it; it returned {got}"
    raise ArgumentTypeError(msg)


def _settled(awaitable: Any) -> Any:
    """Wait for an asynchronous consolidator in synchronous code."""

    async def wait() -> Any:
        return await awaitable

    return finished(wait())
