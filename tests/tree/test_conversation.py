"""The branches of one tree, and undo and redo of every change to them."""

from __future__ import annotations

import copy
import pickle
import threading

import pytest

from dspy_session import errors
from dspy_session._state import added_record
from dspy_session._tree.amend import annotate, edit_outputs, give_score
from dspy_session._tree.branch import Branch
from dspy_session._tree.conversation import UNDO_DEPTH, Conversation
from dspy_session._tree.record import Window


def unpickled(value):
    return pickle.loads(pickle.dumps(value))  # noqa: S301  # made here


def appended(branch, text):
    window = Window(stop=len(branch.log), edits=branch.edits)
    return branch.appended(added_record(branch, {"question": text}, {"answer": text}, window))


def talk(*texts):
    """A conversation with one branch, and its key."""
    conversation = Conversation()
    (branch,) = conversation.branches
    for text in texts:
        conversation.update(branch.key, f"turn {text}", lambda b, text=text: appended(b, text))
    return conversation, branch.key


def texts(branch):
    return [record.inputs["question"] for record in branch.log]


def shape(conversation):
    return {
        branch.name: (texts(branch), dict(branch.edits), branch.parent, branch.forked_at)
        for branch in conversation.branches
    }


# --- changes -------------------------------------------------------------------------------------


def test_a_change_of_several_branches_happens_at_once_or_not_at_all():
    conversation, key = talk("a")
    other = conversation.fork(key, 1, "other").key
    revision = conversation.revision

    def breaks(branches):
        changed = {key: appended(branches[key], "b")}
        changed[other] = appended(branches["nowhere"], "b")
        return changed

    with pytest.raises(KeyError):
        conversation.change("half", breaks)
    assert conversation.revision == revision
    assert [texts(branch) for branch in conversation.branches] == [["a"], ["a"]]

    def works(branches):
        return {one: appended(branches[one], "b") for one in (key, other)}

    conversation.change("both", works)
    assert conversation.revision == revision + 1
    assert [texts(branch) for branch in conversation.branches] == [["a", "b"], ["a", "b"]]
    conversation.undo()
    assert [texts(branch) for branch in conversation.branches] == [["a"], ["a"]]


def test_a_change_that_changes_nothing_is_none():
    conversation, key = talk("a")
    revision = conversation.revision
    conversation.update(key, "nothing", lambda branch: branch)
    assert (conversation.revision, conversation.undo_label) == (revision, "turn a")


ACTIONS = {
    "turn": lambda c, key: c.update(key, "turn", lambda b: appended(b, "new")),
    "undo of turns": lambda c, key: c.update(key, "cut", lambda b: b.cut(0)),
    "reset": lambda c, key: c.update(key, "reset", lambda b: b.emptied(None)),
    "edit": lambda c, key: c.update(
        key, "edit", lambda b: edit_outputs(b, 0, b.record(0), {"answer": "x"}, ())
    ),
    "score": lambda c, key: c.update(key, "score", lambda b: give_score(b, b.record(0), 0.5)),
    "label": lambda c, key: c.update(key, "label", lambda b: annotate(b, b.record(0), label="x")),
    "fork": lambda c, key: c.fork(key, 1, "new branch"),
    "rename": lambda c, key: c.rename(key, "another name"),
    "prune": lambda c, key: c.prune(key),
}


@pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS.keys())
def test_every_action_can_be_taken_back_and_done_again(action):
    conversation, key = talk("a", "b")
    child = conversation.fork(key, 1, "child")
    conversation.fork(child.key, 1, "grandchild")
    before = (shape(conversation), [branch.marks for branch in conversation.branches])
    action(conversation, key)
    after = (shape(conversation), [branch.marks for branch in conversation.branches])
    assert after != before
    for _ in range(2):
        label = conversation.undo_label
        assert conversation.undo() == label
        assert (shape(conversation), [b.marks for b in conversation.branches]) == before
        assert conversation.redo_label == label
        assert conversation.redo() == label
        assert (shape(conversation), [b.marks for b in conversation.branches]) == after


def test_a_new_change_ends_what_could_be_redone():
    conversation, key = talk("a", "b")
    conversation.undo()
    conversation.update(key, "turn c", lambda branch: appended(branch, "c"))
    assert conversation.redo_label is None
    with pytest.raises(errors.ConflictError, match="nothing to redo"):
        conversation.redo()


def test_undo_reaches_back_a_bounded_number_of_actions():
    conversation, _ = talk(*map(str, range(UNDO_DEPTH + 5)))
    for _ in range(UNDO_DEPTH):
        conversation.undo()
    assert conversation.undo_label is None
    assert texts(conversation.branches[0]) == list("01234")


# --- names and branches --------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", "   ", "a\nb", "a\0b", "x" * 201])
def test_names_that_no_person_could_read_are_refused(name):
    conversation, key = talk()
    with pytest.raises(errors.ArgumentError, match="1 to 200 characters"):
        conversation.fork(key, 0, name)
    with pytest.raises(errors.ArgumentError, match="1 to 200 characters"):
        conversation.rename(key, name)


def test_a_name_is_a_str():
    conversation, key = talk()
    with pytest.raises(errors.ArgumentTypeError, match="got int"):
        conversation.rename(key, 3)


