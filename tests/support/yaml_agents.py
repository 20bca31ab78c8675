"""What the configuration files of the tests name: functions that make agents."""

from __future__ import annotations

import datetime
from typing import Any

import dspy


def create_geo_agent(instructions: str | None = None) -> dspy.Module:
    signature = dspy.Signature("question -> answer")
    return dspy.Predict(signature.with_instructions(instructions) if instructions else signature)


def create_plain_agent() -> dspy.Module:
    return dspy.Predict("question -> answer")


async def create_slow_agent(name: str, model: str | None = None) -> dspy.Module:
    agent = dspy.ChainOfThought("question -> answer")
    agent.called_with = (name, model)
    return agent


class Booking(dspy.Module):
    def __init__(self) -> None:
        super().__init__()
        self.plan = dspy.Predict("wish -> plan")
        self.confirm = dspy.Predict("wish, plan -> confirmation")

    def forward(self, wish: str) -> Any:
        return self.confirm(wish=wish, plan=self.plan(wish=wish).plan)


def create_booking_agent() -> dspy.Module:
    return Booking()


def create_poet() -> dspy.Module:
    return dspy.Predict("theme -> poem, mood")


def create_dated_agent() -> dspy.Module:
    return dspy.Predict(dspy.Signature({"day": (datetime.date, dspy.InputField())}))


def create_broken_agent() -> dspy.Module:
    raise RuntimeError("no key for the map service")


def create_nothing() -> None:
    return None


not_a_function = 3


def create_two_inputs() -> dspy.Module:
    return dspy.Predict("question, context -> answer")
