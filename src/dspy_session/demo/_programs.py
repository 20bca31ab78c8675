"""A small support program, metrics for it, and messages to send: what the notebooks play with."""

from __future__ import annotations

import re
from typing import Any, Literal

import dspy

Intent = Literal["access", "billing", "technical", "question", "smalltalk", "other"]

LOGIN_TROUBLE = (
    "Hi, I'm Mia. I can't log in.",
    "It's mia@reef.example. I tried resetting my password.",
    "The reset mail never arrived.",
    "Not in spam either.",
    "What have we tried so far?",
)
"""A customer locked out: five messages, each of which makes sense only after the ones before."""

DOUBLE_CHARGE = (
    "Hello, this is Jonas. I was charged twice this month.",
    "It's invoice 20417.",
    "Yes, please.",
    "Thanks! By the way, what is my name?",
)
"""A customer who paid twice: four messages, one yes that only the history explains."""


class Support(dspy.Signature):
    """Answer a customer of Tidepool, a planning app. Be brief and take one step at a time."""

    question: str = dspy.InputField(desc="the customer's message")
    reply: str = dspy.OutputField(desc="what the customer reads")


class Classify(dspy.Signature):
    """Say what a customer of Tidepool wants."""

    question: str = dspy.InputField(desc="the customer's message")
    intent: Intent = dspy.OutputField()


class Respond(dspy.Signature):
    """Answer a customer of Tidepool, a planning app. Be brief and take one step at a time."""

    question: str = dspy.InputField(desc="the customer's message")
    intent: Intent = dspy.InputField()
    reply: str = dspy.OutputField(desc="what the customer reads")


class SupportAgent(dspy.Module):
    """Two predictors: ``classify`` finds the intent of a question, ``respond`` writes the reply."""

    def __init__(self) -> None:
        super().__init__()
        self.classify = dspy.Predict(Classify)
        self.respond = dspy.Predict(Respond)

    def forward(self, question: str) -> dspy.Prediction:
        """The intent found and the reply to it."""
        intent = self.classify(question=question).intent
        reply = self.respond(question=question, intent=intent).reply
        return dspy.Prediction(intent=intent, reply=reply)

    async def aforward(self, question: str) -> dspy.Prediction:
        """The same, awaited."""
        intent = (await self.classify.acall(question=question)).intent
        reply = (await self.respond.acall(question=question, intent=intent)).reply
        return dspy.Prediction(intent=intent, reply=reply)


_CRITERIA = {
    "says what to do or what was done": (
        0.4,
        re.compile(r"\b(?:please|open|try|check|look in|sent|found|done|choose|clear)\b", re.I),
    ),
    "builds on what was said before": (
        0.3,
        re.compile(r"did not help|it was not|noted|helps\.|told me|so far|your \w+ is", re.I),
    ),
    "speaks to the customer by name": (0.2, re.compile(r"[!,] [A-Z][a-z]+\b|Hi [A-Z][a-z]+!")),
}
_LONGEST = 30
_SHORT_ENOUGH = 0.1


def helpful(example: Any, pred: Any, trace: Any = None) -> float:  # noqa: ARG001 - a metric's shape
    """How helpful a reply is, from 0 to 1: a step named, the past used, a name, few words."""
    return _judge(pred)[0]


def helpful_with_feedback(
    example: Any, pred: Any, trace: Any = None, pred_name: Any = None, pred_trace: Any = None
) -> dspy.Prediction:
    """The score of :func:`helpful`, and a sentence on what the reply lacks."""
    del example, trace, pred_name, pred_trace
    score, missing = _judge(pred)
    feedback = f"A better reply {', and '.join(missing)}." if missing else "Nothing is missing."
    return dspy.Prediction(score=score, feedback=feedback)


def concise(example: Any, pred: Any, trace: Any = None) -> bool:  # noqa: ARG001 - a metric's shape
    """Whether the reply has at most thirty words."""
    return len(_reply(pred).split()) <= _LONGEST


def _judge(pred: Any) -> tuple[float, list[str]]:
    text = _reply(pred)
    missing = [name for name, (_, pattern) in _CRITERIA.items() if not pattern.search(text)]
    score = sum(weight for name, (weight, _) in _CRITERIA.items() if name not in missing)
    if text and len(text.split()) <= _LONGEST:
        score += _SHORT_ENOUGH
    else:
        missing.append(f"has between one and {_LONGEST} words")
    return round(score, 2), missing


def _reply(pred: Any) -> str:
    """The text to judge: ``reply``, else ``answer``, else the first text among the outputs."""
    values = dict(pred.items()) if hasattr(pred, "items") else {"reply": pred}
    texts = [values.get("reply"), values.get("answer"), *values.values()]
    return next((text for text in texts if isinstance(text, str)), "")
