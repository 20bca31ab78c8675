"""One branch as an immutable value."""

from __future__ import annotations

import dataclasses

import pytest

from dspy_session import errors
from dspy_session._state import added_record
from dspy_session._tree.amend import edit_outputs, give_score
from dspy_session._tree.branch import Branch, nodes_within
from dspy_session._tree.log import Log
from dspy_session._tree.record import NO_NODES, Node, Window, new_id
from dspy_session._tree.window import window_keys, window_messages


def node_call(branch, text, path="node"):
    record = added_record(branch, {"question": text}, {"found": text}, Window())
    stop = len(branch.nodes[path].ledger) if path in branch.nodes else 0
    return dataclasses.replace(record, id=new_id(), node=path, window=Window(stop=stop))


def appended(branch, text, calls=1, **options):
    """The branch with one more turn, in which a nested node was called some times."""
    window = Window(start=branch.log.first, stop=len(branch.log), edits=branch.edits)
    record = added_record(branch, {"question": text}, {"answer": text}, window)
    made = [node_call(branch, f"{text}{number}") for number in range(calls)]
    after = dict(branch.nodes)
    if made:
        ledger = after.get("node", Node()).ledger.extend(made)
        after["node"] = Node(ledger)
    return branch.appended(dataclasses.replace(record, calls=tuple(made), after=after), **options)


def talk(text, **options):
    branch = Branch()
    for letter in text:
        branch = appended(branch, letter, **options)
    return branch


def said(branch):
    return "".join(record.inputs["question"] for record in branch.log)


def ledger(branch):
    return [record.inputs["question"] for record in branch.nodes["node"].ledger]


def edited(branch, index, answer):
    return edit_outputs(branch, index, branch.record(index), {"answer": answer}, ())


def test_a_cut_branch_stands_where_it_stood():
    branch = talk("abc", calls=2)
    cut = branch.cut(1)
    assert (said(cut), ledger(cut)) == ("a", ["a0", "a1"])
    assert (said(branch), len(ledger(branch))) == ("abc", 6)
    assert branch.cut(3) is branch
    assert branch.cut(0).nodes == NO_NODES


def test_advancing_moves_along_the_turns_that_were_cut():
    branch = talk("abcd")
    cut = branch.cut(3).cut(1)
    assert said(cut.advanced(2)) == "ab"
    assert said(cut.advanced(2).advanced(99)) == "abcd"
    assert ledger(cut.advanced(3)) == ["a0", "b0", "c0"]
    assert cut.advanced(99).ahead is None
    assert branch.advanced(99) is branch
    assert cut.advanced(1) is cut


def test_a_new_turn_ends_what_could_be_advanced():
    branch = appended(talk("abc").cut(1), "x")
    assert branch.ahead is None
    assert said(branch.advanced(9)) == "ax"


def test_a_fork_has_a_name_a_parent_and_the_turns():
    branch = dataclasses.replace(edited(talk("abc"), 0, "x"), starred=True)
    fork = branch.forked(2, "what-if", 5)
    assert (fork.name, fork.parent, fork.forked_at, fork.order) == ("what-if", branch.key, 2, 5)
    assert fork.key != branch.key
    assert (said(fork), ledger(fork), fork.ahead, fork.starred) == ("ab", ["a0", "b0"], None, False)
    assert fork.outputs(fork.record(0)) == {"answer": "x"}
    assert fork.log.shared_with(branch.log) == 2


def test_an_emptied_branch_has_its_seed_and_nothing_else():
    branch = talk("abc").remembering("notes")
    empty = branch.emptied(({"question": "q"},))
    assert (said(empty), empty.nodes, empty.memory, empty.ahead) == ("", NO_NODES, "", None)
    assert empty.seed == ({"question": "q"},)
    assert (empty.key, empty.name) == (branch.key, branch.name)


@pytest.mark.parametrize(("index", "letter"), [(0, "a"), (2, "c"), (-1, "c"), (-3, "a")])
def test_turns_are_found_from_both_ends(index, letter):
    assert talk("abc").record(index).inputs["question"] == letter


@pytest.mark.parametrize("index", [3, -4])
def test_a_turn_that_is_not_there_is_refused(index):
    with pytest.raises(errors.TurnNotFoundError, match=f"no turn {index} .* are 0 to 2"):
        talk("abc").record(index)
    with pytest.raises(errors.TurnNotFoundError, match="its turns are none"):
        Branch().record(0)


