"""Conversations of every shape, made without a model, and what can be seen of them."""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any

from hypothesis import strategies as st

from dspy_session._calls.capture import shared_prompt
from dspy_session._files.tagged_json import from_bytes, to_bytes
from dspy_session._tree.amendments import Score
from dspy_session._tree.branch import Branch
from dspy_session._tree.conversation import Conversation
from dspy_session._tree.log import Log
from dspy_session._tree.record import ROOT, FieldFilter, Node, Record, Request, Window
from dspy_session._tree.window import window_messages

TEXTS = (
    "What is the capital of France, and since when has it been the capital?",
    "Paris. It has been the capital, with breaks, since the end of the tenth century;\n"
    "the court moved to Versailles for a while, and governments fled it in wars.",
    "why?",
    '{"an": "object", "in": "a string that is long enough to be referred to, with\\nescapes"}',
    "Es war einmal ein König, der hatte drei Söhne — «und keiner» wollte die Krone haben.",
    "a lone half \ud83d of a pair, in a text that is long enough to be worth a reference",
    "",
)
_START = datetime.datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=datetime.timezone.utc)
_FILTERS = (
    FieldFilter(frozenset({"history"})),
    FieldFilter(frozenset({"history", "context"}), frozenset({"question"})),
)

steps = st.lists(
    st.tuples(
        st.sampled_from(
            [
                *["say"] * 3,
                "nest",
                "given",
                "edit",
                "mark",
                "fork",
                "cut",
                "redo",
                "prune",
                "star",
                "memory",
                "reset",
                "window",
            ]
        ),
        st.integers(0, 6),
        st.integers(0, 6),
    ),
    max_size=25,
)


