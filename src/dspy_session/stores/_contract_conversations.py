"""The contract of a store, third part: whole conversations live in it, step by step."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Mapping
from typing import Any

from .._tree.amend import annotate, edit_outputs, give_score
from .._tree.branch import Branch
from .._tree.conversation import Conversation
from .._tree.log import Log
from .._tree.record import ROOT, Node, Record, Request, Window, new_id, now
from ..errors import ConflictError, DamagedRowError, SessionConflictError
from ._contract_rows import raised
from ._last_turns import last_turns
from ._opened import StoredConversation
from ._store import SessionStore
from ._values import Batch, Row


def told(value: Any) -> Any:
    """Return a value of the data model as plain values: logs as lists, ledgers as ids."""
    if isinstance(value, Conversation):
        return [told(branch) for branch in value.branches]
    if isinstance(value, Node):
        kept = {
            f.name: told(getattr(value, f.name)) for f in dataclasses.fields(value) if f.compare
        }
        return {**kept, "ledger": [value.ledger.first, *(one.id for one in value.ledger)]}
    if isinstance(value, Log):
        log: Log[Any] = value
        return [log.first, len(log), [told(one) for one in log]]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value) if field.init and field.compare]
        return {name: told(getattr(value, name)) for name in names}
    if isinstance(value, Mapping):
        return {name: told(one) for name, one in dict(value).items()}  # pyright: ignore[reportUnknownArgumentType]
    return [told(one) for one in value] if isinstance(value, (list, tuple)) else value


def opened_alone(store: SessionStore, session_id: str, *, skips: bool = False) -> Any:
    """Open a session as another process would, sharing nothing with this one."""
    stored = StoredConversation(store, session_id, {}, "skip" if skips else "raise")
    if store.info(session_id) is not None or not stored.begin(None, None, {}):
        stored.read_anew()
    return stored


def answered(branch: Branch, question: str) -> Branch:
    """Return a branch with one more turn, as a program with one nested node leaves it."""
    asked, window = {"question": question}, Window(stop=len(branch.log), edits=branch.edits)
    answer = {"answer": f"the answer to {question!r}, which is long enough to be referred to"}
    newest = branch.log.last
    like = newest.calls[0].requests[0].prompt if newest and newest.calls else Log[dict[str, Any]]()
    prompt = like.append({"role": "user", "content": f"[[ question ]]\n{question}\n\n{'x' * 80}"})
    request = Request("model", prompt, (answer["answer"],), 3, 5, 0.5)
    call = Record(new_id(), "node", asked, answer, window, now(), requests=(request,))
    node = branch.nodes.get("node", Node())
    after = {**branch.nodes, "node": dataclasses.replace(node, ledger=node.ledger.append(call))}
    record = Record(
        new_id(), ROOT, asked, answer, window, now(),
        calls=(call,), before=branch.nodes, after=after,
    )  # fmt: skip
    return branch.appended(record)


def talk(conversation: Conversation, key: str, question: str) -> None:
    """Add a turn to a branch of a conversation."""
    conversation.update(key, "turn", lambda branch: answered(branch, question))


# ruff: noqa: S101, S311  # a test suite; each name says what is tested
class ConversationContract:
    """Conversations: every step is stored, and comes back as it was."""

    def test_every_step_of_a_conversation_is_stored(self, store: SessionStore) -> None:
        chance = random.Random(20)
        here = opened_alone(store, "s")
        conversation: Conversation = here.conversation
        for number in range(60):
            key = chance.choice(conversation.branches).key
            step = chance.choice(_STEPS)
            try:
                step(conversation, key, f"{number}", chance)
            except ConflictError:  # nothing to undo or redo
                continue
            if number % 10 == 9:
                assert told(opened_alone(store, "s").conversation) == told(conversation)
        assert len(conversation.branches) > 2
        assert told(opened_alone(store, "s").conversation) == told(conversation)
        assert store.check() == []

    def test_a_conversation_goes_on_where_it_was_opened(self, store: SessionStore) -> None:
        for number in range(5):
            stored = opened_alone(store, "s")
            talk(stored.conversation, stored.conversation.branches[0].key, f"{number}")
        branch = opened_alone(store, "s").conversation.branches[0]
        assert [record.inputs["question"] for record in branch.log] == list("01234")
        assert [len(r.calls[0].requests[0].prompt) for r in branch.log] == [1, 2, 3, 4, 5]
        info = store.info("s")
        assert info is not None
        assert (info.turns, info.branches, info.preview) == (5, 1, "0")

    def test_a_turn_costs_the_same_however_long_the_conversation(self, store: SessionStore) -> None:
        stored = opened_alone(store, "s")
        key = stored.conversation.branches[0].key
        sizes = list[int]()
        append = store.append

        def watched(session_id: str, batch: Batch, *, expected_version: int) -> int:
            sizes.append(sum(len(row.body) for row in batch.rows))
            return append(session_id, batch, expected_version=expected_version)

        store.append = watched  # type: ignore[method-assign]
        try:
            for number in range(1_000, 1_060):
                talk(stored.conversation, key, f"{number}")
        finally:
            store.append = append  # type: ignore[method-assign]
        assert max(sizes[5:]) <= 1.05 * sizes[5]

    def test_the_second_of_two_writers_keeps_its_answer(self, store: SessionStore) -> None:
        here = opened_alone(store, "s")
        key = here.conversation.branches[0].key
        talk(here.conversation, key, "first")
        there = opened_alone(store, "s")
        talk(here.conversation, key, "ours")
        before = told(there.conversation)
        raised(SessionConflictError, lambda: talk(there.conversation, key, "theirs"))
        assert told(there.conversation) == before
        (saved,) = there.refresh()
        questions = [record.inputs["question"] for record in there.conversation[saved].log]
        assert questions == ["first", "theirs"]
        assert [len(branch.log) for branch in there.conversation.branches] == [2, 2]
        assert told(opened_alone(store, "s").conversation) == told(there.conversation)

    def test_the_last_turns_are_read_alone(self, store: SessionStore) -> None:
        stored = opened_alone(store, "s")
        key = stored.conversation.branches[0].key
        for number in range(7):
            talk(stored.conversation, key, f"{number}")
        stored.conversation.fork(key, 3, "fork")
        turns = last_turns(store, "s", 3)
        assert [(one.index, one.inputs["question"]) for one in turns] == [
            (4, "4"), (5, "5"), (6, "6"),
        ]  # fmt: skip
        assert [one.index for one in last_turns(store, "s", 2, branch="fork")] == [1, 2]

    def test_what_was_said_is_found(self, store: SessionStore) -> None:
        for one, question in (("a", "Where is Köln?"), ("b", "Where is Bonn?")):
            stored = opened_alone(store, one)
            talk(stored.conversation, stored.conversation.branches[0].key, question)
        found = store.list_sessions(text="köLN").sessions
        assert [(info.session_id, info.preview) for info in found] == [("a", "Where is Köln?")]

    def test_a_damaged_turn_is_named_and_the_rest_is_read(self, store: SessionStore) -> None:
        stored = opened_alone(store, "s")
        key = stored.conversation.branches[0].key
        for number in range(3):
            talk(stored.conversation, key, f"{number}")
        version = store.info("s").version  # type: ignore[union-attr]  # it is there
        store.append("s", Batch([Row("turn", "0:1", "[]\n{")]), expected_version=version)
        branch = opened_alone(store, "s").conversation.branches[0]
        assert branch.log[2].inputs == {"question": "2"}
        error = raised(DamagedRowError, lambda: branch.log[1])
        assert "'s'" in str(error)
        assert "turn 0:1" in str(error)
        skipping = opened_alone(store, "s", skips=True)
        log = skipping.conversation.branches[0].log
        assert [record.inputs.get("question") for record in log] == ["0", None, "2"]
        assert {(one.session_id, one.row) for one in skipping.problems} == {("s", "turn 0:1")}
        assert ("s", "turn 0:1") in {(one.session_id, one.row) for one in store.check()}


def _amend(conversation: Conversation, key: str, word: str, chance: random.Random) -> None:
    def amend(branch: Branch) -> Branch:
        if len(branch.log) == 0:
            return branch
        index = chance.randrange(len(branch.log))
        record = branch.log[index]
        branch = edit_outputs(branch, index, record, {"answer": word * 20}, ())
        branch = give_score(branch, record, chance.random(), name="metric", feedback=word)
        return annotate(branch, record, label=word, note=None, excluded=chance.random() < 0.5)

    conversation.update(key, "edit", amend)


def _cut(conversation: Conversation, key: str, _: str, chance: random.Random) -> None:
    length = chance.randint(0, len(conversation[key].log))
    conversation.update(key, "undo", lambda branch: branch.cut(length))


def _fork(conversation: Conversation, key: str, _: str, chance: random.Random) -> None:
    conversation.fork(key, chance.randint(0, len(conversation[key].log)), None)


def _prune(conversation: Conversation, key: str, _: str, __: random.Random) -> None:
    if len(conversation.branches) > 2:
        conversation.prune(key)


def _seed(conversation: Conversation, key: str, word: str, __: random.Random) -> None:
    seed = ({"question": "before", "answer": word},)
    conversation.update(key, "reset", lambda branch: branch.emptied(seed))


def _talk(conversation: Conversation, key: str, word: str, _: random.Random) -> None:
    talk(conversation, key, word)


def _advance(conversation: Conversation, key: str, _: str, __: random.Random) -> None:
    conversation.update(key, "redo", lambda branch: branch.advanced(99))


def _remember(conversation: Conversation, key: str, word: str, _: random.Random) -> None:
    conversation.update(key, "memory", lambda branch: branch.remembering(word * 30))


def _star(conversation: Conversation, key: str, _: str, __: random.Random) -> None:
    starred = not conversation[key].starred
    conversation.update(key, "star", lambda b: dataclasses.replace(b, starred=starred))


def _rename(conversation: Conversation, key: str, word: str, _: random.Random) -> None:
    conversation.rename(key, f"name {word}")


def _take_back(conversation: Conversation, _: str, __: str, chance: random.Random) -> None:
    (conversation.undo if chance.random() < 0.7 else conversation.redo)()


_Step = Callable[[Conversation, str, str, random.Random], None]
_STEPS: tuple[_Step, ...] = (
    *[_talk] * 5, *[_amend] * 2, *[_fork] * 2, *[_take_back] * 2,
    _cut, _prune, _seed, _advance, _remember, _star, _rename,
)  # fmt: skip
