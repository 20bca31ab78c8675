"""How many tokens a text is to the serving model: its own count where there is one.

For OpenAI's models, LiteLLM has the tokenizer. For all others the count is an estimate, one token
for four bytes of UTF-8, corrected by what the model reported for the newest recorded prompt.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from typing import Any

from .._as_text import as_text
from .._tree.branch import Branch
from .._tree.record import Request

TokenCounter = Callable[[str], int]

_BYTES = 4
"""Bytes of UTF-8 a token is taken for, where the model has not said otherwise."""
_LOOK_BACK = 16
"""How many turns to look back for a prompt whose tokens were reported."""


def message_text(message: Mapping[str, Any]) -> str:
    """Return a history message about as an adapter writes it: a user's part and an assistant's."""
    fields = "\n\n".join(f"[[ ## {name} ## ]]\n{as_text(value)}" for name, value in message.items())
    return f"user\n{fields}\n\nassistant\n[[ ## completed ## ]]\n"


def counter_for(model: str | None, branch: Branch) -> TokenCounter:
    """Return what counts tokens for a model, in a conversation it has perhaps answered in."""
    own = None if model is None else _tokenizer_of(model)
    if own is not None:
        return own
    rate = _reported_rate(branch)
    return lambda text: math.ceil(rate * _size(text))


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


@functools.lru_cache(maxsize=64)
def _tokenizer_of(model: str) -> TokenCounter | None:
    """Return the model's own tokenizer, when one is known and is here; it is never downloaded."""
    if not model.startswith(("openai/", "azure/")):
        return None
    try:
        import litellm
    except ImportError:  # DSPy leaves it out where it does not install
        return None
    known: dict[str, Any] = litellm.model_cost
    if model not in known and model.removeprefix("openai/") not in known:
        return None  # another model, behind an address that speaks OpenAI's language
    count: Any = litellm.token_counter

    @functools.lru_cache(maxsize=8192)
    def tokens(text: str) -> int:
        return int(count(model=model, text=text))

    return tokens


def _reported_rate(branch: Branch) -> float:
    """Return tokens per byte, from the newest prompt whose tokens the model reported."""
    log = branch.log
    for position in range(len(log) - 1, max(log.first, len(log) - _LOOK_BACK) - 1, -1):
        for request in reversed(log[position].all_requests()):
            size = _prompt_size(request)
            if request.prompt_tokens and size:
                return request.prompt_tokens / size
    return 1 / _BYTES


def _prompt_size(request: Request) -> int:
    """Bytes of a prompt; 0 where it holds something else than texts."""
    contents = [message.get("content") for message in request.prompt]
    if not all(isinstance(content, str) for content in contents):
        return 0
    return sum(_size(str(content)) for content in contents)
