"""Make the predictors of a program read the running call's history, wherever they sit.

A predictor's class is swapped for a cached subclass of its own class. Closures around ``forward``
would be lost: optimizers deep-copy programs, and a copied closure calls the old predictor. The
history field lives in the stored signature, where adapters and optimizers look; saved state and
calls outside a session use the signature without it.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from typing import Any

import dspy
from dspy.signatures.signature import ensure_signature

from .._tree.record import ROOT, Record, new_id, now
from .._tree.values import recordable
from .adapter import session_adapter
from .capture import Recorder, recording
from .format import recorded_history
from .frame import Frame, current_frame
from .signatures import (
    Signature,
    history_field,
    prepared,
    quick,
    with_history,
    without,
)

_FIELD = "_dspy_session_field"
"""On a predictor: the history field that was added to its signature, or None."""
_NODE = "_dspy_session_node"
"""On a predictor: its path in the program; copies made by optimizers keep it."""

_classes: dict[type, type] = {}


class Sessioned:
    """Mixed into a predictor's class: calls inside a session read its history and are recorded."""

    signature: Any

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        frame = current_frame()
        if args or frame is None:
            return super().__call__(*args, **_outside(self, kwargs))  # type: ignore[misc]
        call = _NodeCall(frame, self, kwargs)
        with recording(**call.settings) as recorder:
            try:
                result = super().__call__(**call.kwargs)  # type: ignore[misc]
            except BaseException:
                call.failed(recorder)
                raise
        call.ended(recorder, result)
        return result

    async def acall(self, *args: Any, **kwargs: Any) -> Any:
        frame = current_frame()
        if args or frame is None:
            return await super().acall(*args, **_outside(self, kwargs))  # type: ignore[misc]
        call = _NodeCall(frame, self, kwargs)
        with recording(**call.settings) as recorder:
            try:
                result = await super().acall(**call.kwargs)  # type: ignore[misc]
            except BaseException:
                call.failed(recorder)
                raise
        call.ended(recorder, result)
        return result

    def dump_state(self, json_mode: bool = True) -> dict[str, Any]:  # noqa: FBT001, FBT002  # DSPy's
        """Return the state as the bare predictor would, so that plain programs can load it."""
        state = super().dump_state(json_mode=json_mode)  # type: ignore[misc]
        added = self.__dict__.get(_FIELD)
        if added and added in self.signature.input_fields:
            state["signature"] = without(self.signature, added).dump_state()
        return state

    def load_state(self, state: dict[str, Any], **kwargs: Any) -> Any:
        """Load the state of a bare predictor, or of one with a history field."""
        added = self.__dict__.get(_FIELD)
        full = self.signature
        bare_count = len(full.fields) - 1
        if not added or added not in full.fields or len(state["signature"]["fields"]) != bare_count:
            return super().load_state(state, **kwargs)  # type: ignore[misc]
        # Signature.load_state matches fields by position.
        self.signature = without(full, added)
        try:
            super().load_state(state, **kwargs)  # type: ignore[misc]
        except BaseException:
            self.signature = full
            raise
        self.signature = with_history(self.signature, added)
        return self

    def __reduce_ex__(self, protocol: Any) -> Any:
        # The class is made at run time, so pickles name the class it was made from.
        base = next(cls for cls, made in _classes.items() if made is type(self))
        return _restored, (base,), self.__getstate__()  # type: ignore[attr-defined]


def _restored(base: type) -> Any:
    made: Any = sessioned_class(base)
    return made.__new__(made)


def sessioned_class(base: type) -> type:
    """Return the cached subclass of a predictor class that reads the running session."""
    if issubclass(base, Sessioned):
        return base
    made = _classes.get(base)
    if made is None:
        names = {
            "__module__": base.__module__,
            "__qualname__": base.__qualname__,
            "__doc__": base.__doc__,
        }
        metaclass: Any = type(base)
        made = metaclass(base.__name__, (Sessioned, base), names)
        _classes[base] = made
    return made


def _outside(predictor: Any, kwargs: dict[str, Any]) -> dict[str, Any]:
    """Arguments for a call outside any session: as if the predictor had never been wrapped."""
    added = predictor.__dict__.get(_FIELD)
    faked = "forward" in predictor.__dict__  # a test double's forward may not take a signature
    if not added or added in kwargs or "signature" in kwargs or faked:
        return kwargs
    if added not in predictor.signature.input_fields:
        return kwargs
    return {**kwargs, "signature": without(predictor.signature, added)}


