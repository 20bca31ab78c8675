"""Two writers on one session: one is told, and nothing that was paid for is lost."""

from __future__ import annotations

import dspy
import pytest
from support.stored import anew, answers, whole

from dspy_session import errors, sessionify
from dspy_session.stores import MemorySessionStore


def test_of_two_writers_one_is_told_and_no_answer_is_lost(chat, store):
    here, there = chat.open("s"), anew(chat, "s")
    with answers("ours", "theirs", "more"):
        here(question="1")
        with pytest.raises(errors.SessionConflictError) as caught:
            there(question="2")
        assert caught.value.unsaved.outputs == {"answer": "theirs"}
        assert len(there.turns) == 0
        assert len(store.load("s").rows) == len(anew(chat, "s").store.load("s").rows)
        (saved,) = there.refresh()
        assert (saved.name, saved.turns[0].outputs["answer"]) == ("unsaved-1", "theirs")
        assert [turn.outputs["answer"] for turn in there.turns] == ["ours"]
        there(question="3")
        assert there.refresh() == []
    last = anew(chat, "s")
    assert [turn.outputs["answer"] for turn in last.turns] == ["ours", "more"]
    assert last.branches["unsaved-1"].turns[0].outputs["answer"] == "theirs"
    assert whole(last) == whole(there)


def test_an_edit_that_came_second_changes_nothing(chat):
    here = chat.open("s")
    with answers("a", "b"):
        here(question="1")
        there = anew(chat, "s")
        here.edit_turn(0, label="ours")
        for change in (
            lambda: there.edit_turn(0, label="theirs"),
            lambda: there.undo(),
            lambda: there.fork(),
            lambda: there.rename("x"),
        ):
            with pytest.raises(errors.SessionConflictError):
                change()
        assert (len(there.turns), list(there.branches), there.name) == (1, ["main"], "main")
        there.refresh()
        assert there.turns[0].label == "ours"
        there.edit_turn(0, label="theirs")
    assert anew(chat, "s").turns[0].label == "theirs"


class Failing(MemorySessionStore):
    """A store that is out of reach whenever it is told so."""

    down = False

    def append(self, session_id, batch, *, expected_version):
        if self.down == "before":
            raise errors.StoreUnavailableError("no route to the store")
        version = super().append(session_id, batch, expected_version=expected_version)
        if self.down == "after":
            raise errors.StoreUnavailableError("the connection broke")
        return version


@pytest.mark.parametrize("down", ["before", "after"])
def test_an_answer_outlives_a_store_that_is_out_of_reach(down):
    store = Failing()
    chat = sessionify(dspy.Predict("question -> answer"), store=store)
    with answers("a", "b", "c", "d"):
        here = chat.open("s")
        here(question="1")
        store.down = down
        with pytest.raises(errors.StoreUnavailableError) as caught:
            here(question="2")
        assert caught.value.unsaved.outputs == {"answer": "b"}
        assert len(here.turns) == 1
        store.down = False
        here.refresh()
        assert [turn.outputs["answer"] for turn in here.turns] == ["a", "b"]
        assert list(here.branches) == ["main"]
        here(question="3")
    last = anew(chat, "s")
    assert [turn.outputs["answer"] for turn in last.turns] == ["a", "b", "c"]
    assert whole(last) == whole(here)
    assert last.turns[1].history_snapshot.messages == [{"question": "1", "answer": "a"}]


def test_an_answer_of_a_rerun_is_kept_too(chat):
    here = chat.open("s")
    with answers("a", "b", "c"):
        here(question="1")
        there = anew(chat, "s")
        here.edit_turn(0, note="moved on")
        with pytest.raises(errors.SessionConflictError) as caught:
            there.rerun(0)
        assert caught.value.unsaved.outputs == {"answer": "b"}
        (saved,) = there.refresh()
    assert saved.turns[0].outputs == {"answer": "b"}
    assert anew(chat, "s").branches[saved.name].turns[0].outputs == {"answer": "b"}


def test_an_archived_conversation_is_read_and_takes_no_turn(chat, store):
    here = chat.open("s")
    with answers("a", "b", "c"):
        here(question="1")
        store.archive("s")
        with pytest.raises(errors.SessionArchivedError):
            here(question="2")
        assert len(anew(chat, "s").turns) == 1
        store.unarchive("s")
        here.refresh()
        assert [turn.outputs["answer"] for turn in here.turns] == ["a", "b"]


def test_a_deleted_conversation_says_so(chat, store):
    here = chat.open("s")
    store.delete("s")
    with answers("a"), pytest.raises(errors.SessionConflictError):
        here(question="1")
    with pytest.raises(errors.SessionNotFoundError):
        here.refresh()
    assert len(chat.open("s").turns) == 0
