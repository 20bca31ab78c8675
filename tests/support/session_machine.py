"""Random steps on real sessions and, beside them, on a conversation that copies everything."""

from __future__ import annotations

import copy
import tempfile
from itertools import count
from pathlib import Path

import dspy
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from dspy_session import Session, sessionify
from dspy_session.errors import ConflictError

from .plain_tree import PlainBranch, PlainConversation, PlainTurn
from .scripted import scripted_lm

WORDS = st.sampled_from(["tide", "reef", "kelp", "None", "<b>", ""])
BRANCH = st.integers(0, 9)
AT = st.integers(0, 9)


class SessionMachine(RuleBasedStateMachine):
    """Calls, and moves on the tree; a subclass says which program and what it should send."""

    def program(self):
        raise NotImplementedError

    def options(self):
        """More arguments of the session."""
        return {}

    @initialize(
        max_turns=st.sampled_from([None, None, 0, 1, 3]),
        keep=st.sampled_from([None, None, None, 2]),
        seeded=st.booleans(),
    )
    def begin(self, max_turns, keep, seeded):
        self.start(max_turns, keep, seeded)

    def start(self, max_turns, keep, seeded):
        self.max_turns, self.keep = max_turns, keep
        seed = [{"question": "before", "answer": "seeded"}] if seeded else []
        self.said = count()
        self.fails = False
        self.lm = scripted_lm(self.answer)
        self.session = sessionify(
            self.program(),
            max_turns=max_turns,
            max_stored_turns=keep,
            initial_history=dspy.History(messages=seed) if seeded else None,
            **self.options(),
        )
        self.session.set_lm(self.lm)
        self.plain = PlainConversation({0: PlainBranch("main", 0, seed)})
        self.ids = set()

    def answer(self, call):
        if self.fails and "plan" in call.last:
            raise ZeroDivisionError("the model is down")
        number = next(self.said)
        return {"plan": f"plan {number}", "answer": f"answer {number}"}

    # --- finding one's way -------------------------------------------------------------------

    def pick(self, number):
        """A branch of the plain conversation and the session on the same branch."""
        orders = sorted(self.plain.branches)
        order = orders[number % len(orders)]
        branch = self.plain.branches[order]
        return branch, self.session.branches[branch.name]

    def acted(self, what, change):
        """Do a change to the plain conversation; one that changes something can be undone."""
        before = self.plain.copied()
        if change() is not False:
            self.plain.acted(what, before)

    @staticmethod
    def turn_at(branch, at):
        return branch.first + at % len(branch.visible)

    # --- calls -------------------------------------------------------------------------------

    def expected_calls(self, branch, question, number):
        """The nested calls that one turn makes, with what each should see."""
        raise NotImplementedError

    def recorded(self, branch, turn, inputs, outputs, calls):
        seen, sources = branch.past(self.max_turns)
        fresh = {turn.id, *self.named(calls, turn.calls)}
        assert not fresh & self.ids
        self.ids |= fresh
        before = copy.deepcopy(branch.ledgers)
        plain = PlainTurn(turn.id, dict(inputs), dict(outputs), seen, sources, calls, before)
        branch.append(plain, self.keep)

    @staticmethod
    def named(calls, made):
        """Give the expected calls the ids of those that were made; return the ids."""
        for call, real in zip(calls, made, strict=True):
            call.id = real.id
        return [call.id for call in calls]

    def peeked(self):
        number = next(self.said)
        self.said = count(number)
        return number

    def call(self, branch, run, question):
        """Run one turn; return what it should have recorded, and check what was sent."""
        number, sent = self.peeked(), len(self.lm.calls)
        calls = self.expected_calls(branch, question, number)
        result = run()
        outputs = {"answer": f"answer {self.peeked() - 1}"}
        if result is not None:
            assert result.toDict() == outputs
        assert self.lm.prompts[sent:] == self.expected_prompts(branch, question, calls)
        return outputs, calls

    def expected_prompts(self, branch, question, calls):
        raise NotImplementedError

    @rule(number=BRANCH, word=WORDS, twice=st.booleans())
    def say(self, number, word, twice):
        branch, session = self.pick(number)
        question = f"twice {word}" if twice else word

        def change():
            outputs, calls = self.call(branch, lambda: session(question=question), question)
            self.recorded(branch, session.turns[-1], {"question": question}, outputs, calls)

        self.acted("turn", change)

    @rule(number=BRANCH, word=WORDS)
    def say_in_vain(self, number, word):
        _, session = self.pick(number)
        self.fails = True
        with pytest.raises(Exception, match="down"):
            session(question=f"plan {word}")
        self.fails = False

    @rule(number=BRANCH, word=WORDS, legible=st.booleans())
    def add_turn(self, number, word, legible):
        branch, session = self.pick(number)
        outputs = {"answer": word} if legible else {"remark": word}

        def change():
            turn = session.add_turn(inputs={"question": word}, outputs=outputs)
            self.recorded(branch, turn, {"question": word}, outputs, [])

        self.acted("turn", change)

    @precondition(lambda self: any(b.visible for b in self.plain.branches.values()))
    @rule(number=BRANCH, at=AT, word=st.sampled_from([None, "tide"]))
    def rerun(self, number, at, word):
        branch, session = self.pick(number)
        if not branch.visible:
            return
        at = self.turn_at(branch, at)
        inputs = {**branch.turns[at].inputs, **({"question": word} if word else {})}
        new = self.plain.add(branch, at, self.plain.free_name("rerun"))
        made = []

        def change():
            def run():
                made.append(session.rerun(at, inputs={"question": word} if word else None))

            outputs, calls = self.call(new, run, inputs["question"])
            self.recorded(new, made[0].turns[-1], inputs, outputs, calls)
            self.plain.branches[new.order] = new
            self.plain.made += 1

        self.acted("rerun", change)
        assert made[0].name == new.name

    @rule(number=BRANCH, at=AT, word=WORDS)
    def replay(self, number, at, word):
        branch, session = self.pick(number)
        if not branch.visible:
            return
        at = self.turn_at(branch, at)
        turn = session.turns[at - branch.first]
        # Nothing is recorded, so the plain conversation moves on a copy that is thrown away.
        then = copy.deepcopy(branch)
        then.cut(at)
        then.given = copy.deepcopy(branch.turns[at].seen)
        seen = [source for source in branch.turns[at].sources if source]
        then.first = next((n for n, t in enumerate(then.turns) if t.id in seen), at)
        self.call(then, lambda: session(question=word, history=turn.history_snapshot), word)
        made_up = [{"question": "q", "answer": "a"}]
        none = PlainBranch("none", 0, [], given=made_up)
        history = dspy.History(messages=made_up)
        self.call(none, lambda: session(question=word, history=history), word)

    # --- moving ------------------------------------------------------------------------------

    @rule(number=BRANCH, steps=st.integers(0, 3))
    def undo(self, number, steps):
        branch, session = self.pick(number)
        gone = branch.visible[::-1][:steps]
        removed = session.undo(steps)
        assert [turn.id for turn in removed] == [turn.id for turn in gone]
        self.acted("undo", lambda: branch.cut(len(branch.turns) - len(gone)))

    @rule(number=BRANCH, steps=st.integers(0, 3))
    def redo(self, number, steps):
        branch, session = self.pick(number)
        length = len(branch.turns)
        back = session.redo(steps)
        self.acted("redo", lambda: branch.advance(steps))
        assert [turn.id for turn in back] == [turn.id for turn in branch.turns[length:]]

    @rule(number=BRANCH)
    def pop(self, number):
        branch, session = self.pick(number)
        popped = session.pop_turn()
        newest = branch.visible[-1].id if branch.visible else None
        assert (popped.id if popped else None) == newest
        self.acted("undo", lambda: branch.cut(len(branch.turns) - (popped is not None)))

    @rule(number=BRANCH)
    def reset(self, number):
        branch, session = self.pick(number)
        session.reset()
        self.acted("reset", branch.empty)

    @rule(number=BRANCH, at=st.one_of(st.none(), AT), named=st.booleans())
    def fork(self, number, at, named):
        branch, session = self.pick(number)
        if at is not None:
            at = branch.first + at % (len(branch.visible) + 1)
        name = f"named {self.plain.made}" if named else self.plain.free_name("fork")
        forked = session.fork(at=at, name=name if named else None)

        def change():
            new = self.plain.add(branch, len(branch.turns) if at is None else at, name)
            self.plain.branches[new.order] = new
            self.plain.made += 1

        self.acted("fork", change)
        assert forked.name == name

    @rule(number=BRANCH)
    def rename(self, number):
        branch, session = self.pick(number)
        name = f"renamed {number}"
        if any(name == one.name for one in self.plain.branches.values() if one is not branch):
            return
        session.rename(name)

        def change():
            different, branch.name = branch.name != name, name
            return different

        self.acted("rename", change)

    @rule(number=BRANCH, starred=st.booleans())
    def star(self, number, starred):
        branch, session = self.pick(number)
        session.star(starred)
        self.acted("star", lambda: setattr(branch, "starred", starred))

    @precondition(lambda self: len(self.plain.branches) > 1)
    @rule(number=BRANCH)
    def prune(self, number):
        branch, _ = self.pick(number)
        _, other = self.pick(number + 1)
        other.prune(branch.name)
        self.acted("prune", lambda: self.plain.prune(branch.order))

    @rule()
    def take_back(self):
        conversation = self.session._conversation
        if not self.plain.done:
            assert conversation.undo_label is None
            with pytest.raises(ConflictError, match="nothing to undo"):
                conversation.undo()
            return
        assert self.plain.done[-1][0] in conversation.undo()
        self.plain.undo()

    @rule()
    def do_again(self):
        conversation = self.session._conversation
        if not self.plain.undone:
            assert conversation.redo_label is None
            with pytest.raises(ConflictError, match="nothing to redo"):
                conversation.redo()
            return
        assert self.plain.undone[-1][0] in conversation.redo()
        self.plain.redo()

    @rule(number=BRANCH)
    def save_and_load(self, number):
        branch, session = self.pick(number)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "session.json"
            session.save(path)
            self.session = Session.load_from(path, self.program(), **self.options())
        self.session.set_lm(self.lm)
        assert self.session.name == branch.name
        # The list of actions stays behind; turns that were undone do not.
        self.plain.done.clear()
        self.plain.undone.clear()
