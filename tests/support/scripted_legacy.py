"""A scripted model for DSPy before 3.4, whose models had no engines."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import dspy

from dspy_session.demo._legacy import COUNTED_BY_LM


class LegacyScriptedLM(dspy.LM):
    """Hands each request to a script, in the shape that models answered in then."""

    def __init__(self, script: Any, **kwargs: Any) -> None:
        super().__init__("scripted/model", **kwargs)
        self.script = script

    def forward(self, prompt: Any = None, messages: Any = None, **kwargs: Any) -> Any:
        settings = {**self.kwargs, **kwargs}
        texts = [
            self.script.text(prompt, messages, settings) for _ in range(settings.get("n") or 1)
        ]
        return self._response(texts)

    async def aforward(self, prompt: Any = None, messages: Any = None, **kwargs: Any) -> Any:
        settings = {**self.kwargs, **kwargs}
        texts = [
            await self.script.atext(prompt, messages, settings)
            for _ in range(settings.get("n") or 1)
        ]
        return self._response(texts)

    def _response(self, texts: list[str]) -> Any:
        choices = [
            SimpleNamespace(message=SimpleNamespace(content=text), finish_reason="stop")
            for text in texts
        ]
        sent, received = (len(texts) * count for count in self.script.usage)
        counts = {"prompt_tokens": sent, "completion_tokens": received}
        counts["total_tokens"] = sent + received
        if COUNTED_BY_LM and dspy.settings.usage_tracker:
            dspy.settings.usage_tracker.add_usage(self.model, counts)
        return SimpleNamespace(choices=choices, usage=counts, model="scripted")


def legacy_request(settings: dict[str, Any], messages: Any) -> Any:
    """The settings of a request where newer versions show them."""
    rollout = {name: settings.get(name) for name in ("temperature", "rollout_id")}
    return SimpleNamespace(config=SimpleNamespace(**rollout), messages=messages)


def legacy_messages(prompt: Any, messages: Any) -> list[dict[str, str]]:
    """What was asked, as text."""
    said = messages or [{"role": "user", "content": prompt}]
    return [{"role": m["role"], "content": _text(m["content"])} for m in said]


def _text(content: Any) -> str:
    if isinstance(content, list):
        return "".join(part.get("text", "") for part in content)
    return content or ""
