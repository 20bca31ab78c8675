"""A router over specialists, as one DSPy program with one conversation."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, Literal

import dspy
from dspy.signatures.signature import make_signature

from .._calls.frame import current_frame, in_words
from .._calls.signatures import program_fields
from .._calls.walk import predictors
from ..errors import ConfigError
from ._asking import answer_field, text_of
from ._build import is_sdk_agent
from ._schema import ModelConfig

ASKED, ANSWERED = "question", "answer"
"""The orchestrator's own fields."""

_ROUTE = "Choose the specialist who should answer the user's message."


class Orchestrator(dspy.Module):
    """Hands each message to the specialist that its router chooses, who sees what went before.

    It takes ``question`` and returns ``answer`` and ``specialist``.

    Args:
        specialists: Programs by name.
        described: What each specialist is for.
        instructions: How to choose; None: by what the specialists are for.
    """

    def __init__(
        self,
        specialists: Mapping[str, dspy.Module],
        described: Mapping[str, str],
        instructions: str | None = None,
    ) -> None:
        super().__init__()
        self.router = dspy.Predict(_signature(list(specialists), described, instructions))
        self.specialists = dict(specialists)
        self._fields = {name: _text_fields(name, one) for name, one in specialists.items()}

    def forward(self, question: str) -> dspy.Prediction:
        """Choose a specialist and return what it answers."""
        chosen = self.router(question=question).specialist
        with in_words(self._words(chosen)):
            result = self.specialists[chosen](**self._inputs(chosen, question))
        return self._answer(chosen, result)

    async def aforward(self, question: str) -> dspy.Prediction:
        """Choose a specialist and return what it answers, awaited."""
        chosen = (await self.router.acall(question=question)).specialist
        with in_words(self._words(chosen)):
            result = await _called(self.specialists[chosen], self._inputs(chosen, question))
        return self._answer(chosen, result)

    def _words(self, name: str) -> dict[str, str]:
        """The specialist's names for our fields: it sees what the others answered, too."""
        asked, answered, _ = self._fields[name]
        return {ASKED: asked, ANSWERED: answered}

    def _inputs(self, name: str, question: str) -> dict[str, Any]:
        asked, answered, others = self._fields[name]
        frame = current_frame()
        if frame is None or not others or not _takes_history(self.specialists[name]):
            return {asked: question}  # it sees the conversation by itself, in its own words
        past = [
            {**others, asked: one.get(asked, ""), answered: one.get(answered, "")}
            for one in frame.seen.messages
        ]
        return {asked: question, "history": dspy.History(messages=past)}

    def _answer(self, name: str, result: Any) -> dspy.Prediction:
        return dspy.Prediction(answer=text_of(result), specialist=name)


def orchestrator_of(
    name: str,
    specialists: Mapping[str, Any],
    described: Mapping[str, str],
    instructions: str | None,
    model: ModelConfig | None,
) -> Orchestrator:
    """Return an orchestrator over agents of either kind.

    Raises:
        ConfigError: A specialist does not take one text and return one.
    """
    programs = {
        one: _program_of(agent) if is_sdk_agent(agent) else agent
        for one, agent in specialists.items()
    }
    try:
        made = Orchestrator(programs, described, instructions)
    except ConfigError as error:
        msg = f"orchestrator {name!r}: {error}"
        raise ConfigError(msg) from error
    if model is not None:
        made.router.lm = dspy.LM(model.name, **model.arguments())
    return made


def _signature(names: list[str], described: Mapping[str, str], instructions: str | None) -> Any:
    experts = "\n".join(f"- {name}: {described[name].strip()}" for name in names)
    fields: dict[str, Any] = {
        ASKED: (str, dspy.InputField()),
        "specialist": (Literal[tuple(names)], dspy.OutputField()),
    }
    told = f"{(instructions or _ROUTE).strip()}\n\nThe specialists:\n{experts}"
    return make_signature(fields, told)


def _text_fields(name: str, program: dspy.Module) -> tuple[str, str, dict[str, str]]:
    """Return a specialist's input and output for text, and its other outputs, left empty."""
    inputs, outputs, _ = program_fields(program, "history")
    answered = answer_field([field for field, kind in outputs.items() if kind is str])
    if list(inputs.values()) != [str] or (outputs and answered is None):
        msg = (
            f"specialist {name!r} takes {', '.join(inputs) or 'no input'} and returns "
            f"{', '.join(outputs) or 'nothing known'}; a specialist takes one text and returns one"
        )
        raise ConfigError(msg)
    if not outputs:  # the last predictor's text is what the program makes its answer of
        last = [one.signature.output_fields for _, one in predictors(program)][-1:]
        answered = answer_field([field for fields in last for field in fields])
    others = {one: "" for one in outputs if one != answered}
    return next(iter(inputs)), answered or ANSWERED, others


def _takes_history(program: dspy.Module) -> bool:
    if isinstance(program, (dspy.Predict, dspy.ChainOfThought)):
        return True
    run = getattr(program, "forward", None) or getattr(program, "aforward", None)
    return run is not None and "history" in inspect.signature(run).parameters


def _program_of(agent: Any) -> dspy.Module:
    # The SDK is there, or there would be no agent of it; the core never imports it.
    from ..integrations.openai_agents import AgentProgram

    return AgentProgram(agent)


async def _called(program: dspy.Module, inputs: dict[str, Any]) -> Any:
    if hasattr(program, "aforward"):
        return await program.acall(**inputs)
    asynchronous: Any = dspy.asyncify(program)
    return await asynchronous(**inputs)
