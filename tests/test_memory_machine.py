"""Programs of nested nodes with random policies, beside a conversation that copies everything."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field

import dspy
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule
from support.plain_tree import PlainBranch, PlainCall, PlainLedger
from test_state_machine import AmendedMachine, prompt_of

PLAN = dspy.Signature("question -> plan")
HINT = dspy.Signature("plan -> hint")
WRITE = dspy.Signature("question, hint -> answer")
SIGNATURES = {"planner": PLAN, "team.helper": HINT, "writers[0]": WRITE}
NODES = ("planner", "team", "team.helper", "writers[0]")

POLICY = st.sampled_from(
    [
        {},
        {"lifespan": "stateless"},
        {"lifespan": "episodic"},
        {"lifespan": "episodic", "consolidator": True},
        {"isolation": "shared"},
    ]
)


class Team(dspy.Module):
    def __init__(self):
        super().__init__()
        self.helper = dspy.Predict(HINT)

    def forward(self, plan):
        return dspy.Prediction(hint=self.helper(plan=plan).hint)


class Crew(dspy.Module):
    """A predictor that is called once or twice, a sub-module, and a predictor in a list."""

    def __init__(self):
        super().__init__()
        self.planner = dspy.Predict(PLAN)
        self.team = Team()
        self.writers = [dspy.Predict(WRITE)]

    def forward(self, question):
        plan = self.planner(question=question).plan
        if question.startswith("twice"):
            plan = self.planner(question=plan).plan
        hint = self.team(plan=plan).hint
        return dspy.Prediction(answer=self.writers[0](question=question, hint=hint).answer)


@dataclass
class NestedCall(PlainCall):
    """A call with the calls made in it."""

    calls: list[PlainCall] = field(default_factory=list)


def every(calls):
    """The calls at any depth, in the order in which they end."""
    return [one for call in calls for one in (*every(getattr(call, "calls", [])), call)]


class Switch:
    """Whether consolidators fail; the same one in every copy."""

    breaks = False

    def __deepcopy__(self, memo):
        return self


@dataclass
class PoliciedBranch(PlainBranch):
    """A branch whose nodes remember what their policies say."""

    policies: dict = field(default_factory=dict)
    switch: Switch = None

    def keeps(self, node):
        policy = self.policies[node]
        return policy.get("isolation") != "shared" and policy.get("lifespan") != "stateless"

    def take_in(self, calls):
        asked = every(calls)
        for call in asked:
            ledger = self.ledgers.setdefault(call.node, PlainLedger())
            if self.keeps(call.node):
                ledger.append(copy.deepcopy(call))
        for node in {call.node for call in asked}:
            policy, ledger = self.policies[node], self.ledgers[node]
            if policy.get("lifespan") != "episodic" or not self.keeps(node):
                continue
            if policy.get("consolidator"):
                if self.switch.breaks:
                    continue
                ledger.memory += f"|{len(ledger) - ledger.closed}"
            ledger.closed = len(ledger)

    def sight(self, node, max_turns, so_far):
        """What a node sees of its own calls: of the turns in the window, and of the running one."""
        if not self.keeps(node):
            return [], []
        turns = self.visible
        if max_turns is not None:
            turns = turns[max(0, len(turns) - max_turns) :]
        ledger = self.ledgers.get(node, PlainLedger())
        start = len(turns[0].before.get(node, ())) if turns else len(ledger)
        calls = [*ledger[max(start, ledger.closed) :], *(c for c in so_far if c.node == node)]
        seen = [copy.deepcopy({**call.inputs, **self.outputs(call)}) for call in calls]
        return seen, [call.id for call in calls]

    def seen_now(self, one):
        sources = {call.id: call for turn in self.turns for call in (turn, *every(turn.calls))}
        return [
            message
            if source is None
            else {**sources[source].inputs, **self.outputs(sources[source])}
            for message, source in zip(one.seen, one.sources, strict=True)
        ]

    def edit(self, turn, outputs):
        before = copy.deepcopy(self.edits)
        self._lay_over(turn, outputs)
        for call in every(turn.calls):
            shared = {
                name: value
                for name, value in outputs.items()
                if name in call.outputs and call.outputs[name] == turn.outputs.get(name)
            }
            self._lay_over(call, shared)
        return self.edits != before


class MemoryMachine(AmendedMachine):
    """Random steps on a program whose nodes have random policies."""

    @initialize(
        policies=st.tuples(*[POLICY] * len(NODES)),
        max_turns=st.sampled_from([None, None, 0, 1, 3]),
        keep=st.sampled_from([None, None, None, 2]),
        seeded=st.booleans(),
    )
    def begin(self, policies, max_turns, keep, seeded):
        self.policies = dict(zip(NODES, policies, strict=True))
        self.switch = Switch()
        self.start(max_turns, keep, seeded)
        plain = self.plain.branches[0]
        self.plain.branches[0] = PoliciedBranch(
            "main", 0, plain.seed, policies=self.policies, switch=self.switch
        )

    def program(self):
        return Crew()

    def options(self):
        configs = {path: dict(policy) for path, policy in self.policies.items()}
        for config in configs.values():
            if config.pop("consolidator", None):
                config["consolidator"] = self.consolidate
            if config.get("isolation") != "shared":  # or it would take after the module it is in
                config["isolation"] = "isolated"
                config.setdefault("lifespan", "persistent")
        return {"child_configs": configs}

    def consolidate(self, past_memory, episode_transcript):
        if self.switch.breaks:
            raise ValueError("no room")
        return f"{past_memory}|{episode_transcript.count('- turn:')}"

    def answer(self, call):
        return {**super().answer(call), "hint": f"hint {self.peeked() - 1}"}

    @rule(breaks=st.booleans())
    def break_or_mend(self, breaks):
        self.switch.breaks = breaks

    # --- what is expected --------------------------------------------------------------------

    def expected_calls(self, branch, question, number):
        branch = self.as_policied(branch)
        done = []

        def ask(node, inputs, name, nested=()):
            nonlocal number
            calls = list(nested)
            if self.policies[node].get("isolation") == "shared":
                seen, sources = branch.past(self.max_turns)
            else:
                seen, sources = branch.sight(node, self.max_turns, done)
            if not calls:
                value, number = f"{name} {number}", number + 1
            else:
                value = calls[-1].outputs[name]
            call = NestedCall("", node, inputs, {name: value}, seen, sources, calls)
            done.append(call)
            return call

        plan = ask("planner", {"question": question}, "plan")
        top = [plan]
        if question.startswith("twice"):
            top.append(ask("planner", {"question": plan.outputs["plan"]}, "plan"))
        inputs = {"plan": top[-1].outputs["plan"]}
        # The module saw its ledger before what is in it added to theirs.
        helper = ask("team.helper", inputs, "hint")
        done.remove(helper)
        team = ask("team", inputs, "hint", [helper])
        done[-1:] = [helper, team]
        hint = team.outputs["hint"]
        return [*top, team, ask("writers[0]", {"question": question, "hint": hint}, "answer")]

    def as_policied(self, branch):
        if isinstance(branch, PoliciedBranch):
            return branch
        return PoliciedBranch(**vars(branch), policies=self.policies, switch=self.switch)

    def expected_prompts(self, branch, question, calls):
        return [self.prompt(call) for call in every(calls) if call.node in SIGNATURES]

    def prompt(self, call):
        signature, inputs = SIGNATURES[call.node], call.inputs
        shared = self.policies[call.node].get("isolation") == "shared"
        fields = (signature.output_fields, signature.input_fields)
        stands = all(
            set(fields[0]) <= message.keys() and not message.keys().isdisjoint(fields[1])
            for message in call.seen
        )
        if not shared or stands:
            return prompt_of(signature, inputs, call.seen)
        text = "The conversation so far, as the program's inputs and outputs."
        shown = signature.prepend("transcript", dspy.InputField(desc=text), type_=str)
        lines = ("\n".join(f"{k}: {v}" for k, v in message.items()) for message in call.seen)
        return dspy.ChatAdapter().format(shown, [], {"transcript": "\n\n".join(lines), **inputs})

    # --- what is found -----------------------------------------------------------------------

    @staticmethod
    def made(calls):
        return [call for call in calls if call.source != "consolidate"]

    def named(self, calls, made):
        """Nested calls have ids, too; those that saw an earlier one of their turn learn its id."""
        ids = []
        for call, real in zip(calls, self.made(made), strict=True):
            call.id = real.id
            ids += [call.id, *self.named(getattr(call, "calls", []), real.calls)]
        by_node = {}
        for call in every(calls):
            mine = by_node.setdefault(call.node, [])
            blanks = [place for place, source in enumerate(call.sources) if source == ""]
            for place, earlier in zip(blanks, mine, strict=False):
                call.sources[place] = earlier.id
            mine.append(call)
        return ids

    def check_branch(self, branch, session):
        value, real = session._branch, session.turns
        assert [turn.id for turn in real] == [turn.id for turn in branch.visible]
        assert (value.forked_at, value.starred) == (branch.forked_at, branch.starred)
        assert session.session_history.messages == branch.past(self.max_turns)[0]
        for turn, plain in zip(real, branch.visible, strict=True):
            self.check_turn(branch, turn, plain)
        states = session.state.node_states
        assert set(states) == set(branch.ledgers)
        for node, state in states.items():
            ledger = branch.ledgers[node]
            assert state.l2_memory == ledger.memory
            open_calls = ledger[ledger.closed :]
            kept = open_calls[len(open_calls) - len(state.turns) :]
            assert [call.id for call in state.turns] == [call.id for call in kept]
            for call, plain in zip(state.turns, kept, strict=True):
                self.check_call(branch, call, plain)

    def check_turn(self, branch, turn, plain):
        mark = branch.mark(plain)
        assert (turn.inputs, turn.recorded) == (plain.inputs, plain.outputs)
        assert (turn.scores, turn.label, turn.excluded) == (mark.scores, mark.label, mark.excluded)
        self.check_call(branch, turn, plain)
        self.check_calls(branch, turn.calls, plain.calls)

    def check_calls(self, branch, calls, expected):
        for call, plain in zip(self.made(calls), expected, strict=True):
            found = (call.id, call.node, call.inputs, call.recorded)
            assert found == (plain.id, plain.node, plain.inputs, plain.outputs)
            self.check_call(branch, call, plain)
            self.check_calls(branch, call.calls, getattr(plain, "calls", []))


TestMemory = pytest.mark.filterwarnings("ignore")(MemoryMachine.TestCase)
TestMemory.settings = settings(
    max_examples=60,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    phases=[Phase.generate],  # steps are short enough to read; shrinking takes minutes
)
