"""The window of the past: by turns and by tokens, in steps."""

from __future__ import annotations

import dataclasses
from itertools import pairwise

import dspy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.scripted import scripted_lm

from dspy_session import Session, errors, sessionify
from dspy_session._calls.policy import Settings
from dspy_session._calls.tokens import counter_for, message_text
from dspy_session._calls.window import plan_window
from dspy_session._state import added_record
from dspy_session._tree.branch import Branch
from dspy_session._tree.window import window_messages

texts = st.integers(0, 120).map(lambda size: "word " * size)


def grown(said, limits, seed=(), keep=None):
    """The branch after each turn, with what that turn saw; the way a conversation grows."""
    branch, steps = Branch(seed=tuple(seed)), []
    for text in said:
        window = plan_window(branch, limits, lambda: None)
        steps.append((branch, window))
        record = added_record(branch, {"question": text}, {"answer": "ok"}, window)
        branch = branch.appended(record, keep=keep)
    return steps


def seen(branch, window):
    return window_messages(window, branch.log, window.edits)


def tokens(branch, window):
    count = counter_for(None, branch)
    return sum(count(message_text(message)) for message in seen(branch, window))


seeds = st.lists(texts.map(lambda text: {"question": text, "answer": ""}), max_size=3)


@settings(deadline=None)
@given(
    said=st.lists(texts, max_size=25),
    budget=st.integers(0, 900),
    seed=seeds,
    keep=st.none() | st.integers(1, 8),
    block=st.none() | st.integers(1, 5),
    most=st.none() | st.integers(5, 12),
)
def test_a_window_keeps_its_limits_and_is_the_newest_messages(
    said, budget, seed, keep, block, most
):
    limits = Settings(max_history_tokens=budget, max_turns=most, trim_block=block)
    for branch, window in grown(said, limits, seed, keep):
        messages = seen(branch, window)
        assert tokens(branch, window) <= budget
        assert most is None or len(messages) <= most
        everything = [*(branch.seed or ()), *(record.inputs for record in branch.log)]
        newest = everything[len(everything) - len(messages) :]
        assert [m["question"] for m in messages] == [m["question"] for m in newest]


@settings(deadline=None)
@given(said=st.lists(texts, max_size=25), budget=st.integers(200, 900), keep=st.none() | st.just(9))
def test_a_window_moves_on_only_when_it_is_full_and_then_makes_room(said, budget, keep):
    limits = Settings(max_history_tokens=budget)
    steps = grown(said, limits, keep=keep)
    for (_, old), (branch, new) in pairwise(steps):
        assert new.start >= old.start
        kept = branch.log.first
        if new.start > max(old.start, kept):
            full = tokens(branch, dataclasses.replace(new, start=max(old.start, kept)))
            assert full > budget
            assert tokens(branch, new) <= 0.75 * budget


def test_turns_of_one_size_go_a_quarter_at_a_time():
    size = tokens(*grown(["word " * 20] * 2, Settings())[1])
    limits = Settings(max_history_tokens=8 * size)
    starts = [window.start for _, window in grown(["word " * 20] * 15, limits)]
    assert starts == [0] * 9 + [3, 3, 3, 6, 6, 6]


def test_turns_go_in_blocks_on_request():
    limits = Settings(max_turns=4, trim_block=3)
    starts = [window.start for _, window in grown(["x"] * 12, limits)]
    assert starts == [0, 0, 0, 0, 0, 3, 3, 3, 6, 6, 6, 9]
    limits = Settings(max_turns=4, trim_block=3)
    kept = [window.start for _, window in grown(["x"] * 12, limits, keep=6)]
    assert kept == starts  # forgetting old turns does not move it
    size = tokens(*grown(["x"] * 2, Settings())[1])
    limits = Settings(max_history_tokens=4 * size, trim_block=2)
    starts = [window.start for _, window in grown(["x"] * 9, limits)]
    assert starts == [0, 0, 0, 0, 0, 2, 2, 4, 4]


