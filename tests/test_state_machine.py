"""Real sessions beside a conversation that copies everything, driven by the same random steps."""

from __future__ import annotations

import copy
from itertools import count

import dspy
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from support.plain_tree import PlainBranch, PlainCall, PlainConversation, PlainTurn
from support.scripted import scripted_lm

from dspy_session import sessionify
from dspy_session.errors import ConflictError

WORDS = st.sampled_from(["tide", "reef", "kelp", "None", "<b>", ""])
BRANCH = st.integers(0, 9)
AT = st.integers(0, 9)
FLAT = dspy.Signature("question -> answer")
PLAN = dspy.Signature("question -> plan")
WRITE = dspy.Signature("question, plan -> answer")


class SupportAgent(dspy.Module):
    """One node that the conversation is no history for, and one that it is."""

    def __init__(self):
        super().__init__()
        self.planner = dspy.Predict(PLAN)
        self.writers = [dspy.Predict(WRITE)]

    def forward(self, question):
        plan = self.planner(question=question).plan
        if question.startswith("twice"):
            plan = self.planner(question=plan).plan
        return dspy.Prediction(answer=self.writers[0](question=question, plan=plan).answer)


def prompt_of(signature, inputs, seen):
    """The messages that plain DSPy sends for a hand-built history."""
    blanks = dict.fromkeys(signature.output_fields, "")
    history = dspy.History(messages=[{**blanks, **message} for message in seen])
    full = signature.append("history", dspy.InputField(), type_=dspy.History)
    return dspy.ChatAdapter().format(full, [], {**inputs, "history": history})


class SessionMachine(RuleBasedStateMachine):
    """What both kinds of program have in common."""

    signature_of_root = None

    def program(self):
        raise NotImplementedError

    @initialize(
        max_turns=st.sampled_from([None, None, 0, 1, 3]),
        keep=st.sampled_from([None, None, None, 2]),
        seeded=st.booleans(),
    )
    def begin(self, max_turns, keep, seeded):
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
        for call, real in zip(calls, turn.calls, strict=True):
            call.id = real.id
        fresh = {turn.id, *(call.id for call in calls)}
        assert not fresh & self.ids
        self.ids |= fresh
        before = copy.deepcopy(branch.ledgers)
        plain = PlainTurn(turn.id, dict(inputs), dict(outputs), seen, sources, calls, before)
        branch.append(plain, self.keep)

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

    # --- amending ----------------------------------------------------------------------------

    def amend(self, number, at, what, change, apply):
        branch, session = self.pick(number)
        if branch.visible:
            position = self.turn_at(branch, at)
            self.acted(what, lambda: change(branch, branch.turns[position]))
            apply(session, position)

    @rule(number=BRANCH, at=AT, text=st.sampled_from(["corrected", "again", None]))
    def edit(self, number, at, text):
        branch, _ = self.pick(number)
        if not branch.visible:
            return
        turn = branch.turns[self.turn_at(branch, at)]
        name = next(iter(turn.outputs))
        value = turn.outputs[name] if text is None else text
        self.amend(
            number,
            at,
            "edit",
            lambda branch, turn: branch.edit(turn, {name: value}),
            lambda session, at: session.edit_turn(at, outputs={name: value}),
        )

    @rule(number=BRANCH, at=AT)
    def revert(self, number, at):
        def change(branch, turn):
            edited = dict(branch.edits.get(turn.id, {}))
            recorded = {n: turn.outputs[n] for n in edited if n in turn.outputs}
            changed = branch.edit(turn, recorded)
            return branch.edits.pop(turn.id, None) is not None or changed

        self.amend(number, at, "revert", change, lambda session, at: session.revert_turn(at))

    @rule(
        number=BRANCH,
        at=AT,
        score=st.floats(0, 1),
        label=st.sampled_from([None, "good", ""]),
        note=st.sampled_from([None, "why"]),
        excluded=st.booleans(),
    )
    def mark(self, number, at, score, label, note, excluded):
        def change(branch, turn):
            mark = branch.mark(turn)
            mark.scores["hand"] = mark.score = score
            mark.label, mark.note, mark.excluded = label or None, note, excluded

        marks = {"score": score, "label": label, "note": note, "excluded": excluded}
        self.amend(number, at, "edit", change, lambda s, at: s.edit_turn(at, **marks))

    @rule(number=BRANCH)
    def score(self, number):
        branch, session = self.pick(number)

        def length(example, prediction):
            return len(example.answer) if "answer" in example else 0

        if branch.visible:
            expected = [float(len(branch.outputs(t).get("answer", ""))) for t in branch.visible]
            assert session.score(length) == expected

            def change():
                for turn, value in zip(branch.visible, expected, strict=True):
                    mark = branch.mark(turn)
                    mark.scores["length"] = mark.score = value

            self.acted("scores", change)

    # --- what must hold after every step -------------------------------------------------------

    @invariant()
    def every_branch_reads_the_same(self):
        branches = self.session.branches
        plain = [branch for _, branch in sorted(self.plain.branches.items())]
        assert list(branches) == [branch.name for branch in plain]
        for branch in plain:
            self.check_branch(branch, branches[branch.name])

    def check_branch(self, branch: PlainBranch, session) -> None:
        value, real = session._branch, session.turns
        assert [turn.id for turn in real] == [turn.id for turn in branch.visible]
        assert [turn.index for turn in real] == list(range(branch.first, len(branch.turns)))
        assert (value.forked_at, value.starred) == (branch.forked_at, branch.starred)
        assert session.session_history.messages == branch.past(self.max_turns)[0]
        for turn, plain in zip(real, branch.visible, strict=True):
            self.check_turn(branch, turn, plain)
        states = session.state.node_states
        assert set(states) == {node for node, calls in branch.ledgers.items() if calls}
        for node, state in states.items():
            ledger = branch.ledgers[node]
            # Calls of turns that are no longer kept may be forgotten too.
            kept = ledger[len(ledger) - len(state.turns) :]
            assert [call.id for call in state.turns] == [call.id for call in kept]
            for call, plain in zip(state.turns[::-1], ledger[::-1], strict=False):
                self.check_call(branch, call, plain)

    def check_turn(self, branch: PlainBranch, turn, plain: PlainTurn) -> None:
        mark = branch.mark(plain)
        assert (turn.inputs, turn.recorded) == (plain.inputs, plain.outputs)
        assert turn.edited == (plain.id in branch.edits)
        assert (turn.scores, turn.score) == (mark.scores, mark.score)
        assert (turn.label, turn.note, turn.excluded) == (mark.label, mark.note, mark.excluded)
        self.check_call(branch, turn, plain)
        for call, expected in zip(turn.calls, plain.calls, strict=True):
            assert (call.id, call.node, call.inputs, call.recorded) == (
                expected.id,
                expected.node,
                expected.inputs,
                expected.outputs,
            )
            self.check_call(branch, call, expected)

    def check_call(self, branch: PlainBranch, call, plain: PlainTurn | PlainCall) -> None:
        assert call.outputs == branch.outputs(plain)
        # Byte for byte: the order of the fields counts, too.
        assert repr(call.history_snapshot.messages) == repr(plain.seen)
        now = branch.seen_now(plain)
        assert call.history_now.messages == now
        assert call.stale == (now != plain.seen)