class Builder:
    """Carries steps out on a conversation, with ids that count."""

    def __init__(self, *, seeded: bool = False, keep: int | None = None) -> None:
        seed = ({"question": TEXTS[0], "answer": "seeded"}, {"question": "two", "answer": "too"})
        self.conversation = Conversation(Branch(seed=seed if seeded else None))
        self.keep = keep
        self.count = 0
        self.limit: int | None = None

    def run(self, steps: list[tuple[str, int, int]]) -> Conversation:
        for name, which, choice in steps:
            branches = self.conversation.branches
            getattr(self, f"_{name}")(branches[which % len(branches)], choice)
        return self.conversation

    @property
    def key(self) -> str:
        return self.conversation.branches[-1].key

    def _put(self, branch: Branch) -> None:
        self.conversation.update(branch.key, "step", lambda _: branch)

    def _new(self, branch: Branch, choice: int, **fields: Any) -> Record:
        self.count += 1
        inputs = {"question": TEXTS[choice], "context": [TEXTS[choice], self.count, (1, 2.5)]}
        log = branch.log
        start = log.first if self.limit is None else max(log.first, len(log) - self.limit)
        last = log.last
        like = last.requests[-1].prompt if last is not None and last.requests else Log()
        record = Record(
            id=f"{self.count:016x}",
            node=ROOT,
            inputs=inputs,
            outputs={"answer": f"{TEXTS[choice - 1]} {self.count}"},
            window=Window(
                start=start,
                stop=len(log),
                seed=branch.seed or () if start == log.first else (),
                fields=_FILTERS[choice % 2],
                edits=branch.edits,
            ),
            created_at=_START + datetime.timedelta(seconds=self.count),
            latency_s=None if choice == 3 else self.count / 7,
            before=branch.nodes,
            after=branch.nodes,
        )
        record = dataclasses.replace(record, **fields)
        said = branch.messages_seen(record, 0) if record.window.given is not None else []
        if record.window.given is None:
            said = window_messages(record.window, log, branch.edits)
        messages = [{"role": "system", "content": "Answer, in the form that follows, in full."}]
        for one in said:
            question = f"[[ ## question ## ]]\n{one.get('question')}"
            messages.append({"role": "user", "content": question})
            messages.append(
                {"role": "assistant", "content": f'{{"answer": "{one.get("answer")}"}}'}
            )
        asked: Any = f"[[ ## question ## ]]\n{inputs['question']}\n\nRespond with the answer."
        if choice == 4:
            asked = [{"type": "text", "text": asked}, {"type": "image_url", "url": "data:" * 30}]
        messages.append({"role": "user", "content": asked})
        answers = (
            f"[[ ## answer ## ]]\n{record.outputs['answer']}",
            {"text": "b", "logprobs": None},
        )
        request = Request(
            model="scripted/model",
            prompt=shared_prompt(messages, like),
            answers=answers[: 1 + choice % 2],
            prompt_tokens=None if choice == 2 else 12,
            completion_tokens=5,
            cost=0.25 if choice else None,
            latency_s=0.5,
            cached=choice == 1,
        )
        return dataclasses.replace(record, requests=(request,))

    def _say(self, branch: Branch, choice: int) -> None:
        self._put(branch.appended(self._new(branch, choice), keep=self.keep))

    def _nest(self, branch: Branch, choice: int) -> None:
        """A turn with nested calls: one saw its own ledger, one the conversation."""
        node = f"steps[{choice % 2}]"
        standing = branch.nodes.get(node, Node())
        window = Window(stop=len(standing.ledger), fields=_FILTERS[0], edits=branch.edits)
        call = self._new(branch, choice, node=node, window=window)
        shared = self._new(branch, choice - 1, node="writer", saw=ROOT, calls=(call,))
        others = tuple({"answer": text} for text in TEXTS[:choice])
        root = self._new(branch, choice, calls=(call, shared), flags=("special",), requests=())
        after = {
            **branch.nodes,
            node: Node(
                standing.ledger.append(call),
                standing.memory + TEXTS[choice][:40],
                closed=len(standing.ledger) if choice == 5 else standing.closed,
            ),
        }
        root = dataclasses.replace(root, after=after, source="rerun", alternatives=others)
        self._put(branch.appended(root, keep=self.keep))

    def _given(self, branch: Branch, choice: int) -> None:
        given = tuple({"question": text, "answer": {"of": [text]}} for text in TEXTS[:choice])
        record = self._new(
            branch, choice, window=Window(given=given, fields=_FILTERS[0], edits=None)
        )
        self._put(branch.appended(record, keep=self.keep))

    def _pick(self, branch: Branch, choice: int) -> Record | None:
        kept = branch.log.between(branch.log.first, len(branch.log))
        return kept[choice % len(kept)] if kept else None

    def _edit(self, branch: Branch, choice: int) -> None:
        record = self._pick(branch, choice)
        if record is not None:
            outputs = {"answer": f"{TEXTS[choice]} edited", "more": {1: TEXTS[choice]}}
            self._put(branch.edited(record.id, None if choice == 3 else outputs))

    def _mark(self, branch: Branch, choice: int) -> None:
        record = self._pick(branch, choice)
        if record is not None:
            mark = branch.mark(record).scored(
                f"metric-{choice % 3}", Score(choice / 3, TEXTS[choice])
            )
            mark = dataclasses.replace(mark, label=TEXTS[choice][:5] or None, excluded=choice == 2)
            self._put(branch.marked(record.id, mark))

    def _fork(self, branch: Branch, choice: int) -> None:
        length = branch.log.first + choice % (len(branch.log) - branch.log.first + 1)
        self.conversation.fork(branch.key, length, None)

    def _cut(self, branch: Branch, choice: int) -> None:
        self._put(branch.cut(branch.log.first + choice % (len(branch.log) - branch.log.first + 1)))

    def _redo(self, branch: Branch, choice: int) -> None:
        self._put(branch.advanced(len(branch.log) + choice))

    def _prune(self, branch: Branch, choice: int) -> None:
        if len(self.conversation.branches) > 1 and choice < 3:
            self.conversation.prune(branch.key)

    def _star(self, branch: Branch, choice: int) -> None:
        self._put(dataclasses.replace(branch, starred=choice % 2 == 0))

    def _memory(self, branch: Branch, choice: int) -> None:
        self._put(branch.remembering(TEXTS[choice]))

    def _reset(self, branch: Branch, choice: int) -> None:
        if choice == 0:
            self._put(branch.emptied(branch.seed))

    def _window(self, branch: Branch, choice: int) -> None:
        self.limit = None if choice > 3 else choice


