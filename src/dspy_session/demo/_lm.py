"""The model to try things with."""

from __future__ import annotations

import os
from typing import Any

import dspy

from ._prompt import MODEL


def demo_lm(*, word_seconds: float | None = None, **kwargs: Any) -> dspy.BaseLM:
    """A ``dspy.LM`` for trying things: the demo model, or your own.

    The environment variable ``DSPY_SESSION_LM`` names yours (``openai/gpt-4o-mini``, say); unset,
    the model is a rule engine in this process that needs neither key nor network.

    Args:
        word_seconds: How long the demo model takes from word to word where its answer is streamed;
            None: as long as a quick model.
        **kwargs: Passed on to ``dspy.LM``.

    Example:
        >>> lm = demo_lm()
        >>> lm.model
        'demo/tidepool'
    """
    if model := os.environ.get("DSPY_SESSION_LM"):
        return dspy.LM(model, **kwargs)
    # A cached answer would report no usage, and the engine is as quick as the cache.
    settings: dict[str, Any] = {"cache": False, **kwargs}
    try:
        from ._engine import AsyncDemoEngine, DemoEngine
    except ImportError:
        from ._legacy import LegacyDemoLM

        return LegacyDemoLM(**settings)
    engine = DemoEngine() if word_seconds is None else DemoEngine(word_seconds)
    return dspy.LM(MODEL, engine=engine, async_engine=AsyncDemoEngine(engine), **settings)