class FlatMachine(SessionMachine):
    """A bare predictor: its prompt must equal plain DSPy's with a hand-built history."""

    def program(self):
        return dspy.Predict(FLAT)

    def expected_calls(self, branch, question, number):
        return []

    def expected_prompts(self, branch, question, calls):
        seen, _ = branch.past(self.max_turns)
        return [prompt_of(FLAT, {"question": question}, seen)]


class NestedMachine(SessionMachine):
    """Two nested predictors, one of which is called twice in some turns."""

    def program(self):
        return SupportAgent()

    def expected_calls(self, branch, question, number):
        calls = [self.planned(branch, question, number)]
        if question.startswith("twice"):
            number += 1
            calls.append(self.planned(branch, calls[0].outputs["plan"], number))
        inputs = {"question": question, "plan": calls[-1].outputs["plan"]}
        seen, sources = branch.past(self.max_turns)
        if not all("answer" in message for message in seen):
            seen, sources = branch.node_past("writers[0]", self.max_turns)
        outputs = {"answer": f"answer {number + 1}"}
        return [*calls, PlainCall("", "writers[0]", inputs, outputs, seen, sources)]

    def planned(self, branch, question, number):
        seen, sources = branch.past(self.max_turns)
        if seen:  # no turn of the conversation holds a plan
            seen, sources = branch.node_past("planner", self.max_turns)
        outputs = {"plan": f"plan {number}"}
        return PlainCall("", "planner", {"question": question}, outputs, seen, sources)

    def expected_prompts(self, branch, question, calls):
        signatures = {"planner": PLAN, "writers[0]": WRITE}
        return [prompt_of(signatures[call.node], call.inputs, call.seen) for call in calls]


QUICK = settings(
    max_examples=60,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    phases=[Phase.generate],  # steps are short enough to read; shrinking takes minutes
)

TestFlat = pytest.mark.filterwarnings("ignore")(FlatMachine.TestCase)
TestFlat.settings = QUICK
TestNested = pytest.mark.filterwarnings("ignore")(NestedMachine.TestCase)
TestNested.settings = QUICK
