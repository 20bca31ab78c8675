"""A saved page answers what the kernel answers, whatever was said and done before."""

from __future__ import annotations

import json
import math
import random
import sys
import unicodedata
from contextlib import suppress
from typing import Any

import dspy
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from support.by_hand import ACTIONS, Program, act, answering, exact
from support.saved_kernel import saved_kernel
from support.scripted import scripted_lm

from dspy_session import sessionify
from dspy_session.compare import word_diff
from dspy_session.inspector import SessionInspector
from dspy_session.inspector._channel.channel import reply_to, transportable
from dspy_session.inspector._pages.saved import saved_page
from dspy_session.inspector._widget import HANDLERS

FAILS = "fail on me"


@pytest.fixture(scope="module")
def page_kernel():
    with saved_kernel() as kernel:
        yield kernel


def consolidate(past_memory, episode_transcript):
    return f"{past_memory}+" if past_memory else "it was about the sea, the tide and the reef"


OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "forgetful": {"max_turns": 2, "max_stored_turns": 3},
    "episodic": {"child_configs": {"plan": {"lifespan": "episodic", "consolidator": consolidate}}},
    "stateless": {"child_configs": {"plan": {"lifespan": "stateless"}}},
}


def answered(call: Any) -> dict[str, Any]:
    if FAILS in call.last:
        raise ZeroDivisionError("the model is down")
    return answering(call)


def conversation(options: dict[str, Any], actions: list[Any]) -> SessionInspector:
    session = sessionify(Program(), **options)
    for question in ("What is a tide?", "And a reef?", "kelp \N{SMILING FACE WITH HALO}" * 90):
        session(question=question)
    with suppress(Exception):  # as DSPy wraps it
        session(question=FAILS)
    session.add_turn({"question": ["a", {"b": 1}]}, {"answer": float("nan"), "extra": 1})
    inspector = session.inspect(metrics=[exact])
    for action in actions:
        with suppress(Exception):  # whatever is refused or fails leaves what there was
            act(inspector, *action)
        inspector.switch(inspector._desk.branch(inspector._desk.shown_key()).name)
    return inspector


# --- what is asked ----------------------------------------------------------------------------

FILTERS: list[dict[str, Any]] = [
    {},
    {"search": "TIDE"},
    {"search": "\N{SMILING FACE WITH HALO}KELP"},
    {"scored": True, "sort": "score", "descending": True},
    {"score_name": "s", "sort": "score"},
    {"score_name": "hand", "min_score": 0.5},
    {"max_score": 1.0, "scored": None},
    {"edited": True},
    {"stale": True, "descending": True},
    {"excluded": False},
    {"excluded": True},
    {"scored": False, "label": ""},
]
RANGES = [(0, 50), (1, 2), (-3, 1), (2, 900), (90, 99)]


def asks_of(inspector: SessionInspector) -> list[tuple[str, dict[str, Any]]]:
    """Every request that reads, for every branch and turn, in many ways."""
    summary = inspector._desk.summary()
    branches = [branch["key"] for branch in summary["branches"]]
    asks: list[tuple[str, dict[str, Any]]] = [("rows", {"branch": "?", "start": 0, "stop": 9})]
    for key in branches:
        asks += _asks_of_branch(inspector, key, [*summary["scored_by"], "nobody"])
        for other in branches:
            both = {"branch": key, "other": other}
            asks += [("compare", {**both, "start": a, "stop": b}) for a, b in RANGES]
            asks += [
                ("next_difference", {**both, "row": row, "backwards": back})
                for row in (-1, 0, 2, 99)
                for back in (False, True)
            ]
    return asks


