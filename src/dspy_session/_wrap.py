"""Make a session of a program."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import dspy

from ._calls.memory import Consolidator, Isolation, Lifespan
from ._session import Session
from .session_memory import SessionById, SessionMemory


def sessionify(
    module: dspy.Module, *, memory: bool | SessionMemory | None = None, **settings: Any
) -> Session:
    """Return a session over a program: call it like the program, and it remembers.

    Args:
        module: Any ``dspy.Module``; it is copied, so the original stays as it is.
        memory: Keeps one conversation for each ``session_id=`` that a call names: ``True`` for the
            SQLite file ``agent_sessions.db``, or a
            :class:`~dspy_session.session_memory.SessionMemory`.
        settings: The other arguments of :class:`Session`, and those of :func:`with_memory`.

    Example:
        >>> chat = sessionify(dspy.Predict("question -> answer"))
        >>> chat(question="Hi, I'm Max")
        >>> chat(question="What is my name?").answer
    """
    if memory is None or memory is False:
        return Session(module, **settings)
    return SessionById(module, memory, **settings)


def with_memory(  # noqa: PLR0913  # the published signature, kept whole
    module: dspy.Module,
    recursive: bool = True,  # noqa: FBT001, FBT002  # as published
    include: Iterable[str] | None = None,
    exclude: Iterable[str] | None = None,
    where: Callable[[str, Any], bool] | None = None,
    isolation: Isolation = "isolated",
    lifespan: Lifespan = "persistent",
    consolidator: Consolidator | None = None,
    child_configs: Mapping[str, Mapping[str, Any]] | None = None,
    **settings: Any,
) -> Session:
    """Return a shared blueprint: one program for many users, each with a state of their own.

    The program is not copied. Bind each user's state around a call::

        app = with_memory(MyAgent())
        with app.use_state(alice):
            app(question="Hi")

    Each nested predictor is a node with a memory of its own, and reads like a session
    (``app.module.planner.turns``). Paths are DSPy's: ``planner``, ``steps[0]``,
    ``tools['search']``, ``researcher.writer``.

    Args:
        module: Any ``dspy.Module``.
        recursive: Whether nested predictors are such nodes. When not, each sees the conversation
            where its turns can stand in the predictor's prompt, and else its own earlier calls.
        include: Paths of the only parts to make nodes of, with all that is in them.
        exclude: Paths of parts to leave as they are: they see no history and keep no ledger.
        where: Asked of each nested predictor and session, ``(path, module)``; False leaves it out.
        isolation: ``"isolated"``: a node sees its own earlier calls, those of the running turn
            too. ``"shared"``: it reads the program's conversation and keeps no ledger; where the
            turns cannot stand in its prompt, they are shown as text in an input ``transcript``.
        lifespan: ``"persistent"``: nodes remember all their calls. ``"episodic"``: those of one
            turn; then the ledger is emptied. ``"stateless"``: none. It holds for the program
            itself too.
        consolidator: Turns an episode into memory when its turn is done: a module or function,
            perhaps async, of ``past_memory`` and ``episode_transcript``, that returns text or a
            field ``updated_memory``. The node reads it with
            :func:`~dspy_session.get_node_memory`, or in an input ``memory`` of its signature that
            the program does not pass. When it fails, that is logged and stands in
            ``turn.flags``, and the episode goes on.
        child_configs: Path to ``isolation``, ``lifespan``, ``consolidator`` of one part, or
            ``enabled: False`` to leave it as it is. Of a sub-module they hold for the predictors
            in it; the sub-module becomes a node itself, and consolidates as one. ``self`` is the
            program.
        settings: The other arguments of :class:`Session`; ``copy_mode`` defaults to ``"none"``.

    Raises:
        ArgumentError: A path is not there, or two choices contradict each other.
        ArgumentTypeError: An argument is of the wrong type.

    Example:
        >>> app = with_memory(Agent(), child_configs={"searcher": {"lifespan": "episodic"}})
    """
    settings.setdefault("copy_mode", "none")
    memory: dict[str, Any] = {
        "recursive": recursive,
        "include": include,
        "exclude": exclude,
        "where": where,
        "lifespan": lifespan,
        "consolidator": consolidator,
        "child_configs": child_configs,
        **({"isolation": isolation} if recursive or isolation != "isolated" else {}),
    }
    return Session(module, **memory, **settings)
