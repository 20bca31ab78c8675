"""Have models answer word by word while somebody looks on, in a way that changes no answer.

The stream is asked for around one LM request, where DSPy looks for it, so that the program's own
code runs in its own thread and sees no stream. What goes wrong with it is asked again plainly.
"""

from __future__ import annotations

import contextvars
import logging
import weakref
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Literal, TypeVar

import dspy
from dspy.utils.exceptions import AdapterParseError

from .._tree.running import RunningCall
from .frame import RUNNING_KEY
from .streams import CallStoppedError, Hearing
from .worker import in_worker_thread

try:
    from dspy.utils.exceptions import (
        ContextWindowExceededError,
        LMAuthError,
        LMBillingError,
        LMRateLimitError,
        LMUnsupportedModelError,
    )
except ImportError:  # DSPy before 3.3 lets LiteLLM's own through
    from litellm.exceptions import AuthenticationError as LMAuthError
    from litellm.exceptions import BudgetExceededError as LMBillingError
    from litellm.exceptions import ContextWindowExceededError
    from litellm.exceptions import NotFoundError as LMUnsupportedModelError
    from litellm.exceptions import RateLimitError as LMRateLimitError

_log = logging.getLogger("dspy_session")

T = TypeVar("T")

_ALL_THE_SAME = (
    LMAuthError,
    LMBillingError,
    LMRateLimitError,
    LMUnsupportedModelError,
    ContextWindowExceededError,
)
"""A plain request would be refused for the same reason."""

_plain: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()
"""Models whose streams failed, by id: one failed request is enough."""


class StreamedRequests:
    """Mixed into an adapter's class: while somebody looks on, its requests are streams."""

    def __call__(self, lm: Any, lm_kwargs: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """Ask the model; its words are heard as they come if the call wants them."""
        ask: Callable[..., Any] = super().__call__  # type: ignore[misc]
        words = words_wanted(lm, lm_kwargs, "engine")
        if words is None:
            return ask(lm, lm_kwargs, *args, **kwargs)
        with words, dspy.context(**words.settings):
            return in_worker_thread(partial(ask, lm, dict(lm_kwargs), *args, **kwargs))
        return words.missed(ask(lm, lm_kwargs, *args, **kwargs))

    async def acall(self, lm: Any, lm_kwargs: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        ask: Callable[..., Any] = super().acall  # type: ignore[misc]
        words = words_wanted(lm, lm_kwargs, "_async_engine_spec")
        if words is None:
            return await ask(lm, lm_kwargs, *args, **kwargs)
        with words, dspy.context(**words.settings):
            return await ask(lm, dict(lm_kwargs), *args, **kwargs)
        return words.missed(await ask(lm, lm_kwargs, *args, **kwargs))

    def _call_postprocess(self, *args: Any, **kwargs: Any) -> Any:
        stream = dspy.settings.send_stream
        if not isinstance(stream, Words):
            return super()._call_postprocess(*args, **kwargs)  # type: ignore[misc]
        stream.answered()
        with dspy.context(send_stream=None):  # an adapter may ask a second model here
            return super()._call_postprocess(*args, **kwargs)  # type: ignore[misc]


def words_wanted(
    lm: Any, lm_kwargs: Mapping[str, Any], engine: Literal["engine", "_async_engine_spec"]
) -> Words | None:
    """Return what listens to the answer of a request; None: nobody does, or it cannot be heard.

    Raises:
        CallStoppedError: The call that asks was stopped by hand.
    """
    caller: Any = dspy.settings.get(RUNNING_KEY)
    running: RunningCall | None = caller and caller.frame.root.running
    if running is None:
        return None
    if running.cancel is not None and running.cancel.is_set():
        raise CallStoppedError
    if not running.wants_words or not _can_stream(lm, lm_kwargs, engine):
        return None
    return Words(lm, running, caller.path)


def _can_stream(lm: Any, lm_kwargs: Mapping[str, Any], engine: str) -> bool:
    if not isinstance(lm, dspy.LM) or _plain.get(id(lm)) is lm:
        return False
    if _is_more_than_words({**lm.kwargs, **lm_kwargs}):
        return False
    own = getattr(lm, engine, None)  # DSPy before 3.4 has no engines; its names are no objects
    return own is None or isinstance(own, str) or hasattr(own, "stream")


def _is_more_than_words(asked: Mapping[str, Any]) -> bool:
    """Whether LiteLLM would not put the answer together again from the chunks of a stream."""
    several = any(asked.get(name) not in (None, 1) for name in ("n", "num_generations"))
    return several or any(asked.get(name) for name in ("logprobs", "top_logprobs", "modalities"))


class Words:
    """A stream of our own: what DSPy sends to it shows in the row of the call.

    As a context it lasts for one request. A request that failed because it was a stream ends it
    quietly, and is to be asked again.
    """

    def __init__(self, lm: Any, running: RunningCall, node: str) -> None:
        self._lm = lm
        self._running, self._node = running, node
        self._hearing = Hearing(running, node)
        self._over = False
        self._stopped = False
        self._broken = True
        """Whether an answer is under way: a failure is then the stream's."""
        # LiteLLM reports the tokens of a stream only to whom DSPy tracks them for.
        self.settings = {"send_stream": self, "track_usage": True}

    def __enter__(self) -> Words:
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> bool:
        self._over = True  # one that an interrupt left behind ends with its next word
        self._hearing.end(counts=error is None)
        if self._stopped:
            raise CallStoppedError from error
        return isinstance(error, Exception) and self._is_of_the_stream(error)

    def _is_of_the_stream(self, error: Exception) -> bool:
        return self._broken and not isinstance(error, (AdapterParseError, *_ALL_THE_SAME))

    async def send(self, chunk: Any) -> None:
        """Take a chunk."""
        if self._over:
            msg = "nobody waits for this answer any more"
            raise RuntimeError(msg)
        if self._running.cancel is not None and self._running.cancel.is_set():
            self._stopped = True
            raise RuntimeError("stopped by hand")
        self._broken = True
        try:
            self._hearing.hear(chunk)
        except Exception:  # noqa: BLE001  # whoever looks on, the answer goes on
            _log.exception("what a model wrote could not be shown")

    def answered(self) -> None:
        """Take the answer as whole, and as if it had come in one piece."""
        self._broken = False
        self._hearing.end(counts=True)
        self._hearing = Hearing(self._running, self._node)
        # ChatAdapter asks once more, in JSON, for what it cannot read; but not when words of it
        # were seen, which here no program has.
        for variable, scopes in contextvars.copy_context().items():
            if variable.name == "dspy_adapter_stream_progress":
                for scope in scopes:
                    scope.emitted = False

    def missed(self, answer: T) -> T:
        """Remember that the model answers, but not in a stream."""
        _plain[id(self._lm)] = self._lm
        name = getattr(self._lm, "model", "the model")
        _log.info("a stream of %s failed; it was asked again and will not stream", name)
        return answer
