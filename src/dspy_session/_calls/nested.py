"""A call of a module or a session that is a node of the program around it."""

from __future__ import annotations

import dataclasses
import inspect
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

from .._tree.branch import Branch
from .._tree.record import ROOT, Node, Nodes
from .._tree.running import RunningCall
from .._tree.values import Fields
from .call import Call, Order
from .frame import Frame, Seen
from .inject import frame_around, reduced
from .policy import Settings
from .program import Program, Shape


class NestedCall(Call):
    """A call whose conversation is a node's ledger; it is left in the call around it.

    Use it in this order: :meth:`open` around the module's own work, then :meth:`leave`.
    """

    program: Shape  # pyright: ignore[reportIncompatibleVariableOverride]  # all that it needs of it

    def __init__(  # what a call is made of
        self,
        frame: Frame,
        path: str,
        settings: Settings,
        order: Order,
        *,
        seed: tuple[Fields, ...] | None = None,
        program: Shape | None = None,
    ) -> None:
        self.around, self.node = frame, path
        shown = dataclasses.replace(frame.shown(path), seed=seed)
        shape: Any = program or frame.standing.shapes[path]
        if settings.history_policy == "replace_session":  # a node's calls stay what they were
            settings = dataclasses.replace(settings, history_policy="use_if_provided")
        super().__init__(shape, settings, order, shown)

    def _frame(self, branch: Branch) -> Frame:
        around, path = self.around, self.node
        policy = around.standing.policies.of(path)
        window, nodes = self._planned(branch)
        seen = Seen.of(window, branch.log, path)
        if self.order.history is None and policy.isolation == "shared":
            seen = around.root.seen
        records = self._records
        standing = around.standing if records else around.standing.elsewhere(nodes)
        if records and self.order.history is None:
            is_session = isinstance(self.program, Program)  # with a window of its own
            nodes = _as_far_back(nodes if is_session else standing.now(), around.nodes)
        speaker = self.program.speaker
        prefix, node_paths = around.prefix, around.node_paths
        if isinstance(self.program, Program):  # a session has paths of its own
            prefix, node_paths = f"{path}.module.", self.program.node_paths
            speaker = path if speaker == ROOT else speaker and f"{prefix}{speaker}"
        else:
            speaker = speaker and f"{path}.{speaker}"
        return dataclasses.replace(
            around,
            branch=branch,
            seen=seen,
            nodes=nodes,
            standing=standing,
            settings=self.settings,
            node_paths=node_paths,
            speaker=speaker,
            config={**around.config, **self.order.config},
            node=path,
            prefix=prefix,
            around=around,
            calls=[],
            requests=[],
            notes=[],
            lock=threading.Lock(),
        )

    def _in_sight(self, branch: Branch) -> Branch:
        return branch  # the ledger was shown without its ended episodes

    @contextmanager
    def open(self, running: RunningCall | None = None) -> Generator[None, None, None]:
        """Run the body as the call; what a failed one did is kept in the call around it."""
        try:
            with super().open(running):
                yield
        except BaseException:
            if self._records:
                self.frame.leave_all()
            raise

    @property
    def _ends_episodes(self) -> bool:
        return False  # they end with the program's call

    def leave(self, result: Any) -> None:
        """Leave the finished call in the one around it."""
        if not self._records:
            self.around.leave_requests([r for one in self.frame.calls for r in one.all_requests()])
            self.around.leave_requests(self._requests())
            return
        record = self.recorded(result, self.frame.finished())
        shared = self.frame.seen is self.around.root.seen
        self.around.leave(
            dataclasses.replace(record, before=self.frame.nodes, saw=ROOT if shared else None)
        )


def _as_far_back(nodes: Nodes, as_those: Nodes) -> Nodes:
    """Return nodes with those calls in sight that are in sight in the call around.

    A module's own calls do not tell: one that is stateless, or whose episode ended, has none.
    """
    within: dict[str, Node] = {}
    for path, node in nodes.items():
        first = as_those[path].ledger.first if path in as_those else 0
        first = max(first, node.ledger.first)
        within[path] = dataclasses.replace(node, ledger=node.ledger.reaching_back_to(first))
    return within


class NestedModule:
    """Mixed into a sub-module's class: its calls inside a session are calls of a node."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        call = self._call(args, kwargs)
        if call is None:
            return super().__call__(*args, **kwargs)  # type: ignore[misc]
        with call.open():
            result = super().__call__(**call.inputs)  # type: ignore[misc]
        call.leave(result)
        return result

    async def acall(self, *args: Any, **kwargs: Any) -> Any:
        call = self._call(args, kwargs)
        if call is None:
            return await super().acall(*args, **kwargs)  # type: ignore[misc]
        with call.open():
            result = await super().acall(**call.inputs)  # type: ignore[misc]
        call.leave(result)
        return result

    def _call(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> NestedCall | None:
        frame = frame_around(self)
        if frame is None:
            return None
        path = frame.path_of(self)
        if path not in frame.standing.shapes:
            return None  # a copy, in a program that does not know its place
        inputs = dict(kwargs) if not args else _named(self, args, kwargs)
        if inputs is None:
            return None
        # Allowed inputs are the program's; whether the call is a trial was decided around it.
        settings = dataclasses.replace(frame.settings, history_input_fields=None, memory=True)
        return NestedCall(frame, path, settings, Order(inputs, None))

    def __reduce_ex__(self, protocol: Any) -> Any:
        return reduced(self)


def _named(module: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return a call's arguments by name, or None where they have none."""
    entry: Any = getattr(type(module), "forward", None) or type(module).aforward
    bound = inspect.signature(entry).bind(module, *args, **kwargs)
    found = dict(bound.arguments)
    kinds = {name: one.kind for name, one in bound.signature.parameters.items()}
    if any(kinds[name] is inspect.Parameter.VAR_POSITIONAL for name in found):
        return None
    rest = [n for n in found if kinds[n] is inspect.Parameter.VAR_KEYWORD]
    more = {name: value for one in rest for name, value in found.pop(one).items()}
    del found[next(iter(bound.signature.parameters))]  # self
    return {**found, **more}
