"""A DSPy program that remembers: plan a call, run it, record it."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import dspy
from dspy.predict.parameter import Parameter
from typing_extensions import Unpack

from ._binding import StateBinding
from ._calls.call import Call, Order, commit_to, order_of
from ._calls.inject import Sessioned
from ._calls.memory import Choices, MemoryOptions
from ._calls.nested import NestedModule
from ._calls.notify import notify, settle
from ._calls.parts import with_part
from ._calls.policy import Settings, field_names
from ._calls.program import attributes_for, checked_module, copied
from ._calls.streams import told
from ._calls.trial import is_trial
from ._calls.walk import is_session
from ._core import OWNER, adopting
from ._showing import Showing
from ._state import SessionState, as_seed
from ._tree.branch import Branch
from ._tree.conversation import Conversation
from ._tree.record import new_id
from ._tree.running import RunningCall
from ._tree.values import thawed
from ._turns import Turn, Turns
from .errors import ArgumentError, ArgumentTypeError

if TYPE_CHECKING:
    from .stores import SessionStore


class Session(Showing, dspy.Module):  # pyright: ignore[reportIncompatibleMethodOverride]
    """A DSPy program with a conversation: call it like the program, and it remembers.

    Args:
        module: The program to wrap.
        history_field: Name of the history input to add where a signature has none.
        max_turns: The most history messages that enter a prompt, newest kept; None: all.
        max_stored_turns: The most turns kept in memory; older ones go, indices stay.
        exclude_fields: Fields that never enter the history, e.g. ``{"context"}``.
        history_input_fields: The only inputs that enter the history; None: all.
        initial_history: Messages from before the first turn.
        history_policy: What an explicit ``history=`` argument means: ``"override"`` runs with it
            and records nothing, ``"use_if_provided"`` records the turn, ``"replace_session"``
            starts the conversation anew from it.
        on_metric_error: ``"zero"`` counts a failing metric 0.0, ``"raise"`` raises.
        strict_history_annotation: Whether only ``dspy.History`` itself marks a history field.
        copy_mode: ``"deep"`` wraps a copy of the program, ``"shallow"`` a shallow copy, ``"none"``
            the program itself.
        lock: ``"none"``, ``"thread"`` or ``"async"``. Calls on one conversation always run one
            after the other, for threads and coroutines alike; the value is kept for callers.
        on_turn: Called with (session, turn) after each recorded turn; may be async. Its errors
            are logged and change nothing.
        max_history_tokens: The most tokens of history that enter a prompt, the newest messages
            kept: the serving model's own count for OpenAI's models, else four bytes a token until
            the model reports what a prompt was. When they are full, the oldest quarter goes at
            once, so that prompts begin alike in between and the provider's prompt cache hits.
        trim_block: How many turns go at once, under ``max_turns`` and ``max_history_tokens``;
            None: one under ``max_turns``, a quarter of the tokens.
        input_field_override: Another name for ``history_input_fields``.
        store: Where conversations are kept, or its URL, see :func:`dspy_session.stores.open_store`;
            :meth:`open` opens one of them.
        memory: What nested nodes remember, as :func:`dspy_session.with_memory` says; unless
            something is asked for there, they see the conversation, or their own calls.

    Raises:
        ArgumentTypeError: An argument is of the wrong type, e.g. ``module`` is no ``dspy.Module``.
        ArgumentError: An argument's value makes no sense, or contradicts another.

    Example:
        >>> chat = Session(dspy.Predict("question -> answer"))
        >>> chat(question="Hi, I'm Max")
        >>> chat(question="What is my name?").answer
    """

    def __init__(  # noqa: PLR0913  # the constructor of the published package, kept whole
        self,
        module: dspy.Module,
        history_field: str = "history",
        max_turns: int | None = None,
        max_stored_turns: int | None = None,
        exclude_fields: Iterable[str] | None = None,
        history_input_fields: Iterable[str] | None = None,
        initial_history: dspy.History | None = None,
        history_policy: str = "override",
        on_metric_error: str = "zero",
        strict_history_annotation: bool = False,  # noqa: FBT001, FBT002  # as published
        copy_mode: str = "deep",
        lock: str = "none",
        on_turn: Callable[[Session, Turn], Any] | None = None,
        *,
        max_history_tokens: int | None = None,
        trim_block: int | None = None,
        input_field_override: Iterable[str] | None = None,
        store: str | SessionStore | None = None,
        **memory: Unpack[MemoryOptions],
    ) -> None:
        dspy.Module.__init__(self)
        if isinstance(module, Session) and not isinstance(module, (Sessioned, NestedModule)):
            msg = "the module is a session already; use it, or wrap its .module"
            raise ArgumentTypeError(msg)
        allowed = field_names("history_input_fields", history_input_fields)
        also = field_names("input_field_override", input_field_override)
        if allowed is not None and also is not None and allowed != also:
            msg = "history_input_fields and input_field_override are one setting; give one of them"
            raise ArgumentError(msg)
        self._settings = Settings(
            history_field=history_field,
            max_turns=max_turns,
            max_stored_turns=max_stored_turns,
            exclude_fields=field_names("exclude_fields", exclude_fields) or frozenset(),
            history_input_fields=allowed if allowed is not None else also,
            history_policy=history_policy,  # type: ignore[arg-type]  # checked by Settings
            on_metric_error=on_metric_error,  # type: ignore[arg-type]
            strict_history_annotation=strict_history_annotation,
            copy_mode=copy_mode,  # type: ignore[arg-type]
            lock=lock,  # type: ignore[arg-type]
            on_turn=on_turn,
            max_history_tokens=max_history_tokens,
            trim_block=trim_block,
        )
        self._choices = Choices(memory)
        self._initial = as_seed(initial_history)
        self._id = new_id()
        first = adopting(module, Branch(seed=self._initial))
        self._wrap(module if not isinstance(module, dspy.Module) else copied(module, copy_mode))  # type: ignore[arg-type]
        self._own_state = SessionState._of(Conversation(first), first.key)
        self._keep_in(store)

    # --- calls -------------------------------------------------------------------------------

    def __call__(self, *args: Any, **inputs: Any) -> Any:
        """Say something: run the program with the history so far and record the turn.

        Takes the program's inputs by name, returns what the program returns.
        """
        self._refuse_positional(args)
        return dspy.Module.__call__(self, **inputs)  # pyright: ignore[reportCallIssue]

    async def acall(self, *args: Any, **inputs: Any) -> Any:
        """The same as calling the session, awaited.

        Cancelled, it leaves no trace. A program without ``aforward`` runs in a thread, which then
        goes on to its end for nothing; of ``dspy.asyncify(session)``, which DSPy lets go on in the
        same way, the whole turn is recorded when the thread ends.
        """
        self._refuse_positional(args)
        return await dspy.Module.acall(self, **inputs)  # pyright: ignore[reportCallIssue]

    def forward(self, **inputs: Any) -> Any:
        """Run one turn; see :meth:`__call__`."""
        order, settings = self._order(inputs), self._present_settings()
        records = settings.records(given=order.history is not None)
        with self._turn_lock(records=records), self._told(order, records=records) as running:
            call = Call(self._program, settings, order, self._branch)
            with call.open(running):
                result = call.run()
            turn = self._stored(lambda: self._commit(call, result)) if records else None
        for listener in () if turn is None else self._listeners(turn):
            settle(notify(*listener))
        return result

    async def aforward(self, **inputs: Any) -> Any:
        """Run one turn; see :meth:`acall`."""
        order, settings = self._order(inputs), self._present_settings()
        records = settings.records(given=order.history is not None)
        async with self._turn_alock(records=records):
            with self._told(order, records=records) as running:
                call = Call(self._program, settings, order, self._branch)
                with call.open(running):
                    result = await call.arun()
                turn = None
                if records:
                    turn = await self._astored(lambda: self._commit(call, result))
        for listener in () if turn is None else self._listeners(turn):
            if (left := notify(*listener)) is not None:
                await left
        return result

    def _refuse_positional(self, args: tuple[Any, ...]) -> None:
        self._refuse_unopened()
        if args:
            names = ", ".join(f"{name}=…" for name in self._program.inputs) or "question=…"
            msg = f"a session takes its inputs by name: session({names})"
            raise ArgumentTypeError(msg)

    def _order(self, inputs: Mapping[str, Any]) -> Order:
        self._refresh()
        return order_of(self._program, inputs)

    def _present_settings(self) -> Settings:
        if self._settings.memory and is_trial():
            return dataclasses.replace(self._settings, memory=False)
        return self._settings

    def _commit(self, call: Call, result: Any) -> Turn:
        state = self._state
        commit = commit_to(state._conversation, state._key)
        branch = commit(lambda present: call.record(present, result))
        return Turn(branch, len(branch.log) - 1)

    def _turn_lock(self, *, records: bool) -> AbstractContextManager[None]:
        if not records or self._under_way():
            return nullcontext()
        return self._conversation.call_lock(self._key).held()

    @asynccontextmanager
    async def _turn_alock(self, *, records: bool) -> AsyncGenerator[None, None]:
        if not records or self._under_way():
            yield
            return
        async with self._conversation.call_lock(self._key).aheld():
            yield

    def _told(self, order: Order, *, records: bool) -> AbstractContextManager[RunningCall | None]:
        return told(self._conversation, self._key, order.inputs) if records else nullcontext()

    # --- state -------------------------------------------------------------------------------

    @property
    def turns(self) -> Turns:
        """The turns of the branch, oldest first. See :class:`Turn`."""
        return self._state.turns

    @property
    def session_history(self) -> dspy.History:
        """The history that the next call would see."""
        call = Call(self._program, self._settings, Order({}, None), self._branch)
        return dspy.History(messages=[thawed(message) for message in call.frame.seen.messages])

    def __len__(self) -> int:
        return len(self.turns)

    def __bool__(self) -> bool:
        return True  # an empty session is a session

    @property
    def initial_history(self) -> dspy.History | None:
        """The messages from before the first turn."""
        return self._state.initial_history

    @property
    def state(self) -> SessionState:
        """The state this session is bound to here: its own, or the one of ``use_state``."""
        return self._state

    def new_state(self) -> SessionState:
        """Return an empty state for one user, with the session's initial history."""
        return self._fresh_state()

    def use_state(self, state: SessionState) -> StateBinding:
        """Bind a state for the body of ``with`` or ``async with``, in this task or thread only.

        Raises:
            ArgumentTypeError: ``state`` is no SessionState.
            ArgumentError: Its turns are those of another program, with other inputs.
        """
        if not isinstance(state, SessionState):
            msg = f"use_state takes a SessionState, got {type(state).__name__}"
            if isinstance(state, Mapping):
                msg += "; read it with SessionState.from_dict(…)"
            raise ArgumentTypeError(msg)
        self._program.check_turns(state._branch)
        return StateBinding(self._id, state)

    # --- the program ---------------------------------------------------------------------------

    @property
    def program_name(self) -> str:
        """Class name of the wrapped program."""
        return self._program.name

    def update_module(self, module: dspy.Module, node: str | None = None) -> None:
        """Put another program in place, e.g. an optimized one; the conversation goes on.

        Args:
            module: The program, or the new part; it is copied as ``copy_mode`` says.
            node: Path of the predictor to replace, e.g. ``"planner"``; None: the whole program.

        Raises:
            ArgumentTypeError: It is no ``dspy.Module``.
            ArgumentError: There is no such node, or the new part takes or gives other fields.
        """
        if is_session(module):
            module = module.module  # type: ignore[attr-defined]
        if isinstance(module, dspy.Module):
            module = copied(module, self._settings.copy_mode)
        if node is not None:
            program = copied(self.module, self._settings.copy_mode)
            module = with_part(program, node, checked_module(module))
        self._wrap(module)

    def stateless(self) -> Session:
        """Return the same program with no memory: for metrics, ``Evaluate`` and parallel use.

        It shares the program, records nothing, and sees a history only when one is passed.
        """
        return self._sibling(self.module, self._fresh_state(), memory=False)

    def deepcopy(self) -> Session:
        """Return a copy of the program, as optimizers ask for it, with an empty conversation."""
        twin = self._sibling(self.module.deepcopy(), self._fresh_state())
        twin._store = twin._stored_as = None
        return twin

    def __deepcopy__(self, memo: dict[int, Any]) -> Session:
        twin = self.deepcopy()
        memo[id(self)] = twin
        return twin

    def _sibling(
        self, module: dspy.Module, state: SessionState, *, memory: bool | None = None
    ) -> Session:
        twin = type(self).__new__(type(self))
        vars(twin).update(attributes_for(twin, self))
        vars(twin).pop(OWNER, None)
        twin.history, twin.callbacks = [], list(self.callbacks)
        twin._id = new_id()
        if memory is not None:
            twin._settings = dataclasses.replace(self._settings, memory=memory)
        twin._own_state = state
        if module is not self.module:
            twin._wrap(module)
        return twin

    def _on_branch(self, key: str) -> Session:
        state = self._state
        if state is self._own_state and key == state._key:
            return self
        return self._sibling(self.module, SessionState._of(state._conversation, key))

    def _copy_on(self, conversation: Conversation, key: str) -> Session:
        module = copied(self.module, self._settings.copy_mode)
        return self._sibling(module, SessionState._of(conversation, key))

    def _fields(self) -> tuple[list[tuple[str, Any]], list[tuple[str, Any]]]:
        """Return input and output fields with their annotations."""
        newest = self._branch.log.last
        inputs = self._program.inputs or dict.fromkeys(newest.inputs if newest else (), str)
        outputs = self._program.output_fields(newest.outputs if newest else None)
        return list(inputs.items()), list(outputs.items())

    def named_parameters(self) -> list[tuple[str, Any]]:
        """Return the program's parameters, those of a compiled program too."""
        if isinstance(self.module, Parameter):
            return [("module", self.module)]
        return [(f"module.{name}", one) for name, one in self.module.named_parameters()]

    def dump_state(self, *args: Any, **options: Any) -> dict[str, Any]:
        """Return the program's state, as the plain program would; takes the same arguments."""
        return self.module.dump_state(*args, **options)

    def load_state(self, state: dict[str, Any], **options: Any) -> Any:
        """Load the program's state, from a session or from the plain program."""
        return self.module.load_state(state, **options)

    def __getattribute__(self, name: str) -> Any:
        # DSPy warns when `forward` is called directly; ours is one of the ways to take a turn.
        return object.__getattribute__(self, name)

    def __repr__(self) -> str:  # pyright: ignore[reportIncompatibleMethodOverride]
        return (
            f"Session({self.program_name}, turns={len(self.turns)}, "
            f"history_field={self.history_field!r})"
        )
