"""The parts of a program: predictors, sub-modules and sessions, each at the path DSPy gives it."""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, Literal

import dspy

from .._tree.record import ROOT


class Conversing:
    """Mixed into sessions, so that a walk over a program knows one when it meets it."""

    _adoptable: ClassVar[bool] = True
    """False for a node of a session, which is one only to look at."""


def is_session(value: Any) -> bool:
    """Whether a part of a program is a session with a conversation that can become a node's."""
    return isinstance(value, Conversing) and value._adoptable  # pyright: ignore[reportPrivateUsage]


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One part of a program."""

    path: str
    value: Any
    kind: Literal["predictor", "module", "session", "container"]
    within: str | None = None
    """Path of the session that it is inside of, if any."""


class Walk:
    """Every part of a program once, also those DSPy's own walk skips.

    DSPy looks into one level of containers and leaves compiled sub-modules out. A part that is
    reached by several paths stands at the first; the others are aliases of it.
    """

    def __init__(self, module: dspy.Module) -> None:
        self.parts: list[Part] = []
        self.aliases: dict[str, str] = {}
        self._paths: dict[int, str] = {id(module): ""}
        if isinstance(module, dspy.Predict):
            self.parts.append(Part(ROOT, module, "predictor"))
            return
        for path, value in self._children("", module):
            self._visit(path, value, None)

    def of_kind(self, *kinds: str) -> Iterator[Part]:
        """Yield the parts of some kinds, in the order in which they are met."""
        return (part for part in self.parts if part.kind in kinds)

    def find(self, name: str) -> Part | None:
        """Return the part that a path means, however it is spelled, or None."""
        path = re.sub(r'\["([^"\']*)"\]', r"['\1']", name)
        for _ in range(len(self.aliases) + 1):
            found = next((part for part in self.parts if part.path == path), None)
            alias = max((a for a in self.aliases if is_within(path, a)), key=len, default=None)
            if found is not None or alias is None:
                return found
            path = (self.aliases[alias] + path[len(alias) :]).lstrip(".")
        return None

    def nearest(self, name: str) -> list[str]:
        """Return the paths that are most like a name."""
        known = [part.path for part in self.parts if part.path != ROOT]
        last = name.rpartition(".")[2]
        alike = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
        return alike or [path for path in known if last in path][:3] or known[:5]

    def _visit(self, path: str, value: Any, within: str | None) -> None:
        if not isinstance(value, (dspy.Module, list, tuple, dict)):
            return
        if id(value) in self._paths:
            self.aliases[path] = self._paths[id(value)]
            return
        self._paths[id(value)] = path
        if isinstance(value, dspy.Predict):
            self.parts.append(Part(path, value, "predictor", within))
            return
        if is_session(value):
            self.parts.append(Part(path, value, "session", within))
            session: Any = value
            self._visit(f"{path}.module", session.module, within or path)
            return
        kind = "module" if isinstance(value, dspy.Module) else "container"
        self.parts.append(Part(path, value, kind, within))
        for child_path, child in self._children(path, value):
            self._visit(child_path, child, within)

    def _children(self, path: str, value: Any) -> list[tuple[str, Any]]:
        if isinstance(value, dspy.Module):
            prefix = f"{path}." if path else ""
            own = ("history", "callbacks")  # DSPy's log of a module's LM calls, and its listeners
            return [
                (f"{prefix}{name}", one) for name, one in vars(value).items() if name not in own
            ]
        if not isinstance(value, dict):
            return [(f"{path}[{number}]", one) for number, one in enumerate(value)]
        for key in value:
            if f"['{key}']" != f"[{key!r}]":  # DSPy puts every key between single quotes
                self.aliases[f"{path}['{key}']"] = f"{path}[{key!r}]"
        return [(f"{path}[{key!r}]", one) for key, one in value.items()]


def is_within(path: str, outer: str) -> bool:
    """Whether a path is that of a part, or of something inside of it."""
    return path == outer or path.startswith((f"{outer}.", f"{outer}["))


def innermost(paths: Iterable[str], path: str) -> list[str]:
    """Return those of some paths that a path lies within, the innermost first."""
    return sorted((outer for outer in paths if is_within(path, outer)), key=len, reverse=True)


def predictors(module: dspy.Module) -> Iterator[tuple[str, Any]]:
    """Yield every predictor of a program with its path."""
    return ((part.path, part.value) for part in Walk(module).of_kind("predictor"))
