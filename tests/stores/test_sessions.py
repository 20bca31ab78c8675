"""Sessions on a store: what was said elsewhere is here, and nothing that was paid for is lost."""

from __future__ import annotations

import asyncio
import threading

import dspy
import pytest
from support.scripted import Held, scripted_lm
from support.stored import anew, whole

from dspy_session import errors, sessionify, with_memory
from dspy_session.stores import Batch, MemorySessionStore, SQLiteSessionStore


@pytest.fixture(params=["memory", "sqlite"])
def store(request, tmp_path):
    if request.param == "memory":
        store = MemorySessionStore()
    else:
        store = SQLiteSessionStore(tmp_path / "chats.db")
    with store:
        yield store


def answers(*texts):
    return dspy.context(lm=scripted_lm(*({"answer": text} for text in texts)))


@pytest.fixture
def chat(store):
    return sessionify(dspy.Predict("question -> answer"), store=store)


# --- reopening ---------------------------------------------------------------------------------


def test_a_conversation_goes_on_elsewhere(chat, store):
    with answers("Hi Max", "You are Max"):
        chat.open("max", "u1", {"channel": "web"})(question="I am Max")
        again = anew(chat, "max")
        assert again(question="Who am I?").answer == "You are Max"
    third = anew(chat, "max")
    assert [turn.outputs["answer"] for turn in third.turns] == ["Hi Max", "You are Max"]
    assert third.turns[1].history_snapshot.messages == [
        {"question": "I am Max", "answer": "Hi Max"}
    ]
    info = store.info("max")
    assert (info.user_id, dict(info.metadata)) == ("u1", {"channel": "web"})
    assert (info.turns, info.branches, info.preview) == (2, 1, "I am Max")


def test_everything_people_did_is_there_again(chat):
    with answers(*"abcdefgh"):
        here = chat.open("s")
        for question in ("1", "2", "3", "4"):
            here(question=question)
        other = here.fork(at=2, name="what-if")
        other(question="other")
        here.edit_turn(1, outputs={"answer": "B"}, label="corrected", note="was b", score=0.5)
        here.undo(2)
        rerun = here.rerun(0, name="again")
        rerun.star()
        rerun.rename("once more")
        here.score(lambda example, prediction: {"score": 1.0, "feedback": "fine"})
        gone = here.fork(name="gone")
        gone(question="x")
        here.prune("gone")
        there = anew(chat, "s")
        assert whole(there) == whole(here)
        assert list(there.branches) == ["main", "what-if", "once more"]
        assert [turn.stale for turn in there.branches["what-if"].turns] == [False, False, False]
        assert [turn.outputs["answer"] for turn in there.redo(2)] == ["c", "d"]
        assert whole(anew(chat, "s")) == whole(there)


def test_what_was_undone_can_be_redone_elsewhere_and_then_taken_another_way(chat):
    with answers("a", "b", "c"):
        here = chat.open("s")
        here(question="1")
        here(question="2")
        here.undo()
        there = anew(chat, "s")
        there(question="3")
        assert there.redo() == []
    last = anew(chat, "s")
    assert [turn.inputs["question"] for turn in last.turns] == ["1", "3"]
    assert whole(last) == whole(there)


def test_nested_nodes_keep_their_ledgers(store):
    class Two(dspy.Module):
        def __init__(self):
            super().__init__()
            self.plan = dspy.Predict("question -> plan")
            self.reply = dspy.ChainOfThought("question, plan -> answer")

        def forward(self, question):
            plan = self.plan(question=question).plan
            return dspy.Prediction(answer=self.reply(question=question, plan=plan).answer)

    chat = sessionify(Two(), store=store)
    said = [
        one
        for n in range(4)
        for one in ({"plan": f"plan {n}"}, {"reasoning": "so", "answer": f"answer {n}"})
    ]
    with dspy.context(lm=scripted_lm(*said)):
        here = chat.open("s")
        for n in range(3):
            here(question=f"question {n}")
        here.fork(at=1, name="early")
        here.undo()
        there = anew(chat, "s")
        assert whole(there) == whole(here)
        there(question="the last one")
    nodes = anew(chat, "s").state.node_states
    assert [call.inputs["question"] for call in nodes["plan"].turns] == [
        "question 0", "question 1", "the last one"
    ]  # fmt: skip


def test_prompts_are_as_they_were(chat):
    with answers(*"abc"):
        here = chat.open("s")
        for n in range(3):
            here(question=f"a question that is long enough to be referred to, number {n}")
    there = anew(chat, "s")
    for ours, theirs in zip(here.turns, there.turns, strict=True):
        assert list(ours.requests[0].prompt) == list(theirs.requests[0].prompt)
        assert ours.requests[0].answers == theirs.requests[0].answers


