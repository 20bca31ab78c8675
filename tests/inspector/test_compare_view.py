"""Two branches beside each other, as the page shows them."""

from __future__ import annotations

import dataclasses

from support.branches import numbered, request, said

from dspy_session._tree.amend import edit_outputs, give_score
from dspy_session.inspector._view import comparison
from dspy_session.inspector._view.comparison import (
    FIELD_CHARS,
    MOST_COUNTED,
    MOST_PAIRS,
    comparison_view,
    differs,
    next_difference,
)


def pair_of_branches():
    """``alt`` shares two of four turns, answers the third otherwise and the fourth alike."""
    main = numbered(4)
    alt = said(main.forked(2, "alt", 1), "q2", "a better answer")
    return main, said(alt, "q3", "a3")


def view_of(left, right, start=0, stop=50):
    return comparison_view(left, right, range(start, stop))


def test_rows_are_aligned_by_depth_and_tell_what_differs():
    view = view_of(*pair_of_branches())
    assert (view["left"], view["right"], view["total"]) == ("main", "alt", 4)
    assert (view["shared"], view["differing"]) == (2, 1)
    assert [pair["shared"] for pair in view["turns"]] == [True, True, False, False]
    assert [pair["differs"] for pair in view["turns"]] == [False, False, True, False]
    question, answer = view["turns"][2]["fields"]
    assert (question["side"], question["changed"]) == ("inputs", False)
    assert question["parts"] == [("same", "q2")]
    assert (answer["side"], answer["changed"]) == ("outputs", True)
    assert answer["parts"] == [("removed", "a2"), ("added", "a better answer")]


def test_a_longer_branch_stands_alone_at_its_end():
    main, alt = pair_of_branches()
    alt = said(alt, "q4", "only here")
    last = view_of(main, alt)["turns"][-1]
    assert (last["index"], last["left"]) == (4, None)
    assert {part for field in last["fields"] for part in field["parts"]} == {
        ("added", "q4"),
        ("added", "only here"),
    }


def test_edits_and_scores_of_shared_turns_count_as_differences():
    main, alt = pair_of_branches()
    alt = edit_outputs(alt, 0, alt.log[0], {"answer": "edited"}, ())
    main = give_score(main, main.log[1], 0.25, name="exact")
    alt = give_score(alt, alt.log[1], 0.75, name="exact")
    view = view_of(main, alt)
    assert [pair["differs"] for pair in view["turns"]] == [True, True, True, False]
    assert view["turns"][1]["scores"] == {"exact": {"left": 0.25, "right": 0.75}}
    assert view["means"] == {"exact": {"left": 0.25, "right": 0.75}}
    assert (view["shared"], view["differing"]) == (2, 3)


def test_tokens_and_latency_stand_beside_each_other():
    main = numbered(1)
    spent = request("hello", prompt_tokens=10, completion_tokens=4, cost=0.5)
    alt = said(main.forked(0, "alt", 1), "q0", "a0", requests=(spent,), latency_s=2.0)
    only = view_of(main, alt)["turns"][0]
    assert only["tokens"] == {"left": None, "right": 14}
    assert only["cost"] == {"left": None, "right": 0.5}
    assert only["latency_s"] == {"left": 0.5, "right": 2.0}


def test_the_next_difference_is_found_both_ways():
    main, alt = pair_of_branches()
    assert next_difference(main, alt, -1, backwards=False) == {"row": 2}
    assert next_difference(main, alt, 2, backwards=False) == {"row": None}
    assert next_difference(main, alt, 99, backwards=True) == {"row": 2}
    assert next_difference(main, alt, 2, backwards=True) == {"row": None}


def test_rows_come_in_windows_and_very_many_are_not_counted():
    main = numbered(MOST_COUNTED + 1)
    alt = said(main.forked(MOST_COUNTED, "alt", 1), "other", "x")
    view = view_of(main, alt, MOST_COUNTED - 2, 9_999)
    assert [pair["index"] for pair in view["turns"]] == [1998, 1999, 2000]
    assert (view["differing"], view["means"], view["shared"]) == (None, {}, MOST_COUNTED)
    assert len(view_of(main, alt, 0, 9_999)["turns"]) == MOST_PAIRS
    assert view_of(main, alt, -5, -1)["turns"] == []


def test_a_huge_field_is_shortened():
    main = numbered(1)
    alt = said(main.forked(0, "alt", 1), "q0", "x" * (FIELD_CHARS + 100))
    answer = view_of(main, alt)["turns"][0]["fields"][1]
    assert sum(len(text) for _, text in answer["parts"]) == FIELD_CHARS
    assert answer["left_out"] == 102


def test_a_branch_that_forgot_its_oldest_turns_is_compared_where_both_have_some():
    main = numbered(6)
    longer = said(dataclasses.replace(main, name="longer"), "q6", "a6")
    trimmed = main.appended(longer.log.last, keep=3)
    view = view_of(trimmed, longer)
    assert view["total"] == 7
    assert (view["shared"], view["turns"][0]["left"]) == (0, None)


def test_the_page_and_python_get_the_same(page, session):
    session.fork(at=2, name="alt")
    keys = {one["name"]: one["key"] for one in page.ask("summary")["branches"]}
    asked = {"branch": keys["main"], "other": keys["alt"]}
    told = page.ask("compare", start=0, stop=9, **asked)
    assert (told["total"], told["shared"], told["differing"]) == (3, 2, 1)
    assert page.ask("next_difference", row=-1, backwards=False, **asked) == {"row": 2}
    by_hand = page.inspector.compare("alt")
    assert by_hand["turns"][2]["right"] is None
    assert page.inspector.next_difference("alt") == 2
    assert page.inspector.next_difference("alt", 2) is None


def test_the_next_difference_of_long_shared_pasts_is_found_without_comparing_them(monkeypatch):
    main = numbered(3_000)
    alt = said(main.forked(2_900, "alt", 1), "q", "other")
    alt = give_score(alt, alt.log[40], 1.0)
    looked_at = []

    def counted(turn):
        looked_at.append(turn.index)
        return differs(turn)

    monkeypatch.setattr(comparison, "differs", counted)
    assert next_difference(main, alt, -1, backwards=False)["row"] == 40
    assert next_difference(main, alt, 40, backwards=False)["row"] == 2_900
    assert next_difference(main, alt, 2_900, backwards=True)["row"] == 40
    assert next_difference(main, alt, 40, backwards=True)["row"] is None
    assert looked_at == [40, 2_900, 40]


def test_megabytes_are_compared_and_only_their_beginning_travels():
    long = "Because of this and that. " * 40_000
    main = said(said(numbered(1), "q", long), "q", [long[:50]] * 20_000)
    alt = said(said(main.forked(1, "alt", 1), "q", "Not " + long), "q", [long[:40]] * 20_000)
    _, texts, lists = view_of(main, alt)["turns"]
    answer = texts["fields"][1]
    assert answer["parts"][:2] == [("added", "Not "), ("same", long[: FIELD_CHARS - 4])]
    assert answer["left_out"] == len(long) + 4 - FIELD_CHARS
    assert lists["fields"][1]["changed"]
    assert lists["fields"][1]["left_out"] > 0
    assert sum(len(text) for _, text in lists["fields"][1]["parts"]) <= FIELD_CHARS