def _asks_of_branch(inspector: SessionInspector, key: str, names: list[str]) -> Any:
    at = {"branch": key}
    desk = inspector._desk
    for start, stop in RANGES:
        yield "rows", {**at, "start": start, "stop": stop}
        for node in ("plan", "answer", "plan.consolidator", "nobody"):
            yield "ledger", {**at, "node": node, "start": start, "stop": stop}
    for wanted in FILTERS:
        yield "rows", {**at, "start": 0, "stop": 50, "filter": wanted}
        yield "kept", {**at, "filter": wanted}
    for search in (None, "tide", " REEF\x1f", "no such words"):
        yield "tree", {**at, **({} if search is None else {"search": search})}
    for name in names:
        yield "scores", {**at, "name": name}
        yield "scores", {**at, "name": name, "against": "exact"}
    yield "nodes", at
    for row in HANDLERS["rows"](desk, {**at, "start": 0, "stop": 50})["rows"]:
        yield from _asks_of_turn(desk, {**at, "turn_id": row["turn_id"]})
    yield "turn", {**at, "turn_id": "nowhere"}


def _asks_of_turn(desk: Any, at: dict[str, Any]) -> Any:
    yield "turn", at
    yield from (("locate", {**at, "filter": wanted}) for wanted in FILTERS)
    detail = HANDLERS["turn"](desk, at)
    for record in (detail, *detail["calls"]):
        here = {**at, **({"call_id": record["call_id"]} if "call_id" in record else {})}
        for start, stop in RANGES:
            for kind in ("seen", "now"):
                yield "history", {**here, "kind": kind, "start": start, "stop": stop}
            for which in range(record["prompts"] + 1):
                yield "prompt", {**here, "which": which, "start": start, "stop": stop}
        for side in ("inputs", "outputs"):
            for field in (*(one["name"] for one in record[side]), "nobody"):
                place = {**here, "side": side, "field": field}
                yield "text", {**place, "part": "value", "start": 0, "stop": 6}
                yield "text", {**place, "part": "original", "start": 5, "stop": 400}
    yield "history", {**at, "call_id": "nobody", "kind": "seen", "start": 0, "stop": 1}


# --- what is answered -------------------------------------------------------------------------


def kernel_reply(inspector: SessionInspector, ask: str, args: dict[str, Any]) -> Any:
    desk = inspector._desk
    request = {"ask": ask, "seq": 0, "args": args}
    reply = reply_to(request, lambda name, args: HANDLERS[name](desk, args), lambda: 0)
    return comparable(json.loads(json.dumps(reply)))


def comparable(reply: dict[str, Any]) -> Any:
    """A reply's result without how calls are edited, or the kind of its problem."""
    if "error" in reply:
        return reply["error"]["code"]
    result = reply["result"]
    for call in result.get("calls", []):
        call.pop("specs", None)
    return result