def test_a_name_is_given_once_also_by_undo():
    conversation, key = talk()
    conversation.fork(key, 0, "taken")
    with pytest.raises(errors.NameTakenError, match="'taken'"):
        conversation.fork(key, 0, "taken")
    assert conversation.named("taken").parent == key
    with pytest.raises(errors.BranchNotFoundError, match="no branch 'lost'; there are 'main'"):
        conversation.named("lost")


def test_renaming_to_the_same_name_is_no_action():
    conversation, key = talk("a")
    conversation.rename(key, "main")
    assert conversation.undo_label == "turn a"


def test_pruning_hands_forks_to_the_grandparent():
    conversation, key = talk("a", "b", "c")
    child = conversation.fork(key, 2, "child")
    conversation.update(child.key, "turn", lambda branch: appended(branch, "d"))
    deep = conversation.fork(child.key, 3, "deep")
    shallow = conversation.fork(child.key, 1, "shallow")
    conversation.prune(child.key)
    assert (conversation[deep.key].parent, conversation[deep.key].forked_at) == (key, 2)
    assert (conversation[shallow.key].parent, conversation[shallow.key].forked_at) == (key, 1)
    assert texts(conversation[deep.key]) == ["a", "b", "d"]
    conversation.undo()
    assert conversation[deep.key].parent == child.key


def test_pruning_the_root_makes_roots_of_its_forks():
    conversation, key = talk("a")
    child = conversation.fork(key, 1, "child")
    conversation.prune(key)
    assert conversation[child.key].parent is None
    assert key not in conversation


def test_the_only_branch_stays():
    conversation, key = talk("a")
    with pytest.raises(errors.ArgumentError, match="reset it instead"):
        conversation.prune(key)


def test_branches_come_in_the_order_they_were_made():
    conversation, key = talk("a")
    conversation.fork(key, 1, "z")
    conversation.fork(key, 1, "b")
    conversation.prune(key)
    conversation.undo()
    assert [branch.name for branch in conversation.branches] == ["main", "z", "b"]


# --- running calls -------------------------------------------------------------------------------


def test_a_running_call_holds_its_branch_and_no_other():
    conversation, key = talk("a")
    other = conversation.fork(key, 1, "other")
    conversation.update(other.key, "turn", lambda branch: appended(branch, "b"))
    conversation.update(key, "turn", lambda branch: appended(branch, "c"))
    with conversation.calling(key, {"question": "?"}):
        (call,) = conversation.running
        assert (call.branch, call.index, call.inputs) == (key, 2, {"question": "?"})
        with pytest.raises(errors.ConflictError, match="a call is running on branch 'main'"):
            conversation.undo()
        with pytest.raises(errors.ConflictError, match="a call is running"):
            conversation.prune(key)
        conversation.prune(other.key)
        conversation.undo()
    assert conversation.running == []
    assert conversation.undo_label == "turn"
    conversation.undo()
    assert texts(conversation[key]) == ["a"]


def test_amendments_can_be_taken_back_while_a_call_runs():
    conversation, key = talk("a")
    ACTIONS["edit"](conversation, key)
    with conversation.calling(key, {}):
        conversation.undo()
        conversation.redo()
    assert conversation[key].edits


def test_a_call_that_fails_is_no_longer_running():
    conversation, key = talk()
    with pytest.raises(ZeroDivisionError), conversation.calling(key, {}):
        raise ZeroDivisionError
    assert conversation.running == []


# --- listeners ------------------------------------------------------------------------------------


def test_listeners_hear_every_change_until_they_stop():
    conversation, key = talk("a")
    heard = []
    stop = conversation.listen(lambda: heard.append(conversation.revision))
    for action in (ACTIONS["label"], ACTIONS["fork"]):
        action(conversation, key)
    conversation.undo()
    with conversation.calling(key, {}):
        running = len(heard)
    assert (running, len(heard)) == (4, 5)
    assert heard == sorted(heard)
    stop()
    stop()
    conversation.redo()
    assert len(heard) == 5


# --- copies ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("copied", [copy.deepcopy, unpickled])
def test_a_copy_goes_its_own_way(copied):
    conversation, key = talk("a", "b")
    ACTIONS["edit"](conversation, key)
    conversation.listen(lambda: pytest.fail("a copy told our listener"))
    twin = copied(conversation)
    assert shape(twin) == shape(conversation)
    twin.update(key, "turn", lambda branch: appended(branch, "c"))
    twin.undo()
    twin.undo()
    assert not twin[key].edits
    assert conversation[key].edits
    assert twin.call_lock(key) is not conversation.call_lock(key)


def test_a_copy_has_no_running_calls():
    conversation, key = talk("a")
    with conversation.calling(key, {}):
        assert copy.deepcopy(conversation).running == []


def test_threads_that_change_one_branch_lose_nothing():
    conversation, key = talk()
    start = threading.Barrier(4)

    def work(number):
        start.wait()
        for step in range(50):
            text = f"{number}.{step}"
            conversation.update(key, "turn", lambda branch, text=text: appended(branch, text))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(texts(conversation[key]))) == 200
    assert [record.window.stop for record in conversation[key].log] == list(range(200))


def test_a_conversation_may_begin_with_any_branch():
    conversation = Conversation(Branch(name="trunk", order=4))
    assert [branch.name for branch in conversation.branches] == ["trunk"]
    assert conversation.fork(conversation.branches[0].key, 0, None).order == 5
