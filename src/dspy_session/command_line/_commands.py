"""What each command does: it prints, and returns whether all is well."""

from __future__ import annotations

import argparse
import io
import json
import re
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from .._session import Session
from ..config import AgentFactory
from ..errors import ArgumentError, SessionNotFoundError
from ..export import value_text
from ..manager import SessionManager
from ..manager.check import problems_in
from ..stores import SessionInfo, SessionStore, open_store

_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")

Command = Callable[[argparse.Namespace], bool]


def list_sessions(given: argparse.Namespace) -> bool:
    """Print one page of sessions."""
    with _store(given.store) as store:
        page = store.list_sessions(
            user_id=given.user,
            status=given.status,
            text=given.text,
            metadata=dict(_name_and_value(one) for one in given.metadata),
            limit=given.limit,
            after=given.after,
        )
    for info in page.sessions:
        _say(_summary(info) if given.json else _line(info))
    if page.after is None:
        return True
    if given.json:
        _say({"after": page.after})
    else:
        sys.stderr.write(f"more: --after {page.after}\n")
    return True


def show(given: argparse.Namespace) -> bool:
    """Print the turns of a session."""
    with _store(given.store) as store, _opened(store, given) as session:
        info = store.info(given.session_id)
        if not given.json and info is not None:
            _say(_line(info))
        for turn in session.turns:
            if given.json:
                told = {"turn": turn.index, "turn_id": turn.id, "at": turn.created_at.isoformat()}
                fields = {"inputs": _texts(turn.inputs), "outputs": _texts(turn.outputs)}
                _say({**told, **fields, "score": turn.score, "edited": turn.edited})
            else:
                _say(f"\n{turn.index}{' (edited)' if turn.edited else ''}")
                for name, value in {**turn.inputs, **turn.outputs}.items():
                    _say(f"  {name}: {_indented(value_text(value))}")
        for problem in session.problems:
            sys.stderr.write(f"{problem.row}: {problem.message}\n")
        return not session.problems


def export(given: argparse.Namespace) -> bool:
    """Write a session's turns to a file."""
    path = Path(given.to)
    if path.exists() and not given.force:
        msg = f"{str(path)!r} exists already; --force writes over it"
        raise ArgumentError(msg)
    with _store(given.store) as store, _opened(store, given, skip=False) as session:
        session.export(path, format=given.format)
        turns = len(session.turns)
    _say({"file": str(path), "turns": turns} if given.json else f"{turns} turns to {path}")
    return True


def delete(given: argparse.Namespace) -> bool:
    """Take sessions away."""
    if not given.yes:
        msg = f"delete takes {len(given.session_id)} sessions away for good; say so with --yes"
        raise ArgumentError(msg)
    with _store(given.store) as store:
        done = {session_id: store.delete(session_id) for session_id in given.session_id}
    for session_id, was_there in done.items():
        word = "deleted" if was_there else "not there"
        told = {"session_id": session_id, "deleted": was_there}
        _say(told if given.json else f"{session_id}: {word}")
    return all(done.values())


def migrate(given: argparse.Namespace) -> bool:
    """Bring an older store to this version's form."""
    with _store(given.store) as store:
        before, after = store.migrate()
    same = "is of this version's form already"
    words = same if before == after else f"was of form {before}, and is of form {after} now"
    _say({"before": before, "after": after} if given.json else f"the store {words}")
    return True


def check(given: argparse.Namespace) -> bool:
    """Read everything, and say what is damaged; of a YAML file, say what it would build."""
    if given.store.lower().endswith((".yaml", ".yml")):
        return _check_agents(given)
    sound, count = True, 0
    with _store(given.store) as store:
        for problem in store.problems():
            sound = False
            _say({"problem": problem} if given.json else problem)
        for info in store.sessions(limit=1_000):
            count += 1
            for problem in problems_in(store, info.session_id):
                sound = False
                told = {"session_id": problem.session_id, "row": problem.row}
                line = f"{problem.session_id}: {problem.row or 'the session'}: {problem.message}"
                _say({**told, "problem": problem.message} if given.json else line)
    if given.json:
        _say({"sessions": count, "sound": sound})
    else:
        _say(f"{count} sessions read, {'all sound' if sound else 'with the problems above'}")
    return sound


def _check_agents(given: argparse.Namespace) -> bool:
    for name, built in AgentFactory.from_yaml(given.store).describe().items():
        _say({"agent": name, "built": built} if given.json else f"{name}: {built}")
    return True


# --- their parts ---------------------------------------------------------------------------------


@contextmanager
def _store(url: str) -> Generator[SessionStore]:
    parts = urlsplit(url)
    path = Path(unquote(parts.path).removeprefix("/"))
    if parts.scheme == "memory":
        msg = "a store in memory is empty in every new process; name a file or a server"
        raise ArgumentError(msg)
    if parts.scheme.partition("+")[0] == "sqlite" and parts.path and not path.is_file():
        # Opening it would make it, and a slip of the pen would look like an empty store.
        msg = f"there is no file {str(path)!r}"
        raise ArgumentError(msg)
    with open_store(url) as store:
        yield store


@contextmanager
def _opened(
    store: SessionStore, given: argparse.Namespace, *, skip: bool = True
) -> Generator[Session]:
    if store.info(given.session_id) is None:
        msg = f"the store has no session {given.session_id!r}"
        raise SessionNotFoundError(msg)
    manager = SessionManager(store)
    with manager.open(given.session_id, on_corrupt="skip" if skip else "raise") as session:
        chosen = session if given.branch is None else session.branches.get(given.branch)
        if chosen is None:
            there = ", ".join(map(repr, session.branches))
            msg = f"session {given.session_id!r} has no branch {given.branch!r}; it has {there}"
            raise ArgumentError(msg)
        yield chosen


def _say(told: Any) -> None:
    text = told if isinstance(told, str) else json.dumps(told, ensure_ascii=False)
    # What a model wrote must not steer the terminal.
    text = _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.flush()
        sys.stdout.buffer.write((text + "\n").encode("utf-8", "backslashreplace"))
    else:
        sys.stdout.write(text + "\n")


def _summary(info: SessionInfo) -> dict[str, Any]:
    return {
        "session_id": info.session_id,
        "user_id": info.user_id,
        "status": info.status,
        "metadata": dict(info.metadata),
        "turns": info.turns,
        "branches": info.branches,
        "preview": info.preview,
        "created_at": info.created_at.isoformat(),
        "updated_at": info.updated_at.isoformat(),
    }


def _line(info: SessionInfo) -> str:
    user = "-" if info.user_id is None else info.user_id
    moment = f"{info.updated_at:%Y-%m-%d %H:%M}"
    status = "" if info.status == "active" else f"  [{info.status}]"
    return f"{info.session_id}  {user}  {info.turns} turns  {moment}{status}  {info.preview}"


def _texts(fields: dict[str, Any]) -> dict[str, str]:
    return {name: value_text(value) for name, value in fields.items()}


def _indented(text: str) -> str:
    return text.replace("\n", "\n    ")


def _name_and_value(text: str) -> tuple[str, Any]:
    name, is_there, value = text.partition("=")
    if not is_there:
        msg = f"--metadata takes NAME=VALUE, got {text!r:.80}"
        raise ArgumentError(msg)
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
