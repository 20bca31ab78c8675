"""The demo model for DSPy before 3.4, whose models had no engines."""

from __future__ import annotations

import inspect
from types import SimpleNamespace
from typing import Any

import dspy

from ._answer import Wordings, answer
from ._prompt import CHARS_PER_TOKEN, MODEL, read_prompt

COUNTED_BY_LM = "add_usage" not in inspect.getsource(dspy.BaseLM)
"""Before 3.3 the base class left it to each model to tell the tracker."""


class LegacyDemoLM(dspy.BaseLM):
    """Answers as ``DemoEngine`` does, in one piece."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(model=MODEL, **kwargs)
        self._wordings = Wordings()

    def forward(self, prompt: Any = None, messages: Any = None, **kwargs: Any) -> Any:
        """The answer in the shape of a chat completion."""
        said = messages or [{"role": "user", "content": prompt}]
        texts = [(one["role"], _text(one["content"])) for one in said]
        system = "".join(text for role, text in texts if role == "system")
        read = read_prompt(system, [one for one in texts if one[0] != "system"])
        settings = {**self.kwargs, **kwargs}
        variant = self._wordings.variant(read, settings.get("temperature"), settings.get("seed"))
        text = answer(read, variant=variant)
        sent = -(-sum(len(one) for _, one in texts) // CHARS_PER_TOKEN)
        received = -(-len(text) // CHARS_PER_TOKEN)
        choice = SimpleNamespace(message=SimpleNamespace(content=text), finish_reason="stop")
        usage = {
            "prompt_tokens": sent,
            "completion_tokens": received,
            "total_tokens": sent + received,
        }
        if COUNTED_BY_LM and dspy.settings.usage_tracker:
            dspy.settings.usage_tracker.add_usage(MODEL, usage)
        return SimpleNamespace(choices=[choice], usage=usage, model=MODEL)

    async def aforward(self, prompt: Any = None, messages: Any = None, **kwargs: Any) -> Any:
        """The same, awaited."""
        return self.forward(prompt, messages, **kwargs)


def _text(content: Any) -> str:
    if isinstance(content, list):
        return "".join(part.get("text", "") for part in content)
    return content or ""
