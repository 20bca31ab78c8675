"""The adapter to call with: a twin of the configured one that also does what a session needs."""

from __future__ import annotations

import copy
import weakref
from typing import Any

import dspy

from .capture import TimedRequests
from .format import ReusingDescriptions, ReusingFormats
from .words import StreamedRequests

_classes: dict[type, type] = {}
_twins: weakref.WeakKeyDictionary[Any, tuple[dict[str, Any], Any]] = weakref.WeakKeyDictionary()
_DEFAULT = dspy.ChatAdapter()


class _Twin:
    """First among a twin's bases."""

    def __init_subclass__(cls) -> None:
        # DSPy's own hook would wrap `format` and `parse` in callbacks a second time.
        pass


def _twin_class(base: type) -> type:
    if base not in _classes:
        reusing = [one for one in (ReusingFormats, ReusingDescriptions) if one.fits(base)]
        names = {"__module__": base.__module__, "__qualname__": base.__qualname__}
        bases = (_Twin, StreamedRequests, TimedRequests, *reusing, base)
        _classes[base] = type(base)(base.__name__, bases, names)
    return _classes[base]


def session_adapter() -> Any:
    """Return a twin of the configured adapter: same prompts, same answers.

    It formats recorded messages and signatures once, times its requests, and lets answers be heard
    as they are written. The twin follows when the adapter's attributes are changed.
    """
    adapter = dspy.settings.adapter or _DEFAULT
    if isinstance(adapter, _Twin):  # called by a model or tool of another call: it is one already
        return adapter
    known = _twins.get(adapter)
    if known is not None and known[0] == vars(adapter):
        return known[1]
    twin: Any = copy.copy(adapter)
    twin.__class__ = _twin_class(type(adapter))
    twin._formatted = {}
    twin._described = weakref.WeakKeyDictionary()
    _twins[adapter] = (dict(vars(adapter)), twin)
    return twin
