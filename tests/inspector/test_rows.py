"""Rows."""

from __future__ import annotations

import time

from support.branches import branch_of, conversation_of, nested, numbered, said

from dspy_session._tree.amend import annotate, edit_outputs, give_score
from dspy_session._tree.branch import Branch
from dspy_session._tree.log import Log
from dspy_session.inspector._view.rows import MOST_ROWS, positions_of, row_window


def window(branch, start=0, stop=50, branches=None):
    return row_window(branch, branches or [branch], positions_of(branch), 7, range(start, stop))


def test_a_row_shows_what_counts_now():
    branch = branch_of(("q0", "a0"), ("q1", "a1"))
    first, second = branch.log
    branch = edit_outputs(branch, 0, first, {"answer": "better"}, ())
    branch = give_score(branch, first, 0.25)
    branch = give_score(branch, second, 1.0, name="metric", feedback="right")
    branch = annotate(branch, second, label="gold", note="keep", excluded=True)
    zero, one = window(branch)["rows"]
    assert zero["outputs"][0] == {
        "field": "answer", "text": "better", "more_lines": 0, "more_chars": 0, "edited": True,
    }  # fmt: skip
    assert (zero["edited"], zero["stale"], zero["score_change"]) == (True, False, None)
    assert (one["edited"], one["stale"], one["excluded"]) == (False, True, True)
    assert (one["score"], one["score_change"], one["feedback"]) == (1.0, 0.75, "right")
    assert (one["label"], one["note"], one["version"]) == ("gold", "keep", 2)


def test_a_later_turn_is_no_longer_stale_when_the_edit_is_taken_back():
    branch = branch_of(("q0", "a0"), ("q1", "a1"))
    edited = edit_outputs(branch, 0, branch.log[0], {"answer": "x"}, ())
    back = edit_outputs(edited, 0, branch.log[0], {"answer": "a0"}, ())
    assert [row["stale"] for row in window(edited)["rows"]] == [False, True]
    assert [row["stale"] for row in window(back)["rows"]] == [False, False]


def test_windows_beyond_the_ends_are_cut_to_what_is_there():
    branch = numbered(5)
    assert [row["index"] for row in window(branch, -3, 2)["rows"]] == [0, 1]
    assert [row["index"] for row in window(branch, 3, 99)["rows"]] == [3, 4]
    assert window(branch, 99, 120)["rows"] == []
    assert window(branch, 4, 2)["rows"] == []
    assert window(Branch())["matched"] == 0


def test_indices_stay_true_after_old_turns_were_forgotten():
    branch = Branch()
    for number in range(10):
        last = said(branch, f"q{number}", "a").log.last
        branch = branch.appended(last, keep=4)
    shown = window(branch)
    assert (shown["turns"], shown["matched"]) == (4, 4)
    assert [row["index"] for row in shown["rows"]] == [6, 7, 8, 9]


def test_nested_calls_within_calls_are_counted():
    inner = nested("inner", {"x": "1"})
    outer = nested("outer", {"x": "2"}, calls=(inner,))
    branch = said(Branch(), "q", "a", calls=(outer,))
    assert window(branch)["rows"][0]["calls"] == 2


def test_hostile_text_is_only_ever_text():
    hostile = "<img onerror=alert(1) src=x>\ud800\u202e```"
    row = window(branch_of((hostile, {hostile: [hostile]})))["rows"][0]
    assert row["inputs"][0]["text"] == hostile.replace("\ud800", "\ufffd")
    assert "\ud800" not in repr(row["outputs"])


def test_one_answer_holds_a_bounded_number_of_rows():
    assert len(window(numbered(MOST_ROWS + 5), 0, 10_000)["rows"]) == MOST_ROWS


def test_a_window_costs_the_same_at_a_hundred_thousand_turns():
    small, turn = numbered(200), numbered(1).log[0]
    long = Branch(log=Log([turn] * 100_000))
    window(small), window(long)  # warm
    began = time.perf_counter()
    window(small, 100, 150)
    middle = time.perf_counter()
    window(long, 50_000, 50_050)
    ended = time.perf_counter()
    # A window that looked at every turn would take a thousand times as long.
    assert ended - middle < 20 * (middle - began) + 0.05


def test_siblings_stand_on_their_row():
    conversation = conversation_of(("q0", "a0"), ("q1", "a1"))
    main = conversation.branches[0]
    fork = conversation.fork(main.key, 1, "alt")
    fork = conversation.update(fork.key, "say", lambda branch: said(branch, "q1", "other"))
    rows = window(conversation[main.key], branches=conversation.branches)["rows"]
    assert [len(row["siblings"]) for row in rows] == [1, 2]
    assert {one["name"] for one in rows[1]["siblings"]} == {"main", "alt"}