class _NodeCall:
    """One call of a predictor inside a session: its arguments, then its record."""

    def __init__(self, frame: Frame, predictor: Any, kwargs: dict[str, Any]) -> None:
        self.frame = frame
        self.node = frame.node_paths.get(id(predictor)) or predictor.__dict__.get(_NODE, "?")
        self.started = time.perf_counter()
        self.created_at = now()
        signature: Any = ensure_signature(kwargs.get("signature", predictor.signature))
        self.kwargs = dict(kwargs)
        name = history_field(signature)
        if name is None:
            name = predictor.__dict__.get(_FIELD) or "history"
            self.kwargs["signature"] = with_history(signature, name)
        self.signature = without(signature, name) if name in signature.fields else signature
        seen = frame.seen_by(self.node, self.signature)
        self.window, self.saw_root = seen.window, seen is frame.seen
        self.settings = {"adapter": session_adapter()}
        given = self.kwargs.get(name)
        self.notes = None if given is None else frame.notes_in(given)
        if self.notes is not None:
            seen = frame.seen_with(self.notes, self.node, self.signature)
            self.window, self.saw_root = seen.window, False
            self.kwargs[name] = recorded_history(seen.messages, seen.keys())
        elif given is None:
            filled = _without_gaps(seen.messages, self.signature)
            self.kwargs[name] = recorded_history(filled, seen.keys())
            if "forward" not in predictor.__dict__:
                self.kwargs["signature"] = quick(self.kwargs.get("signature", signature), name)
        else:
            messages = tuple(recordable(message)[0] for message in given.messages)
            self.window = dataclasses.replace(seen.window, given=messages)
        if frame.config:
            self.kwargs["config"] = {**frame.config, **self.kwargs.get("config", {})}

    def ended(self, recorder: Recorder, result: Any) -> None:
        requests = recorder.requests(self.frame.newest_prompt(self.node))
        if self.node == ROOT:
            self.frame.leave_requests(requests)
            return
        fields = self.signature.input_fields
        given = {n: v for n, v in self.kwargs.items() if n in fields and not _are_tools(v)}
        inputs, flags = recordable(given)
        outputs, more_flags = recordable(dict(result.items()) if _is_mapping(result) else {})
        record = Record(
            id=new_id(),
            node=self.node,
            inputs=inputs,
            outputs=outputs,
            window=self.window,
            created_at=self.created_at,
            latency_s=time.perf_counter() - self.started,
            requests=requests,
            saw=ROOT if self.saw_root else None,
            flags=(*flags, *more_flags),
            alternatives=tuple(recordable(one)[0] for one in other_completions(result)),
        )
        if self.notes is not None:
            self.notes.holder = record.id
        self.frame.leave(record)

    def failed(self, recorder: Recorder) -> None:
        """Keep what was paid for: a program may catch the error and go on."""
        self.frame.leave_requests(recorder.requests(self.frame.newest_prompt(self.node)))


def _are_tools(value: Any) -> bool:
    """Whether an input is what a program works with: code, which the prompt shows well enough."""
    if isinstance(value, list) and value:
        return all(isinstance(item, dspy.Tool) for item in value)  # pyright: ignore[reportUnknownArgumentType]
    return isinstance(value, dspy.Tool)


def _is_mapping(result: Any) -> bool:
    return isinstance(result, (dict, dspy.Prediction))


def other_completions(result: Any) -> list[dict[str, Any]]:
    """Return a prediction's completions but the first, which is the prediction itself."""
    completions = result.completions if isinstance(result, dspy.Prediction) else None
    if completions is None:
        return []
    columns: dict[str, list[Any]] = dict(completions.items())
    rows = zip(*columns.values(), strict=False)  # a program may have made them by hand, unevenly
    return [dict(zip(columns, row, strict=True)) for row in rows][1:]


def _without_gaps(messages: list[dict[str, Any]], signature: Signature) -> list[dict[str, Any]]:
    """Fill fields that a turn does not have, which adapters would render as a literal ``None``."""
    outputs = tuple(signature.output_fields)
    return [
        message
        if all(name in message for name in outputs)
        else {**message, **{name: "" for name in outputs if name not in message}}
        for message in messages
    ]


def predictors(module: dspy.Module) -> Iterator[tuple[str, Any]]:
    """Yield every predictor of a program with its path, also those DSPy's own walk skips.

    DSPy looks into one level of containers and leaves compiled sub-modules out.
    """
    if isinstance(module, dspy.Predict):
        yield ROOT, module
        return
    seen: set[int] = {id(module)}
    for path, value in _attributes("", module):
        yield from _within(path, value, seen)


def _attributes(path: str, module: dspy.Module) -> list[tuple[str, Any]]:
    """A module's attributes with their paths, without DSPy's own log of its LM calls."""
    prefix = f"{path}." if path else ""
    own = ("history", "callbacks")
    return [(f"{prefix}{name}", value) for name, value in vars(module).items() if name not in own]


def _within(path: str, value: Any, seen: set[int]) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, (dspy.Module, list, tuple, dict)) or id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, dspy.Predict):
        yield path, value
        return
    if isinstance(value, dspy.Module):
        children = _attributes(path, value)
    elif isinstance(value, dict):
        children = [(f"{path}[{key!r}]", child) for key, child in value.items()]
    else:
        children = [(f"{path}[{number}]", child) for number, child in enumerate(value)]
    for child_path, child in children:
        yield from _within(child_path, child, seen)


def inject(module: dspy.Module, name: str, *, strict: bool) -> dict[int, str]:
    """Make every predictor of a program read the session.

    Args:
        module: The program; its predictors are changed in place.
        name: The history field to add where a predictor has none.
        strict: Whether only ``dspy.History`` itself counts as a history annotation.

    Returns:
        ``id(predictor)`` to path in the program.

    Raises:
        ArgumentError: A predictor has a field of that name that is no history; none is changed.
    """
    found = list(predictors(module))
    ready = [(path, one, *prepared(one.signature, name, strict=strict)) for path, one in found]
    for path, one, signature, _field, added in ready:
        already = one.__dict__.get(_FIELD)
        one.signature = signature
        if already not in signature.input_fields:
            setattr(one, _FIELD, _field if added else None)
        setattr(one, _NODE, path)
        one.__class__ = sessioned_class(type(one))
    return {id(one): path for path, one in found}


def root_history_field(module: dspy.Module) -> str | None:
    """Return the history field of a program that is a bare predictor."""
    if not isinstance(module, dspy.Predict):
        return None
    return history_field(module.signature)
