"""The program inside a session: its fields, its injected predictors, its inputs and outputs."""

from __future__ import annotations

import copy
import types
from collections.abc import Iterator, Mapping
from typing import Any

import dspy
import pydantic

from .._tree.branch import Branch
from .._tree.record import ROOT
from .._tree.values import Fields
from ..errors import ArgumentError, ArgumentTypeError
from .inject import PLAIN, Mixins, Sessioned, become, inject, root_history_field
from .memory import Choices
from .node_call import check_showable, other_completions
from .policy import CopyMode
from .signatures import forward_history_parameter, own_signature, program_fields
from .walk import Part, Walk, predictors


def copied(module: dspy.Module, mode: CopyMode) -> dspy.Module:
    """Return the module to wrap: a deep copy, a shallow one, or the very same."""
    if mode == "none":
        return module
    try:
        return module.deepcopy() if mode == "deep" else copy.copy(module)
    except Exception as error:
        msg = (
            f"{type(module).__name__} cannot be copied ({type(error).__name__}: {error}); "
            f"copy_mode='shallow' or 'none' shares its parts, or the program itself"
        )
        raise ArgumentError(msg) from error


def attributes_for(twin: dspy.Module, module: dspy.Module) -> dict[str, Any]:
    """Return a module's attributes for its twin; methods put on the module are the twin's then.

    ``dspy.syncify`` puts such a method on a module.
    """
    return {
        name: types.MethodType(value.__func__, twin)
        if isinstance(value, types.MethodType) and value.__self__ is module
        else value
        for name, value in vars(module).items()
    }


def checked_module(module: Any) -> dspy.Module:
    """Refuse what is no module."""
    if not isinstance(module, dspy.Module):
        msg = f"a session wraps a dspy.Module, got {type(module).__name__}"
        if isinstance(module, type):
            msg += f"; make an instance of it: {module.__name__}(…)"
        raise ArgumentTypeError(msg)
    return module


