"""The functions that ``agents.yaml`` names."""

from __future__ import annotations

import dspy


def create_billing_agent(instructions: str | None = None) -> dspy.Module:
    """An agent for invoices."""
    signature = dspy.Signature("question -> reply")
    return dspy.Predict(signature.with_instructions(instructions) if instructions else signature)


def create_faq_agent() -> dspy.Module:
    """An agent that answers without knowing what was said before."""
    return dspy.Predict("question -> reply")
