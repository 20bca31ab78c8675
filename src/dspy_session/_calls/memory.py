"""What each node of a program remembers: the policies, worked out once, when it is wrapped."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, get_args

from typing_extensions import TypedDict

from .._tree.record import ROOT
from ..errors import ArgumentError, ArgumentTypeError
from .walk import Part, Walk, innermost, is_within

Isolation = Literal["isolated", "shared"]
Lifespan = Literal["persistent", "episodic", "stateless"]
Consolidator = Callable[..., Any]

_CONFIG_KEYS = ("enabled", "isolation", "lifespan", "consolidator")


class MemoryOptions(TypedDict, total=False):
    """The arguments of :func:`dspy_session.with_memory` that say what nested nodes remember."""

    recursive: bool
    include: Iterable[str] | None
    exclude: Iterable[str] | None
    where: Callable[[str, Any], bool] | None
    isolation: Isolation
    lifespan: Lifespan
    consolidator: Consolidator | None
    child_configs: Mapping[str, Mapping[str, Any]] | None


@dataclasses.dataclass(frozen=True, slots=True)
class NodePolicy:
    """What one node remembers, and what it sees."""

    isolation: Literal["automatic", "isolated", "shared"] = "automatic"
    """``automatic``: the conversation where it is legible to the node, else its own ledger."""
    lifespan: Lifespan = "persistent"
    consolidator: Consolidator | None = None
    enabled: bool = True

    @property
    def keeps(self) -> bool:
        """Whether the node keeps a ledger of its calls."""
        return self.enabled and self.isolation != "shared" and self.lifespan != "stateless"

    @property
    def words(self) -> str:
        """What the node remembers, for people to read."""
        if not self.enabled or self.lifespan == "stateless":
            return "nothing"
        sees = {
            "isolated": "its own calls",
            "shared": "the conversation",
            "automatic": "the conversation or its own calls",
        }[self.isolation]
        episodes = ", of the running turn" if self.lifespan == "episodic" else ""
        return f"{sees}{episodes}{', consolidated' if self.consolidator else ''}"


AUTOMATIC = NodePolicy()


@dataclasses.dataclass(frozen=True, slots=True)
class Policies:
    """The policy of every node, by path."""

    program: NodePolicy = AUTOMATIC
    nodes: Mapping[str, NodePolicy] = dataclasses.field(default_factory=dict[str, NodePolicy])
    units: frozenset[str] = frozenset()
    """Paths of sub-modules and sessions that are nodes themselves."""
    named: frozenset[str] = frozenset()
    """Paths that were given a policy of their own."""

    def of(self, path: str) -> NodePolicy:
        """Return the policy of a node."""
        return self.program if path == ROOT else self.nodes.get(path, AUTOMATIC)

    def within(self, path: str) -> Policies:
        """Return the policies of a session as those of a node at a path, and of its nodes."""
        program = self.program
        if program.isolation == "automatic":
            program = dataclasses.replace(program, isolation="isolated")
        inside = {f"{path}.module.{node}": policy for node, policy in self.nodes.items()}
        return Policies(
            nodes={path: program, **inside},
            units=frozenset({path, *(f"{path}.module.{unit}" for unit in self.units)}),
            named=frozenset(f"{path}.module.{node}" for node in self.named),
        )


class Choices:
    """The memory options of a session, checked for what can be checked without the program.

    Raises:
        ArgumentTypeError: An option is of the wrong type.
        ArgumentError: An option's value is unknown, or contradicts another.
    """

    def __init__(self, options: MemoryOptions) -> None:
        unknown = [name for name in options if name not in MemoryOptions.__annotations__]
        if unknown:
            msg = f"a session takes no argument {unknown[0]!r}"
            raise ArgumentTypeError(msg)
        self.include = _paths("include", options.get("include"))
        self.exclude = _paths("exclude", options.get("exclude"))
        self.where = options.get("where")
        _check_callable("where is a function (path, module) -> bool", self.where)
        self.configs = _configs(options.get("child_configs"))
        self.default = NodePolicy(
            _isolation(options.get("isolation", "isolated")),
            _lifespan(options.get("lifespan", "persistent")),
            _consolidator(options.get("consolidator")),
        )
        given = ("include", "exclude", "where", "isolation", "child_configs")
        asked = [name for name in given if options.get(name) is not None]
        recursive = options.get("recursive")
        if recursive is False and asked:
            msg = (
                f"recursive=False leaves no node for {asked[0]}; drop one of them "
                f"({asked[0]} needs recursive=True)"
            )
            raise ArgumentError(msg)
        self.recursive = bool(asked) if recursive is None else bool(recursive)

    def policies(self, walk: Walk, adopted: Mapping[str, Policies], *, strict: bool) -> Policies:
        """Return the policy of every node of a program.

        Args:
            walk: The program's parts.
            adopted: The policies of the sessions in it, by path.
            strict: Whether a path that is not there is an error; a program may lose parts later.

        Raises:
            ArgumentError: A path is not there, or two policies contradict each other.
        """
        return _Resolution(self, walk, adopted, strict=strict).policies()


class _Resolution:
    """The choices, laid over the parts of one program."""

    def __init__(
        self, choices: Choices, walk: Walk, adopted: Mapping[str, Policies], *, strict: bool
    ) -> None:
        self.choices, self.walk, self.strict = choices, walk, strict
        self.include = self._found("include", choices.include)
        self.exclude = self._found("exclude", choices.exclude or ()) or {}
        self.configs: dict[str, Mapping[str, Any]] = {}
        for path, name in (self._found("child_configs", choices.configs) or {}).items():
            self.configs[path] = choices.configs[name]
        self.given: dict[str, NodePolicy] = {}
        self.units: set[str] = set()
        self.named: set[str] = set()
        for path, policies in adopted.items():
            inside = policies.within(path)
            self.given.update(inside.nodes)
            self.units |= inside.units
            self.named |= inside.named
        self._check_selection()

    def _found(self, option: str, names: Iterable[str] | None) -> dict[str, str] | None:
        """Return paths as the program spells them, to the names they were given by."""
        if names is None:
            return None
        found: dict[str, str] = {}
        for name in names:
            part = None if name == ROOT else self.walk.find(name)
            path = name if part is None else part.path
            if part is None and not (name == ROOT and option == "child_configs"):
                if not self.strict:
                    continue
                alike = ", ".join(repr(one) for one in self.walk.nearest(name))
                hint = f"; there are {alike}" if alike else "; the program has no nested parts"
                msg = f"{option} names {name!r}, and the program has no part at that path{hint}"
                raise ArgumentError(msg)
            if path in found:
                msg = f"{option} names one part twice: {found[path]!r} and {name!r} are the same"
                raise ArgumentError(msg)
            found[path] = name
        return found

    def _check_selection(self) -> None:
        both = sorted(set(self.include or ()) & set(self.exclude))
        if both:
            msg = f"{both[0]!r} is both included and excluded; name it once"
            raise ArgumentError(msg)
        for path, config in self.configs.items():
            left_out = path != ROOT and config.get("enabled") is not False and not self._in(path)
            if left_out and not any(self._in(inner) for inner in self._inside(path)):
                msg = f"child_configs configures {path!r}, which include or exclude leaves out"
                raise ArgumentError(msg)

    def _inside(self, path: str) -> list[str]:
        return [part.path for part in self.walk.parts if is_within(part.path, path)]

    def _in(self, path: str) -> bool:
        if self.include is not None and not innermost(self.include, path):
            return False
        return not innermost(self.exclude, path)

    def _selected(self, part: Part) -> bool:
        where = self.choices.where
        return self._in(part.path) and (where is None or bool(where(part.path, part.value)))

    def policies(self) -> Policies:
        recursive, default = self.choices.recursive, self.choices.default
        program = self._configured(ROOT, dataclasses.replace(default, isolation="automatic"))
        nodes = dict(self.given)
        kinds = ("predictor", "session", "module")
        for part in self.walk.of_kind(*kinds) if recursive else ():
            if part.path == ROOT:
                continue
            if part.kind == "module" and (part.path not in self.configs or part.within):
                continue
            nodes[part.path] = self._policy(part, nodes)
            if part.kind == "module" and nodes[part.path].enabled:
                self.units.add(part.path)
        policies = Policies(
            program, nodes, frozenset(self.units), frozenset(self.named | set(self.configs))
        )
        self._check(policies)
        return policies

    def _policy(self, part: Part, nodes: Mapping[str, NodePolicy]) -> NodePolicy:
        path, base = part.path, self.choices.default
        if part.within is not None or part.kind == "session":  # it was told already
            base = self.given.get(path, AUTOMATIC)
        elif any(self._is_unit(outer) for outer in innermost(self.configs, path)):
            base = dataclasses.replace(base, consolidator=None)
        policy = self._configured(path, base)
        left_out = part.within is not None and not nodes[part.within].enabled
        if left_out or (part.kind != "module" and not self._selected(part)):
            policy = dataclasses.replace(policy, enabled=False)
        return policy

    def _is_unit(self, path: str) -> bool:
        part = self.walk.find(path)
        return part is not None and part.kind in ("module", "session")

    def _configured(self, path: str, policy: NodePolicy) -> NodePolicy:
        """Lay the configurations along a path over a policy, the outermost first."""
        for outer in reversed(innermost(self.configs, path)):
            config = dict(self.configs[outer])
            if outer != path and self._is_unit(outer):
                config.pop("consolidator", None)  # the sub-module's own episode is consolidated
            policy = dataclasses.replace(policy, **config)
        return policy

    def _check(self, policies: Policies) -> None:
        for path, config in self.configs.items():
            policy = policies.of(path)
            name = "the program" if path == ROOT else repr(path)
            extra = [key for key in ("lifespan", "consolidator") if config.get(key) is not None]
            if config.get("isolation") == "shared" and extra:
                msg = (
                    f"{name} is shared: it reads the conversation and keeps no ledger, so "
                    f"{extra[0]} says nothing; drop it, or make the node isolated"
                )
                raise ArgumentError(msg)
            _check_episodes(name, config.get("consolidator"), policy.lifespan)
            if policy.keeps and config.get("lifespan") and policies.program.lifespan == "stateless":
                msg = (
                    f"{name} is to be {policy.lifespan}, but the program is stateless and records "
                    f"no turns that a node's calls could belong to"
                )
                raise ArgumentError(msg)
        spans = {policies.program.lifespan, *(one.lifespan for one in policies.nodes.values())}
        if self.choices.default.consolidator is not None and "episodic" not in spans:
            _check_episodes("every node", self.choices.default.consolidator, "persistent")


def _check_episodes(name: str, consolidator: Consolidator | None, lifespan: Lifespan) -> None:
    if consolidator is not None and lifespan != "episodic":
        msg = (
            f"{name} has a consolidator, which runs at the end of an episode, but its lifespan is "
            f"{lifespan!r}; set lifespan='episodic' or drop the consolidator"
        )
        raise ArgumentError(msg)


def _paths(name: str, value: Any) -> tuple[str, ...] | None:
    if value is None:
        return None
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        msg = f"{name} is a collection of paths such as {{'planner', 'steps[0]'}}, got {value!r}"
        raise ArgumentTypeError(msg)
    paths: tuple[Any, ...] = tuple(value)
    for path in paths:
        if not isinstance(path, str):
            msg = f"{name} holds paths, got {path!r}"
            raise ArgumentTypeError(msg)
    return tuple(dict.fromkeys(paths))


def _configs(value: Any) -> dict[str, Mapping[str, Any]]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        msg = f"child_configs is a dict of paths to settings, got {type(value).__name__}"
        raise ArgumentTypeError(msg)
    given: Mapping[Any, Any] = value
    return {_paths("child_configs", (p,))[0]: _config(p, one) for p, one in given.items()}  # type: ignore[index]


def _config(path: str, config: Any) -> Mapping[str, Any]:
    keys = ", ".join(map(repr, _CONFIG_KEYS))
    if not isinstance(config, Mapping):
        msg = f"child_configs[{path!r}] is a dict with keys of {keys}, got {config!r:.80}"
        raise ArgumentTypeError(msg)
    unknown = [key for key in config if key not in _CONFIG_KEYS]
    if unknown:
        msg = f"child_configs[{path!r}] has no setting {unknown[0]!r}; there are {keys}"
        raise ArgumentError(msg)
    checks: dict[str, Callable[[Any], Any]] = {
        "isolation": _isolation,
        "lifespan": _lifespan,
        "consolidator": _consolidator,
        "enabled": _switch,
    }
    return {key: checks[key](value) for key, value in config.items()}


def _isolation(value: Any) -> Any:
    return _choice("isolation", value, Isolation)


def _lifespan(value: Any) -> Any:
    return _choice("lifespan", value, Lifespan)


def _choice(name: str, value: Any, choices: Any) -> Any:
    allowed: tuple[str, ...] = get_args(choices)
    if value not in allowed:
        msg = f"{name} is one of {', '.join(map(repr, allowed))}, got {value!r}"
        raise ArgumentError(msg)
    return value


def _consolidator(value: Any) -> Consolidator | None:
    _check_callable(
        "a consolidator is a function or module (past_memory, episode_transcript)", value
    )
    return value


def _check_callable(wanted: str, value: Any) -> None:
    if value is not None and (not callable(value) or isinstance(value, type)):
        kind = value.__name__ if isinstance(value, type) else type(value).__name__
        msg = f"{wanted}, got {'the class ' if isinstance(value, type) else ''}{kind}"
        raise ArgumentTypeError(msg)


def _switch(value: Any) -> bool:
    if not isinstance(value, bool):
        msg = f"enabled is True or False, got {value!r}"
        raise ArgumentTypeError(msg)
    return value