@pytest.mark.parametrize("settings", [{"max_turns": 2}, {"max_stored_turns": 3}])
def test_windows_and_forgetting_are_as_they_were(store, settings):
    chat = sessionify(
        dspy.Predict("question -> answer"),
        store=store,
        initial_history=dspy.History(messages=[{"question": "before", "answer": "all"}]),
        **settings,
    )
    with answers(*(f"answer {n}" for n in range(12))):
        here = chat.open("s")
        for n in range(6):
            here(question=f"question {n}")
        there = anew(chat, "s")
        assert whole(there) == whole(here)
        for n in range(6):
            there(question=f"more {n}")
    last = anew(chat, "s")
    assert whole(last) == whole(there)
    assert last.initial_history.messages == [{"question": "before", "answer": "all"}]
    for ours, theirs in zip(last.turns, there.turns, strict=True):
        assert ours.history_snapshot.messages == theirs.history_snapshot.messages


def test_a_turn_is_one_row_and_a_fork_is_one_row(chat, store):
    with answers(*"abcd"):
        here = chat.open("s")
        here(question="1")
        here(question="2")
        before = {(row.kind, row.key): row.body for row in store.load("s").rows}
        here(question="3")
        after = {(row.kind, row.key): row.body for row in store.load("s").rows}
        changed = {name for name, body in after.items() if before.get(name) != body}
        assert sorted(kind for kind, _ in changed) == ["branch", "turn"]
        here.fork(at=1)
        assert len(store.load("s").rows) == len(after) + 1


# --- opening -----------------------------------------------------------------------------------


def test_all_who_open_one_id_in_a_process_share_the_conversation(chat):
    first, second = chat.open("s"), chat.open("s")
    with answers("a", "b"):
        first(question="1")
        second(question="2")
    assert [turn.index for turn in first.turns] == [0, 1]
    assert first.state._conversation is second.state._conversation


def test_opened_again_it_has_what_another_process_wrote(chat):
    here = chat.open("s")
    with answers("a"):
        anew(chat, "s")(question="elsewhere")
    assert len(here.turns) == 0
    assert len(chat.open("s").turns) == 1
    assert len(here.turns) == 1


def test_anothers_conversation_is_refused(chat):
    chat.open("s", user_id="u1")
    with pytest.raises(errors.ArgumentError, match="belongs to another user"):
        chat.open("s", user_id="u2")
    assert chat.open("s").session_id == "s"


@pytest.mark.parametrize("bad", ["", "a\x00", "\ud800", "x" * 256])
def test_what_is_no_id_is_refused(chat, bad):
    with pytest.raises(errors.ArgumentError):
        chat.open(bad)
    with pytest.raises(errors.ArgumentError):
        chat.open("fine", user_id=bad)


def test_talking_without_an_open_conversation_is_refused_before_any_model_call(chat):
    lm = scripted_lm({"answer": "a"})
    with dspy.context(lm=lm), pytest.raises(errors.ArgumentError, match="open"):
        chat(question="1")
    assert lm.prompts == []


def test_without_a_store_nothing_can_be_opened():
    with pytest.raises(errors.ArgumentError, match="store="):
        sessionify(dspy.Predict("question -> answer")).open("s")


def test_a_url_is_a_store(tmp_path):
    url = f"sqlite:///{tmp_path}/deep/folder/chats.db"
    with answers("a"):
        app = with_memory(dspy.Predict("question -> answer"), store=url)
        with app.open("s") as here:
            here(question="1")
        with pytest.raises(errors.StoreUnavailableError):
            here(question="2")
        app.close()
    with sessionify(dspy.Predict("question -> answer"), store=url) as other:
        assert len(other.open("s").turns) == 1
    with pytest.raises(errors.StoreUnavailableError):
        other.open("s")


def test_copies_and_stateless_twins_write_nothing(chat, store):
    with answers("a", "b", "c"):
        here = chat.open("s")
        here(question="1")
        version = store.info("s").version
        here.deepcopy()(question="2")
        here.stateless()(question="3")
    assert store.info("s").version == version


# --- two writers -------------------------------------------------------------------------------


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


# --- failing calls, values ---------------------------------------------------------------------


def test_a_call_that_fails_writes_nothing(chat, store):
    here = chat.open("s")
    before = store.load("s")
    lm = scripted_lm(RuntimeError("out of credit"))
    with dspy.context(lm=lm), pytest.raises(Exception, match="out of credit"):
        here(question="1")
    assert store.load("s") == before


def test_a_value_that_cannot_be_stored_is_stored_by_its_repr_and_flagged(store):
    class Odd:
        def __repr__(self):
            return "<odd>"

    class Program(dspy.Module):
        def forward(self, question):
            return dspy.Prediction(answer="fine", odd=Odd())

    chat = sessionify(Program(), store=store)
    here = chat.open("s")
    here(question="1")
    assert isinstance(here.turns[0].outputs["odd"], Odd)
    there = anew(chat, "s")
    assert there.turns[0].outputs == {"answer": "fine", "odd": "<odd>"}
    assert any("'odd' could not be stored" in flag for flag in there.turns[0].flags)