EVERYTHING = [
    (name, which, choice)
    for choice in range(7)
    for which, name in enumerate(
        ["say", "nest", "edit", "mark", "given", "fork", "window", "cut", "redo", "memory", "star"]
    )
]


def through_a_file(document: Any) -> Any:
    """The document as another process would read it."""
    return from_bytes(to_bytes(document))


def built(
    walk: list[tuple[str, int, int]], *, seeded: bool = False, keep: int | None = None
) -> tuple[Conversation, str]:
    """A conversation after some steps, and the key of its newest branch."""
    builder = Builder(seeded=seeded, keep=keep)
    return builder.run(walk), builder.key


# --- what can be seen ----------------------------------------------------------------------------


def shown_record(record: Record) -> Any:
    """All that was recorded of a call."""
    return {
        "id": record.id,
        "node": record.node,
        "inputs": record.inputs,
        "outputs": record.outputs,
        "order": (list(record.inputs), list(record.outputs)),
        "window": (
            record.window.start,
            record.window.stop,
            record.window.seed,
            record.window.given,
            record.window.fields,
            None if record.window.edits is None else dict(record.window.edits),
        ),
        "created_at": record.created_at,
        "latency_s": record.latency_s,
        "calls": [shown_record(call) for call in record.calls],
        "requests": [
            dataclasses.replace(request, prompt=list(request.prompt)) for request in record.requests
        ],
        "before": shown_nodes(record.before),
        "after": shown_nodes(record.after),
        "rest": (record.saw, record.source, record.flags, record.events),
        "alternatives": record.alternatives,
    }


def shown_nodes(nodes: Any) -> Any:
    """Where nested nodes stand."""
    return {
        path: (
            node.memory,
            node.closed,
            len(node.ledger),
            node.ledger.first,
            [r.id for r in node.ledger],
        )
        for path, node in nodes.items()
    }


def shown_branch(branch: Branch) -> dict[str, Any]:
    """All that a session could show of a branch."""
    at = range(branch.log.first, len(branch.log))
    plain = ("key", "name", "order", "seed", "memory", "parent", "forked_at", "starred")
    ahead = branch.ahead
    return {
        **{name: getattr(branch, name) for name in plain},
        "log": (len(branch.log), branch.log.first, [shown_record(r) for r in branch.log]),
        "ahead": None if ahead is None else (len(ahead), ahead.first, [r.id for r in ahead]),
        "nodes": shown_nodes(branch.nodes),
        "outputs": [branch.outputs(r) for r in branch.log],
        "edits": dict(branch.edits),
        "marks": dict(branch.marks),
        "seen": [branch.messages_seen(branch.log[i], i) for i in at],
        "now": [branch.messages_now(branch.log[i], i) for i in at],
        "stale": [branch.stale_because(branch.log[i], i) for i in at],
        "nested": [
            (branch.messages_seen(call, i), branch.stale_because(call, i))
            for i in at
            for call in branch.log[i].calls
        ],
    }


def shown(conversation: Conversation) -> Any:
    """All that can be seen of a conversation, and how its branches share their past."""
    branches = conversation.branches
    return {
        "branches": [shown_branch(branch) for branch in branches],
        "shared": [[one.log.shared_with(other.log) for other in branches] for one in branches],
        "same records": [
            [sum(a is b for a, b in zip(one.log, other.log, strict=False)) for other in branches]
            for one in branches
        ],
        "same edits": [[one.edits is other.edits for other in branches] for one in branches],
        "next order": conversation._made,
    }
