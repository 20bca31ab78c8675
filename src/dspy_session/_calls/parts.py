"""Put another module in the place of one part of a program."""

from __future__ import annotations

import difflib
from typing import Any

import dspy

from .._tree.record import ROOT
from ..errors import ArgumentError
from .signatures import history_field, own_signature
from .walk import predictors

_OWN = ("history", "callbacks")
"""A module's attributes that are DSPy's: its log of LM calls, and its listeners."""


def with_part(module: dspy.Module, path: str, part: dspy.Module) -> dspy.Module:
    """Return a program with another module in the place of a predictor, wherever it is referred to.

    Args:
        module: The program; it is changed in place.
        path: The predictor's path, e.g. ``planner`` or ``steps[0]``.
        part: What to put there; it takes and gives the same fields.

    Raises:
        ArgumentError: There is no predictor at the path, or the fields are not the same.
    """
    there = dict(predictors(module))
    if path not in there:
        alike = difflib.get_close_matches(path, there, n=3, cutoff=0.4) or list(there)[:5]
        names = ", ".join(map(repr, alike))
        msg = f"{type(module).__name__} has no predictor {path!r}; there are {names}"
        raise ArgumentError(msg)
    _check_fields(path, there[path], part)
    if path == ROOT:
        return part
    _Replacement(there[path], part).within(module)
    return module


def _check_fields(path: str, old: Any, new: dspy.Module) -> None:
    signature, name = own_signature(new), history_field(old.signature)
    if signature is None:
        return
    for kind in ("input_fields", "output_fields"):
        missing = [one for one in getattr(old.signature, kind) if one not in signature.fields]
        if name in missing:
            missing.remove(name)
        if missing:
            what = "takes" if kind == "input_fields" else "gives"
            msg = f"{path!r} {what} {missing[0]!r}, and the new {type(new).__name__} does not"
            raise ArgumentError(msg)


class _Replacement:
    """One part to put in the place of another, in modules and in containers of any depth."""

    def __init__(self, old: Any, new: Any) -> None:
        self.old, self.new = old, new
        self._seen: dict[int, Any] = {}

    def within(self, value: Any) -> Any:
        """Return the value with the part replaced; only tuples become new objects."""
        if value is self.old:
            return self.new
        if not isinstance(value, (dspy.Module, list, tuple, dict)):
            return value
        if id(value) not in self._seen:
            self._seen[id(value)] = value
            self._seen[id(value)] = self._visited(value)
        return self._seen[id(value)]

    def _visited(self, value: Any) -> Any:
        if isinstance(value, dspy.Module):
            for name, child in list(vars(value).items()):
                if name not in _OWN and (made := self.within(child)) is not child:
                    setattr(value, name, made)
        elif isinstance(value, tuple):
            children: list[Any] = [self.within(child) for child in value]
            if any(made is not child for made, child in zip(children, value, strict=True)):
                named = hasattr(value, "_fields")
                return type(value)(*children) if named else type(value)(children)
        else:
            items = list(value.items() if isinstance(value, dict) else enumerate(value))
            for key, child in items:
                value[key] = self.within(child)
        return value