def test_a_large_value_is_stored_once(chat, store):
    picture = "data:image/png;base64," + "QUJD" * 100_000
    with answers(*"abcde"):
        here = chat.open("s")
        for _ in range(5):
            here(question=picture)
    assert sum(len(row.body) for row in store.load("s").rows) < 1.5 * len(picture)
    assert [turn.inputs["question"] for turn in anew(chat, "s").turns] == [picture] * 5


def test_hostile_text_comes_back(chat):
    hostile = ["\x00", "'; DROP TABLE sessions; --", "\u2028", "🙂" * 100]
    hostile.append('{"$type": "stored", "key": "x"}')
    with answers(*hostile):
        here = chat.open("s")
        for text in hostile:
            here(question=text)
    for text in ("\ud800", "\ud83d\ude00"):  # which no model is sent, but files may hold
        here.add_turn({"question": text}, {"answer": text})
        hostile.append(text)
    there = anew(chat, "s")
    assert [turn.inputs["question"] for turn in there.turns] == hostile
    assert whole(there) == whole(here)


# --- async -------------------------------------------------------------------------------------


async def test_awaited_calls_are_stored_without_holding_up_the_loop(chat, store):
    async with await chat.aopen("s") as here:
        with answers("a", "b"):
            await here.acall(question="1")
            held, free = threading.Event(), threading.Event()
            append = store.append

            def slow(*args, **options):
                held.set()
                assert free.wait(30)
                return append(*args, **options)

            store.append = slow
            call = asyncio.create_task(here.acall(question="2"))
            await asyncio.to_thread(held.wait, 30)
            assert len(here.turns) == 1  # not seen before it is stored; and the loop runs
            assert list(here.branches) == ["main"]
            free.set()
            await call
    assert len(anew(chat, "s").turns) == 2


async def test_a_call_that_is_cancelled_while_it_is_written_is_written(chat, store):
    here = await chat.aopen("s")
    held, free = threading.Event(), threading.Event()
    append = store.append

    def slow(*args, **options):
        held.set()
        assert free.wait(30)
        return append(*args, **options)

    store.append = slow
    with answers("a"):
        call = asyncio.create_task(here.acall(question="1"))
        await asyncio.to_thread(held.wait, 30)
        call.cancel()
        await asyncio.sleep(0)
        free.set()
        with pytest.raises(asyncio.CancelledError):
            await call
    assert len(here.turns) == len(anew(chat, "s").turns) == 1


async def test_a_call_that_is_cancelled_before_writes_nothing(chat, store):
    here = await chat.aopen("s")
    version = store.info("s").version
    answer = Held({"answer": "a"})
    with dspy.context(lm=scripted_lm(answer)):
        call = asyncio.create_task(here.acall(question="1"))
        await asyncio.to_thread(answer.reached.wait, 30)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
    assert store.info("s").version == version
    assert len(here.turns) == 0


# --- damage ------------------------------------------------------------------------------------


def spoil(store, session_id, kind, key, body="{"):
    from dspy_session.stores import Row

    version = store.info(session_id).version
    store.append(session_id, Batch([Row(kind, key, body)]), expected_version=version)


def test_a_damaged_turn_is_named_and_the_rest_is_readable(chat, store):
    with answers(*"abcd"):
        here = chat.open("s")
        for n in range(4):
            here(question=f"{n}")
    del here
    spoil(store, "s", "turn", "0:1", '["x"]\n{"records": [{"id"')
    there = anew(chat, "s")
    assert there.turns[2].outputs["answer"] == "c"
    with pytest.raises(errors.DamagedRowError, match=r"session 's'.*row turn 0:1"):
        _ = there.turns[1].outputs
    skipped = anew(chat, "s", on_corrupt="skip")
    assert [turn.outputs.get("answer") for turn in skipped.turns] == ["a", None, "c", "d"]
    assert [(one.session_id, one.row) for one in skipped.problems] == [("s", "turn 0:1")]
    with answers("e"):
        skipped(question="4")
    assert anew(chat, "s", on_corrupt="skip").turns[4].outputs["answer"] == "e"


@pytest.mark.parametrize("kind", ["branch", "run", "text", "edits", "marks", "seed"])
def test_other_damage_is_named(store, kind):
    history = dspy.History(messages=[{"question": "q", "answer": "a"}])
    chat = sessionify(dspy.Predict("question -> answer"), store=store, initial_history=history)
    with answers("a", "b"):
        here = chat.open("s")
        here(question="1")
        here.edit_turn(0, outputs={"answer": "A"}, note="n")
        here(question="2")
    rows = [row for row in store.load("s").rows if row.kind == kind]
    for row in rows:
        spoil(store, "s", kind, row.key)
    del here

    def read_all():
        there = anew(chat, "s")
        for turn in there.turns:
            _ = turn.outputs, turn.history_snapshot, [list(r.prompt) for r in turn.requests]

    with pytest.raises(
        errors.DamagedRowError, match=f"row {kind} ({'|'.join(row.key for row in rows)})"
    ):
        read_all()