class Shape:
    """What a module takes and gives, and who speaks for it.

    Args:
        module: The module.
        history_field: The name of the input that carries a history where the module names none.
        strict: Whether only ``dspy.History`` itself counts as a history annotation.
    """

    def __init__(self, module: dspy.Module, history_field: str, *, strict: bool) -> None:
        self.module, self.strict = module, strict
        self.forward_parameter = (
            None
            if isinstance(module, Sessioned)
            else forward_history_parameter(module, history_field, strict=strict)
        )
        self.history_field = root_history_field(module) or self.forward_parameter or history_field
        self.speaker = speaker(module)
        self.inputs, self.outputs, self.takes_any = program_fields(
            module, self.history_field, strict=strict
        )

    @property
    def name(self) -> str:
        """The class name of the module."""
        return type(self.module).__name__

    def serving_model(self) -> str | None:
        """Return the name of the model that answers, e.g. ``openai/gpt-4o``; None: none is set."""
        own = (getattr(one, "lm", None) for _, one in predictors(self.module))
        lm = next((one for one in own if one is not None), dspy.settings.lm)
        name = getattr(lm, "model", None)
        return name if isinstance(name, str) else None

    def check(self, inputs: Mapping[str, Any]) -> None:
        """Refuse inputs that the program would drop without a word."""
        if self.takes_any or not self.inputs or not isinstance(self.module, dspy.Predict):
            return
        privileged = {"config", "lm", "demos", "signature", "prediction", "_trace"}
        unknown = [n for n in inputs if n not in self.inputs and n not in privileged]
        if unknown and not any(name in inputs for name in self.inputs):
            names = ", ".join(map(repr, self.inputs))
            msg = f"{self.name} has no input {unknown[0]!r}; its inputs are {names}"
            raise ArgumentError(msg)

    def check_turns(self, branch: Branch) -> None:
        """Refuse a branch with turns of another program: none of their inputs are taken here."""
        log = branch.log
        ends = {log.first, len(log) - 1} if len(log) > log.first else set[int]()
        asked = [log[end].inputs for end in sorted(ends) if log[end].inputs]
        if self.takes_any or not self.inputs or not asked:
            return
        if not any(name in self.inputs for inputs in asked for name in inputs):
            theirs, ours = (", ".join(map(repr, names)) for names in (asked[-1], self.inputs))
            msg = (
                f"the state belongs to another program: its turns have the inputs {theirs}, and "
                f"{self.name} takes {ours}; take a state from new_state() of this session"
            )
            raise ArgumentError(msg)

    def recorded_inputs(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Return the inputs that are part of a turn: the program's own, nothing of DSPy's."""
        if self.takes_any or not self.inputs:
            return {n: v for n, v in inputs.items() if n != self.history_field}
        return {n: v for n, v in inputs.items() if n in self.inputs}

    def outputs_of(self, result: Any) -> dict[str, Any]:
        """Return a call's result as output fields.

        A declared signature says which fields are outputs; an agent's trajectory stays with its
        nested calls. A result that is no set of fields becomes the field ``output``.
        """
        if isinstance(result, (dspy.Prediction, dict)):
            found = {str(name): value for name, value in result.items()}
        elif isinstance(result, pydantic.BaseModel) and not isinstance(result, dspy.Type):
            found = {name: getattr(result, name) for name in type(result).model_fields}
        else:
            return {"output": result}
        declared = own_signature(self.module)
        if declared is not None and all(name in found for name in declared.output_fields):
            return {name: found[name] for name in declared.output_fields}
        return {
            name: value
            for name, value in found.items()
            if name != self.history_field and not isinstance(value, dspy.History)
        }

    def alternatives_of(self, result: Any) -> list[dict[str, Any]]:
        """Return the output fields of each completion but the first, which is the result."""
        return [self.outputs_of(completion) for completion in other_completions(result)]

    def output_fields(self, seen: Fields | None) -> dict[str, Any]:
        """Return output names with annotations; from a recorded turn when nothing declares them."""
        if self.outputs:
            return self.outputs
        guessed = {name: a for _, p in predictors(self.module) for name, a in _outputs(p).items()}
        return {name: guessed.get(name, str) for name in (seen or {})}


class Program(Shape):
    """A module that reads its session's history.

    Args:
        module: The module to wrap; it is changed in place.
        history_field: The name for a history field where a predictor has none.
        strict: Whether only ``dspy.History`` itself counts as a history annotation.
        choices: What its nodes remember.
        mixins: What to make of its nodes.
        checked: Whether paths in ``choices`` that are not there are an error.

    Raises:
        ArgumentTypeError: It is no module.
        ArgumentError: A predictor cannot take a history, or the choices do not fit the program;
            nothing is changed.
    """

    def __init__(  # what a program is made of, all of it wanted
        self,
        module: dspy.Module,
        history_field: str,
        *,
        strict: bool,
        choices: Choices | None = None,
        mixins: Mixins = PLAIN,
        checked: bool = True,
    ) -> None:
        walk = Walk(checked_module(module))
        self.choices, self.mixins = choices or Choices({}), mixins
        sessions = {part.path: part.value for part in walk.of_kind("session") if not part.within}
        self.policies = self.choices.policies(
            walk, {path: one._program.policies for path, one in sessions.items()}, strict=checked
        )
        for part in walk.of_kind("predictor"):
            if self.policies.of(part.path).isolation == "shared":
                check_showable(part.path, part.value.signature)
        mixin = mixins.predictor if self.choices.recursive else Sessioned
        inject(walk, history_field, mixin, strict=strict, wanted=self._is_node)
        self.units: dict[str, Shape] = {}
        self.nodes = [part for part in walk.parts if part.within is None and self._is_node(part)]
        for part in self.nodes:
            self._take_in(part, history_field, strict=strict)
        self.node_paths = {id(part.value): part.path for part in self.nodes}
        super().__init__(module, history_field, strict=strict)

    def sessions(self) -> Iterator[tuple[str, Any]]:
        """Yield the sessions inside that are nodes, with their paths, at any depth."""
        for part in self.nodes:
            if part.kind == "session":
                yield part.path, part.value
                for path, inner in part.value._program.sessions():
                    yield f"{part.path}.module.{path}", inner

    def _is_node(self, part: Part) -> bool:
        if part.kind == "module":
            return part.path in self.policies.units
        return part.kind == "session" or (
            part.kind == "predictor" and self.policies.of(part.path).enabled
        )

    def _take_in(self, part: Part, history_field: str, *, strict: bool) -> None:
        one = part.value
        if part.kind == "module":
            self.units[part.path] = Shape(one, history_field, strict=strict)
            become(one, part.path, self.mixins.module)
        elif part.kind == "session":
            inner = one._program
            self.units[part.path] = inner
            for path, shape in inner.units.items():
                self.units[f"{part.path}.module.{path}"] = shape
            become(one, part.path, self.mixins.session)

    def refreshed(self) -> Program:
        """Return the program with parts that were put in place since it was wrapped, too."""
        walk = Walk(self.module)
        for part in walk.of_kind("predictor", "session", "module"):
            if part.within is None and self._is_node(part) and not self._knows(part):
                return Program(
                    self.module,
                    self.history_field,
                    strict=self.strict,
                    choices=self.choices,
                    mixins=self.mixins,
                    checked=False,
                )
        return self

    def _knows(self, part: Part) -> bool:
        known = self.node_paths.get(id(part.value)) == part.path
        return known and (part.kind != "predictor" or isinstance(part.value, Sessioned))


def speaker(module: dspy.Module) -> str | None:
    """Return the path of the predictor whose fields are those of the program itself, or None."""
    if isinstance(module, dspy.Predict):
        return ROOT
    return "predict" if isinstance(module, dspy.ChainOfThought) else None


def _outputs(predictor: Any) -> dict[str, Any]:
    return {name: f.annotation for name, f in predictor.signature.output_fields.items()}
