"""Programs with nested parts of every kind, and a model that tells what each was shown."""

from __future__ import annotations

import dspy

from .scripted import scripted_lm


def counted(call):
    """Answer every field with the number of turns that stood in the prompt."""
    seen = str(len(call.turns) // 2)
    names = ("answer", "plan", "query", "findings", "verdict", "reasoning", "notes")
    return dict.fromkeys((*names, "updated_memory"), seen)


def counting_lm():
    return scripted_lm(counted)


class Researcher(dspy.Module):
    """A sub-module of two predictors."""

    def __init__(self):
        super().__init__()
        self.ask = dspy.Predict("plan -> query")
        self.read = dspy.ChainOfThought("query -> findings")

    def forward(self, plan):
        query = self.ask(plan=plan).query
        return dspy.Prediction(findings=self.read(query=query).findings)

    async def aforward(self, plan):
        query = (await self.ask.acall(plan=plan)).query
        return dspy.Prediction(findings=(await self.read.acall(query=query)).findings)


class Desk(dspy.Module):
    """Predictors as attributes, in a list and in a dict; a sub-module; one called twice a turn."""

    def __init__(self):
        super().__init__()
        self.planner = dspy.Predict("question -> plan")
        self.researcher = Researcher()
        self.steps = [dspy.Predict("plan -> notes")]
        self.tools = {"search": dspy.Predict("query -> findings")}
        self.critic = dspy.Predict("question, findings -> verdict")
        self.writer = dspy.Predict("question -> answer")
        self.last = self.writer
        self.inside = []

    def forward(self, question):
        plan = self.planner(question=question).plan
        plan = self.planner(question=f"{question} again", config={"n": 1}).plan
        findings = self.researcher(plan=plan).findings
        self.steps[0](plan=plan)
        self.tools["search"](query=question)
        self.critic(question=question, findings=findings)
        self.look()
        return dspy.Prediction(answer=self.last(question=question).answer)

    async def aforward(self, question):
        plan = (await self.planner.acall(question=question)).plan
        plan = (await self.planner.acall(question=f"{question} again")).plan
        findings = (await self.researcher.acall(plan=plan)).findings
        await self.steps[0].acall(plan=plan)
        await self.tools["search"].acall(query=question)
        await self.critic.acall(question=question, findings=findings)
        self.look()
        return dspy.Prediction(answer=(await self.last.acall(question=question)).answer)

    def look(self):
        """For tests that look around in the middle of a call."""


DESK_NODES = [
    "planner",
    "researcher.ask",
    "researcher.read.predict",
    "steps[0]",
    "tools['search']",
    "critic",
    "writer",
]


def talk(app, *questions):
    for question in questions:
        app(question=question)


def said(app, node):
    """The first output of each call that a node made, by turn."""
    return [
        [next(reversed(call.outputs.values())) for call in turn.calls if call.node == node]
        for turn in app.turns
    ]