def test_turns_are_found_by_their_id():
    branch = talk("abc")
    newest = branch.record(2)
    assert branch.position(newest.id) == 2
    with pytest.raises(errors.TurnNotFoundError, match="may have been undone"):
        branch.cut(2).position(newest.id)


# --- what was seen -------------------------------------------------------------------------------


def test_what_a_turn_saw_stays_and_what_it_would_see_follows_edits():
    branch = edited(appended(edited(talk("ab"), 0, "x"), "c"), 1, "y")
    record = branch.record(2)
    assert [m["answer"] for m in branch.messages_seen(record, 2)] == ["x", "b"]
    assert [m["answer"] for m in branch.messages_now(record, 2)] == ["x", "y"]
    assert branch.stale_because(record, 2) == [1]
    assert branch.stale_because(branch.record(1), 1) == [0]
    assert branch.stale_because(branch.record(0), 0) == []


def test_an_edit_and_its_revert_leave_nothing_stale():
    branch = edited(edited(talk("abc"), 0, "x"), 0, "a")
    assert all(branch.stale_because(branch.record(n), n) == [] for n in range(3))


def test_scores_make_nothing_stale():
    branch = talk("abc")
    branch = give_score(branch, branch.record(0), 1.0)
    assert branch.stale_because(branch.record(2), 2) == []


def test_an_edit_of_a_field_that_does_not_enter_the_history_makes_nothing_stale():
    branch = talk("a")
    window = Window(
        stop=1, fields=dataclasses.replace(Window().fields, exclude=frozenset({"answer"}))
    )
    branch = branch.appended(added_record(branch, {"question": "b"}, {"answer": "b"}, window))
    assert edited(branch, 0, "x").stale_because(branch.record(1), 1) == []


def test_a_given_history_is_never_stale():
    branch = talk("a")
    window = Window(given=({"question": "q", "answer": "given"},))
    branch = branch.appended(added_record(branch, {"question": "b"}, {"answer": "b"}, window))
    branch = edited(branch, 0, "x")
    record = branch.record(1)
    assert branch.stale_because(record, 1) == []
    assert branch.messages_seen(record, 1) == branch.messages_now(record, 1) == [*window.given]


def test_messages_are_dicts_of_the_callers_own():
    branch = talk("ab")
    record = branch.record(1)
    branch.messages_seen(record, 1)[0]["answer"] = "spoilt"
    assert branch.messages_seen(record, 1)[0]["answer"] == "a"


def test_equal_keys_mean_equal_messages():
    first = talk("ab")
    window = Window(stop=2, edits=first.edits)
    after = edited(first, 0, "x")
    moved = Window(stop=2, edits=after.edits)
    keys, others = window_keys(window, first.log), window_keys(moved, after.log)
    messages = window_messages(window, first.log, window.edits)
    changed = window_messages(moved, after.log, moved.edits)
    assert [a == b for a, b in zip(keys, others, strict=True)] == [False, True]
    assert [a == b for a, b in zip(messages, changed, strict=True)] == [False, True]


# --- trimming ------------------------------------------------------------------------------------


def test_old_turns_go_and_positions_stay():
    branch = talk("abcdef", keep=2, calls=2)
    assert (said(branch), branch.log.first, len(branch.log)) == ("ef", 4, 6)
    assert ledger(branch) == ["e0", "e1", "f0", "f1"]
    with pytest.raises(errors.TurnNotFoundError, match="its turns are 4 to 5"):
        branch.record(3)
    record = branch.record(4)
    assert [m["question"] for m in branch.messages_seen(record, 4)] == ["c", "d"]


def test_a_given_history_keeps_no_old_turn_in_memory():
    branch = Branch()
    for number in range(50):
        window = Window(given=())
        inputs = {"question": str(number)}
        branch = branch.appended(added_record(branch, inputs, {"answer": ""}, window), keep=2)
    assert len(branch.log._run.items) <= 12


def test_nodes_within_a_window_show_the_calls_of_its_turns():
    branch = talk("abc", calls=2)

    def seen(start, stop):
        nodes = nodes_within(branch.nodes, branch.log, Window(start=start, stop=stop))
        return [record.inputs["question"] for record in nodes["node"].ledger]

    assert seen(0, 3) == ["a0", "a1", "b0", "b1", "c0", "c1"]
    assert seen(2, 3) == ["c0", "c1"]
    assert seen(3, 3) == []
    assert nodes_within(NO_NODES, Log(), Window()) == {}