def test_one_turn_larger_than_the_budget_leaves_no_history():
    limits = Settings(max_history_tokens=50)
    branch, window = grown(["short", "word " * 500, "short"], limits)[2]
    assert seen(branch, window) == []


def test_the_window_goes_back_when_the_budget_has_grown():
    steps = grown(["word " * 20] * 15, Settings(max_history_tokens=200))
    branch, window = steps[-1]
    assert window.start > 5
    wider = plan_window(branch, Settings(max_history_tokens=10_000), lambda: None)
    assert wider.start == 0


# --- in sessions ---------------------------------------------------------------------------------


def chat(turns=0, reported=0, **options):
    session = sessionify(dspy.Predict("question -> answer"), **options)
    lm = scripted_lm(lambda call: {"answer": "yes " * 20}, usage=(reported, 5))
    session.set_lm(lm)
    for number in range(turns):
        session(question=f"question {number}")
    return session, lm


def test_prompts_begin_alike_between_two_steps():
    session, lm = chat(14, max_turns=6, trim_block=3)
    begins = [call.turns[0]["content"] if call.turns else "" for call in lm.calls]
    moves = sum(one != other for one, other in pairwise(begins))
    assert moves == 4  # none, then turns 0, 3, 6 and 9
    assert len(session.session_history.messages) == 5


def test_the_model_says_what_its_tokens_are():
    session, _ = chat(1, reported=10, max_history_tokens=100)
    branch = session._branch
    text = "word " * 100
    sent = sum(len(message["content"]) for message in session.turns[0].prompt)
    assert counter_for(None, branch)(text) == -(-10 * len(text) // sent)  # it reports 10 a prompt
    assert counter_for(None, Branch())(text) == 125
    assert counter_for(None, Branch())("é" * 10) == 5


def test_openai_models_are_counted_with_their_own_tokenizer(monkeypatch):
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    import litellm

    text = "Ein Wort, an unusually long-winded sentence, 12345."
    count = counter_for("openai/gpt-4o-mini", Branch())
    assert count(text) == litellm.token_counter(model="gpt-4o-mini", text=text)
    assert counter_for("openai/my-own-model", Branch())("x" * 40) == 10
    assert counter_for("anthropic/claude-sonnet-4-5", Branch())("x" * 40) == 10


def test_undo_fork_and_files_lead_to_the_same_window(tmp_path):
    session, _ = chat(12, max_history_tokens=250)
    trimmed = session.session_history
    assert 0 < len(trimmed.messages) < 12
    session.save(tmp_path / "chat.json")
    loaded = Session.load_from(tmp_path / "chat.json", dspy.Predict("question -> answer"))
    assert loaded.session_history == trimmed
    assert session.fork().session_history == trimmed
    for index in (4, 9):
        assert session.fork(at=index).session_history == session.turns[index].history_snapshot


def test_snapshots_stay_exact_when_the_budget_changes(tmp_path):
    session, _ = chat(8, max_history_tokens=250)
    seen = [turn.history_snapshot for turn in session.turns]
    session.save(tmp_path / "chat.json")
    loaded = Session.load_from(
        tmp_path / "chat.json", dspy.Predict("question -> answer"), max_history_tokens=60
    )
    assert [turn.history_snapshot for turn in loaded.turns] == seen


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"max_history_tokens": -1}, errors.ArgumentError, "at least 0"),
        ({"max_history_tokens": "many"}, errors.ArgumentTypeError, "max_history_tokens is an int"),
        ({"max_turns": 4, "trim_block": 0}, errors.ArgumentError, "trim_block is at least 1"),
        ({"max_turns": 4, "trim_block": 5}, errors.ArgumentError, r"at most max_turns \(4\)"),
        ({"trim_block": 2}, errors.ArgumentError, "give max_turns or max_history_tokens"),
    ],
)
def test_limits_that_make_no_sense_are_refused(options, error, match):
    with pytest.raises(error, match=match):
        sessionify(dspy.Predict("question -> answer"), **options)
