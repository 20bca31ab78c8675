"""Real sessions beside a conversation that copies everything, driven by the same random steps."""

from __future__ import annotations

import dspy
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule
from support.plain_tree import PlainBranch, PlainCall, PlainTurn
from support.session_machine import AT, BRANCH, SessionMachine

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


class AmendedMachine(SessionMachine):
    """Amendments, and what must hold after every step."""

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


class FlatMachine(AmendedMachine):
    """A bare predictor: its prompt must equal plain DSPy's with a hand-built history."""

    def program(self):
        return dspy.Predict(FLAT)

    def expected_calls(self, branch, question, number):
        return []

    def expected_prompts(self, branch, question, calls):
        seen, _ = branch.past(self.max_turns)
        return [prompt_of(FLAT, {"question": question}, seen)]


class NestedMachine(AmendedMachine):
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
    max_examples=100,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    phases=[Phase.generate],  # steps are short enough to read; shrinking takes minutes
)

TestFlat = pytest.mark.filterwarnings("ignore")(FlatMachine.TestCase)
TestFlat.settings = QUICK
TestNested = pytest.mark.filterwarnings("ignore")(NestedMachine.TestCase)
TestNested.settings = QUICK