def difference(one: Any, other: Any, where: str = "") -> str | None:
    """Where two answers differ; sums of floats may do so in their last digit."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        parts = ((one[key], other[key], f"{where}.{key}") for key in one)
        return next(filter(None, (difference(*part) for part in parts)), None)
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        parts = ((a, b, f"{where}[{at}]") for at, (a, b) in enumerate(zip(one, other, strict=True)))
        return next(filter(None, (difference(*part) for part in parts)), None)
    if isinstance(one, float) and isinstance(other, (int, float)):
        equal = math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
    else:
        equal = one == other
    return None if equal else f"{where}: the kernel says {one!r}, the page {other!r}"


def page_of(inspector: SessionInspector) -> Any:
    desk = inspector._desk
    branches = desk.conversation.branches
    page = saved_page(branches, desk.summary(), desk.source.policies())
    return json.loads(json.dumps(transportable(page)))


@pytest.mark.parametrize("options", OPTIONS)
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],  # what differs is told; shrinking takes minutes
)
@given(actions=st.lists(ACTIONS, max_size=14))
def test_a_saved_page_answers_what_the_kernel_answers(page_kernel, options, actions):
    with dspy.context(lm=scripted_lm(answered)):
        inspector = conversation(OPTIONS[options], actions)
        assert_same_answers(inspector, page_kernel, asks_of(inspector))


def assert_same_answers(inspector, page_kernel, asks):
    wanted = [kernel_reply(inspector, *ask) for ask in asks]
    requests = [{"ask": ask, "args": args} for ask, args in asks]
    found = map(comparable, page_kernel.replies(page_of(inspector), requests))
    for ask, ours, theirs in zip(asks, wanted, found, strict=True):
        apart = difference(ours, theirs)
        assert apart is None, f"{ask}{apart}"


def test_long_branches_are_shortened_in_the_same_places(page_kernel):
    session = sessionify(dspy.Predict("question -> answer"))
    for number in range(900):
        session.add_turn({"question": f"q{number % 7}"}, {"answer": f"a{number}"})
    other = session.fork(at=450, name="other")
    for number in range(20):
        other.add_turn({"question": "else"}, {"answer": f"b{number}"})
    inspector = session.inspect()
    main = inspector._desk.branch(inspector._desk.shown_key())
    inspector.score_turns({at: (at * 37 % 101) / 100 for at in range(900)}, name="m")
    inspector.score_turns({at: at / 900 for at in range(0, 900, 2)}, name="n")
    keys = [branch.key for branch in inspector._desk.conversation.branches]
    asks = [("tree", {"branch": key, "search": text}) for key in keys for text in ("", "q3", "A8")]
    asks += [("scores", {"branch": main.key, "name": "m", "against": "n"})]
    asks += [("rows", {"branch": key, "start": 0, "stop": 900}) for key in keys]
    both = {"branch": keys[0], "other": keys[1]}
    asks += [("compare", {**both, "start": start, "stop": 900}) for start in (0, 440)]
    assert_same_answers(inspector, page_kernel, asks)


# --- texts ------------------------------------------------------------------------------------

WORDS = ["tide", "reef", "kelp", ",", ".", " ", "\n", "\n\n\n", "\t", "", "the", "a", "_x"]
WORDS += ["é", "ß", "東京", "\x1f", "e\u0301", "\u2003", "\N{WAVING HAND SIGN}", "½", "٣"]


def test_word_diffs_are_those_of_python(page_kernel):
    draw = random.Random(7)  # nothing secret
    pairs: list[tuple[str, str]] = [("", ""), ("", "a"), ("a", "")]
    for length in (3, 8, 30, 120, 700, 3000):
        for _ in range(12):
            words = draw.choices(WORDS, k=draw.randrange(length + 1))
            other = [draw.choice(WORDS) if draw.random() < 0.3 else word for word in words]
            joins = draw.choice([" ", "", "\n"])
            pairs.append((joins.join(words), joins.join(other)))
            pairs.append((joins.join(words), joins.join(draw.choices(WORDS, k=length))))
    found = page_kernel.word_diffs(pairs)
    for pair, parts in zip(pairs, found, strict=True):
        assert [tuple(part) for part in parts] == word_diff(*pair), pair


@pytest.mark.parametrize("between", ["", "x"])
def test_every_character_is_a_word_a_blank_or_neither_as_in_python(page_kernel, between):
    # What newer versions of Unicode added is not known to both sides.
    known = [
        chr(one) for one in range(sys.maxunicode + 1) if unicodedata.category(chr(one)) != "Cn"
    ]
    texts = [one for one in known if not "\ud800" <= one <= "\udfff"]
    pairs = [(f"a{one}a", f"a{between}a") for one in texts]
    found = page_kernel.word_diffs(pairs)
    apart = [
        pair
        for pair, parts in zip(pairs, found, strict=True)
        if [tuple(part) for part in parts] != word_diff(*pair)
    ]
    assert apart == []


def test_case_is_left_aside_as_in_python(page_kernel):
    known = [
        chr(one) for one in range(sys.maxunicode + 1) if unicodedata.category(chr(one)) != "Cn"
    ]
    texts = [one for one in known if not "\ud800" <= one <= "\udfff"]
    found = page_kernel.folded(texts)
    # Of two cases either may be the one that is compared.
    pairs = zip(texts, found, strict=True)
    assert [one for one, text in pairs if text.casefold() != one.casefold()] == []
