"""Make the predictors of a program read the running call's history, wherever they sit.

A predictor's class is swapped for a cached subclass of its own class. Closures around ``forward``
would be lost: optimizers deep-copy programs, and a copied closure calls the old predictor. The
history field lives in the stored signature, where adapters and optimizers look; saved state and
calls outside a session use the signature without it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, ClassVar

import dspy

from .._tree.record import ROOT
from .capture import recording
from .frame import NODE, Frame, current_frame
from .node_call import FIELD, NodeCall
from .signatures import history_field, prepared, with_history, without
from .walk import Part, Walk

_classes: dict[tuple[type, type], type] = {}


class Sessioned:
    """Mixed into a predictor's class: calls inside a session read its history and are recorded."""

    signature: Any
    _behind: ClassVar[tuple[type, ...]] = ()
    """Bases of the made class behind the predictor's own."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        frame = frame_around(self)
        if args or frame is None:
            return super().__call__(*args, **_outside(self, kwargs))  # type: ignore[misc]
        call = NodeCall(frame, self, kwargs)
        with recording(**call.settings) as recorder:
            try:
                result = super().__call__(**call.kwargs)  # type: ignore[misc]
            except BaseException:
                call.failed(recorder)
                raise
        call.ended(recorder, result)
        return result

    async def acall(self, *args: Any, **kwargs: Any) -> Any:
        frame = frame_around(self)
        if args or frame is None:
            return await super().acall(*args, **_outside(self, kwargs))  # type: ignore[misc]
        call = NodeCall(frame, self, kwargs)
        with recording(**call.settings) as recorder:
            try:
                result = await super().acall(**call.kwargs)  # type: ignore[misc]
            except BaseException:
                call.failed(recorder)
                raise
        call.ended(recorder, result)
        return result

    def dump_state(self, *args: Any, **options: Any) -> dict[str, Any]:
        """Return the state as the bare predictor would, so that plain programs can load it."""
        state = super().dump_state(*args, **options)  # type: ignore[misc]
        added = self.__dict__.get(FIELD)
        if added and added in self.signature.input_fields:
            state["signature"] = without(self.signature, added).dump_state()
        return state

    def load_state(self, state: dict[str, Any], **kwargs: Any) -> Any:
        """Load the state of a bare predictor, or of one with a history field."""
        added = self.__dict__.get(FIELD)
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
        return reduced(self)


def reduced(part: Any) -> tuple[Any, ...]:
    """Return what pickles a part of a swapped class: it is made at run time, what of is not."""
    base, mixin = next(key for key, made in _classes.items() if made is type(part))
    return _restored, (base, mixin), part.__getstate__()


def _restored(base: type, mixin: type = Sessioned) -> Any:
    made: Any = swapped_class(base, mixin)
    return made.__new__(made)


def swapped_class(base: type, mixin: type) -> type:
    """Return the cached subclass of a class with a mixin before it; another mixin is replaced."""
    base = plain_class(base)
    made = _classes.get((base, mixin))
    if made is None:
        names = {
            "__module__": base.__module__,
            "__qualname__": base.__qualname__,
            "__doc__": base.__doc__,
        }
        metaclass: Any = type(base)
        behind: tuple[type, ...] = getattr(mixin, "_behind", ())
        made = metaclass(base.__name__, (mixin, base, *behind), names)
        _classes[base, mixin] = made
    return made


def plain_class(made: type) -> type:
    """Return the class that a swapped class was made of."""
    return next((base for (base, _), known in list(_classes.items()) if known is made), made)


def frame_around(part: Any) -> Frame | None:
    """Return the call that a node runs in; None where it is to behave as if never wrapped."""
    frame = current_frame()
    if frame is None or not frame.policy_of(part).enabled:
        return None
    foreign = frame.path_of(part) == ROOT and frame.speaker != ROOT
    return None if foreign else frame


def _outside(predictor: Any, kwargs: dict[str, Any]) -> dict[str, Any]:
    """Arguments for a call outside any session: as if the predictor had never been wrapped."""
    added = predictor.__dict__.get(FIELD)
    faked = "forward" in predictor.__dict__  # a test double's forward may not take a signature
    if not added or added in kwargs or "signature" in kwargs or faked:
        return kwargs
    if added not in predictor.signature.input_fields:
        return kwargs
    return {**kwargs, "signature": without(predictor.signature, added)}


def inject(
    walk: Walk, name: str, mixin: type[Sessioned], *, strict: bool, wanted: Callable[[Part], bool]
) -> None:
    """Make every predictor of a program read the session.

    Args:
        walk: The program's parts; its predictors are changed in place.
        name: The history field to add where a predictor has none.
        mixin: What to make of a nested predictor; it may be more by now, and stays it.
        strict: Whether only ``dspy.History`` itself counts as a history annotation.
        wanted: Tells which predictors are nodes; others stay as they are.

    Raises:
        ArgumentError: A predictor has a field of that name that is no history; none is changed.
    """
    found = [part for part in walk.of_kind("predictor") if part.within is None and wanted(part)]
    ready = [(one, *prepared(one.value.signature, name, strict=strict)) for one in found]
    for part, signature, _field, added in ready:
        one = part.value
        already = one.__dict__.get(FIELD)
        one.signature = signature
        if already not in signature.input_fields:
            setattr(one, FIELD, _field if added else None)
        become(one, part.path, Sessioned if part.path == ROOT else mixin)


def become(one: Any, path: str, mixin: type | None) -> None:
    """Make a part of a program a node: of a class with a mixin, and with its path."""
    setattr(one, NODE, path)
    if mixin is not None and not isinstance(one, mixin):
        one.__class__ = swapped_class(type(one), mixin)


@dataclasses.dataclass(frozen=True, slots=True)
class Mixins:
    """What is mixed into the classes of a program's parts to make them nodes."""

    predictor: type[Sessioned] = Sessioned
    module: type | None = None
    session: type | None = None


PLAIN = Mixins()


def root_history_field(module: dspy.Module) -> str | None:
    """Return the history field of a program that is a bare predictor."""
    if not isinstance(module, dspy.Predict):
        return None
    return history_field(module.signature)
