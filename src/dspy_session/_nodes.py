"""The nodes of a session's program: they run as they did, and are read like sessions.

A predictor, sub-module or session that is a node gets a class that is also a :class:`Session`. What
reads or amends goes to a :class:`NodeSession` over the state that the session around is bound to;
what would move a conversation is refused, as the node's calls belong to the turns of the whole.
"""

from __future__ import annotations

from typing import Any, ClassVar

import dspy

from ._calls.frame import NODE, Frame, current_frame, entered
from ._calls.inject import Mixins, Sessioned, reduced
from ._calls.nested import NestedCall, NestedModule
from ._core import OWNER
from ._node_session import NodeSession, Nowhere, Whole
from ._session import Session
from .errors import ConflictError

_INSIDE = ("_branch", "_conversation", "_key")
_READS = (
    "branches",
    "edit_turn",
    "export",
    "history_field",
    "initial_history",
    "l2_memory",
    "name",
    "revert_turn",
    "score",
    "session_history",
    "state",
    "to_dataframe",
    "to_examples",
    "to_preferences",
    "to_trainset",
    "turns",
    *_INSIDE,
)
_STAYS = ("merge_examples", "load_from", "program_name", "forward", "aforward", "compare")
_MOVES = [
    name
    for name in dir(Session)
    if not (name.startswith("_") or hasattr(dspy.Module, name) or name in (*_READS, *_STAYS))
]


def whole_around(part: Any) -> tuple[Whole, str] | None:
    """Return the outermost session that a part is a node of, and the part's path there."""
    link = part.__dict__.get(OWNER)
    owner: Any = None if link is None else link()
    if owner is None:
        return None
    path = part.__dict__[NODE]
    further = whole_around(owner)
    return (owner, path) if further is None else (further[0], f"{further[1]}.module.{path}")


def _read(name: str) -> property:
    def get(self: Any) -> Any:
        around = whole_around(self)
        if around is None and isinstance(self, AdoptedSession):
            return getattr(super(AdoptedSession, self), name)
        whole, path = around or (Nowhere(), self.__dict__[NODE])
        return getattr(NodeSession(whole, path, self), name)

    return property(get, doc=getattr(getattr(NodeSession, name, None), "__doc__", None))


def _move(name: str) -> Any:
    def refuse(self: Any, *args: Any, **kwargs: Any) -> Any:
        around = whole_around(self)
        if around is None and isinstance(self, AdoptedSession):
            return getattr(super(AdoptedSession, self), name)(*args, **kwargs)
        whole, path = around or ("a session", self.__dict__[NODE])
        msg = (
            f"{path!r} is a node of {whole}: its calls belong to the turns of the whole, and move "
            f"with them; call {name}() on that session"
        )
        raise ConflictError(msg)

    refuse.__name__ = name
    refuse.__doc__ = "Refused: it belongs to the session around."
    return refuse


def _length(self: Any) -> int:
    return len(self.turns)


def _members() -> dict[str, Any]:
    return {
        **{name: _read(name) for name in _READS},
        **{name: _move(name) for name in _MOVES},
        "__len__": _length,
    }


class _Absent:
    """An attribute that a class does not have, though one behind it does."""

    def __get__(self, instance: Any, owner: type) -> Any:
        raise AttributeError("a module without this method")


class _Bare:
    """Stands between a node's own class and :class:`Session`: what a session does to a module.

    The node is a module of its own class first. What that does not define is what DSPy's base
    class has, then what reads a session; an attribute of the module's own hides both.
    """

    __deepcopy__ = None  # as any object is copied
    forward = _Absent()
    aforward = _Absent()

    def __getattribute__(self, name: str) -> Any:
        own = object.__getattribute__(self, "__dict__")
        return own[name] if name in own else object.__getattribute__(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _READS:
            self.__dict__[name] = value
        else:
            object.__setattr__(self, name, value)


for _name, _member in _members().items():
    setattr(_Bare, _name, _member)
for _name in dir(dspy.Module):
    _own = [vars(one) for one in Session.__mro__[: Session.__mro__.index(dspy.Module)]]
    if any(_name in names for names in _own) and _name not in vars(_Bare) and _name != "__class__":
        setattr(_Bare, _name, getattr(dspy.Module, _name))


def _unlinked(state: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in state.items() if name != OWNER}


class ChildSession(Sessioned):
    """Mixed into the class of a predictor that is a node."""

    _behind: ClassVar[tuple[type, ...]] = (_Bare, Session)
    _adoptable: ClassVar[bool] = False

    def __getstate__(self) -> dict[str, Any]:
        return _unlinked(super().__getstate__())  # type: ignore[misc]

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": repr(self)}


class ChildModule(NestedModule):
    """Mixed into the class of a sub-module that is a node."""

    _behind: ClassVar[tuple[type, ...]] = (_Bare, Session)
    _adoptable: ClassVar[bool] = False

    def __getstate__(self) -> dict[str, Any]:
        return _unlinked(super().__getstate__())  # type: ignore[misc]

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": repr(self)}


class AdoptedSession:
    """Mixed into the class of a session that is a node of another one's program.

    Its turns are calls of the node; called outside the session around, it is the bare program.
    """

    def forward(self: Any, **inputs: Any) -> Any:
        """Run one call of the node."""
        if whole_around(self) is None and self._frame_around() is None:
            return super().forward(**inputs)  # type: ignore[misc]
        call = self._nested_call(inputs)
        if call is None:
            with entered(None):
                return self.module(**inputs)
        with call.open():
            result = call.run()
        call.leave(result)
        return result

    async def aforward(self: Any, **inputs: Any) -> Any:
        """Run one call of the node, awaited."""
        if whole_around(self) is None and self._frame_around() is None:
            return await super().aforward(**inputs)  # type: ignore[misc]
        call = self._nested_call(inputs)
        if call is None:
            with entered(None):
                return await self.module.acall(**inputs)
        with call.open():
            result = await call.arun()
        call.leave(result)
        return result

    def _frame_around(self) -> Frame | None:
        frame = current_frame()
        inside = frame is not None and frame.path_of(self) in frame.standing.shapes
        return frame if inside else None

    def _nested_call(self: Any, inputs: dict[str, Any]) -> NestedCall | None:
        frame = self._frame_around()
        if frame is None or not frame.policy_of(self).enabled:
            return None
        order = self._order(inputs)
        return NestedCall(
            frame,
            frame.path_of(self),
            self._present_settings(),
            order,
            seed=self._initial,
            program=self._program,
        )

    def __getstate__(self) -> dict[str, Any]:
        return _unlinked(super().__getstate__())  # type: ignore[misc]

    def __reduce_ex__(self, protocol: Any) -> Any:
        return reduced(self)


for _name, _member in _members().items():
    setattr(AdoptedSession, _name, _member)

MIXINS = Mixins(ChildSession, ChildModule, AdoptedSession)
