"""Find or add the history field of a signature, and tell a program's inputs from its outputs."""

from __future__ import annotations

import inspect
import types
import typing
import weakref
from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeAlias, Union, get_args, get_origin

import dspy
from dspy.signatures.signature import ensure_signature

from ..errors import ArgumentError

Signature: TypeAlias = Any
"""A signature class; DSPy makes them by a metaclass that type checkers do not follow."""

_Derived: TypeAlias = (
    "weakref.WeakKeyDictionary[Signature, dict[str, tuple[str | None, Signature]]]"
)
_with: _Derived = weakref.WeakKeyDictionary()
_without: _Derived = weakref.WeakKeyDictionary()
_quick: _Derived = weakref.WeakKeyDictionary()
_with_transcript: _Derived = weakref.WeakKeyDictionary()

TRANSCRIPT_FIELD = "transcript"
"""The input in which a predictor reads a conversation that cannot stand in its prompt as turns."""


def _derived(
    known: _Derived, signature: Signature, name: str, make: Callable[[], Signature]
) -> Signature:
    """Return what was made of a signature, or make it."""
    made = known.setdefault(signature, {})
    # Some optimizers, such as InferRules, write new instructions into the class itself.
    if name not in made or made[name][0] != signature.__doc__:
        made[name] = signature.__doc__, make()
    return made[name][1]


def is_history(annotation: Any, *, strict: bool = False) -> bool:
    """Whether an annotation means a conversation history; not strict: Optional, subclasses too."""
    if annotation is dspy.History:
        return True
    if strict or annotation is None:
        return False
    origin = get_origin(annotation)
    if origin is Annotated:
        return is_history(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return any(is_history(part) for part in get_args(annotation))
    return isinstance(annotation, type) and issubclass(annotation, dspy.History)


def history_field(signature: Signature) -> str | None:
    """Return the name of the field that adapters take the history from, or None."""
    # Adapters compare with `==`, so Optional[History] is an ordinary field to them.
    for name, field in signature.input_fields.items():
        if field.annotation == dspy.History:
            return name
    return None


def with_history(signature: Signature, name: str) -> Signature:
    """Return the signature with a history input of that name behind its other inputs."""
    return _derived(
        _with,
        signature,
        name,
        lambda: signature.append(name, dspy.InputField(), type_=dspy.History),
    )


def with_transcript(signature: Signature) -> Signature:
    """Return the signature with an input for the text of a conversation, unless it has one."""
    if TRANSCRIPT_FIELD in signature.input_fields:
        return signature
    field = dspy.InputField(desc="The conversation so far, as the program's inputs and outputs.")
    return _derived(
        _with_transcript,
        signature,
        TRANSCRIPT_FIELD,
        lambda: signature.prepend(TRANSCRIPT_FIELD, field, type_=str),
    )


def without(signature: Signature, name: str) -> Signature:
    """Return the signature without one of its fields."""
    return _derived(_without, signature, name, lambda: signature.delete(name))


def quick(signature: Signature, name: str) -> Signature:
    """Return an equal signature that takes its history field away at no cost.

    Adapters delete that field on every call, and building the class that is left takes longer than
    the rest of a short call.
    """
    return _derived(_quick, signature, name, lambda: _quickened(signature, name))


def _quickened(signature: Signature, name: str) -> Signature:
    left = without(signature, name)
    twin: Any = signature.with_instructions(signature.instructions)
    plain = twin.delete

    def delete(field: str) -> Signature:
        return left if field == name else plain(field)

    type.__setattr__(twin, "delete", staticmethod(delete))
    return twin


def prepared(signature: Signature, name: str, *, strict: bool) -> tuple[Signature, str, bool]:
    """Return a signature that adapters see a history in.

    Args:
        signature: The predictor's own signature.
        name: The name for the history field when the signature has none.
        strict: Whether only the exact annotation ``dspy.History`` counts as one.

    Returns:
        The signature, the history field's name, and whether the field was added.

    Raises:
        ArgumentError: A field of that name is there already and is no history.
    """
    for field_name, field in signature.input_fields.items():
        if is_history(field.annotation, strict=strict):
            exact = signature
            if field.annotation != dspy.History:
                exact = signature.with_updated_fields(field_name, type_=dspy.History)
            return exact, field_name, False
    if name in signature.fields:
        found = signature.fields[name].annotation
        msg = (
            f"field {name!r} of {signature.__name__} is {typing_name(found)}, not dspy.History; "
            f"annotate it as dspy.History or choose another name with history_field=…"
        )
        raise ArgumentError(msg)
    return with_history(signature, name), name, True


def forward_history_parameter(module: dspy.Module, name: str, *, strict: bool) -> str | None:
    """Return the parameter of ``module.forward`` that wants the history, or None.

    It is wanted when a parameter bears the name or is annotated as a history. ``**kwargs`` alone
    is no wish: a module that passes them on to something else would break.
    """
    forward = _entry(module)
    parameters = _parameters(forward)
    if name in parameters:
        return name
    hints = _hints(forward)
    for parameter, info in parameters.items():
        if is_history(hints.get(parameter, info.annotation), strict=strict):
            return parameter
    return None


def _entry(module: dspy.Module) -> Any:
    """The method that takes the inputs; a program may be asynchronous only."""
    return getattr(type(module), "forward", None) or getattr(type(module), "aforward", None)


def _parameters(function: Any) -> Mapping[str, inspect.Parameter]:
    """The named parameters behind ``self``; empty when the function cannot be inspected."""
    try:
        found = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return {}
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return {name: info for name, info in list(found.items())[1:] if info.kind in named}


def _takes_any(function: Any) -> bool:
    try:
        found = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return True
    return any(info.kind is inspect.Parameter.VAR_KEYWORD for info in found)


def _hints(function: Any) -> dict[str, Any]:
    try:
        return typing.get_type_hints(function, include_extras=True)
    except (NameError, TypeError, AttributeError, SyntaxError):
        return {}  # an annotation names something that is only there for type checkers


def own_signature(module: dspy.Module) -> Signature | None:
    """Return the signature a program declares as its own, if it does: a predictor or an agent."""
    signature = getattr(module, "signature", None)
    if isinstance(signature, type) and issubclass(signature, dspy.Signature):
        return ensure_signature(signature)
    inner = module.__dict__.get("predict")
    if isinstance(module, dspy.ChainOfThought) and isinstance(inner, dspy.Predict):
        return inner.signature
    return None


def program_fields(
    module: dspy.Module, history: str, *, strict: bool = False
) -> tuple[dict[str, Any], dict[str, Any], bool]:
    """Return what a program takes and gives.

    Returns:
        Input name to annotation, output name to annotation (empty when only a call can tell), and
        whether other keyword inputs are part of a turn too.
    """
    signature = own_signature(module)
    if signature is not None:
        inputs = {name: f.annotation for name, f in signature.input_fields.items()}
        outputs = {name: f.annotation for name, f in signature.output_fields.items()}
        inputs = {
            n: a for n, a in inputs.items() if n != history and not is_history(a, strict=strict)
        }
        return inputs, outputs, False
    forward = _entry(module)
    hints = _hints(forward)
    inputs = {
        name: hints.get(name, str)
        for name in _parameters(forward)
        if name != history and not is_history(hints.get(name), strict=strict)
    }
    return inputs, {}, _takes_any(forward)


def typing_name(annotation: Any) -> str:
    """Return an annotation as a person would write it."""
    if isinstance(annotation, type) and not get_args(annotation):
        return annotation.__name__
    return str(annotation).replace("typing.", "")
