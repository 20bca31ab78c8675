"""Arguments to commands, and errors to messages and exit codes."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence

from ..errors import DspySessionError
from ..export import FORMATS
from . import _commands as commands

OK, FAILED, MISUSED = 0, 1, 2

_STORE = "where the sessions are: sqlite:///chats.db, redis://…, postgresql://…"
_EXIT = "exit codes: 0 done, 1 failed or something found wrong, 2 misused"


def main(arguments: Sequence[str]) -> int:
    """Run a command.

    Args:
        arguments: What stands behind ``python -m dspy_session``.

    Returns:
        0 when it was done, 1 when it failed or found something wrong, 2 when it was misused.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal may know less than Unicode
            stream.reconfigure(errors="backslashreplace")
    try:
        chosen = parser().parse_args(arguments)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else MISUSED
    try:
        done: bool = chosen.run(chosen)
        sys.stdout.flush()
    except BrokenPipeError:  # `… | head` has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except (DspySessionError, OSError) as problem:
        sys.stderr.write(f"dspy_session: {problem}\n")
        return FAILED
    return OK if done else FAILED


def parser() -> argparse.ArgumentParser:
    """Return what knows every command and its arguments."""
    top = argparse.ArgumentParser(
        prog="python -m dspy_session",
        description="Look after a store of sessions.",
        epilog=_EXIT,
    )
    kinds = top.add_subparsers(title="commands", metavar="command", required=True)

    def command(name: str, run: commands.Command, text: str) -> argparse.ArgumentParser:
        made = kinds.add_parser(name, help=text, description=text, epilog=_EXIT)
        made.set_defaults(run=run)
        made.add_argument("store", help=_STORE if name != "check" else f"{_STORE}; or agents.yaml")
        return made

    listed = command("list", commands.list_sessions, "list sessions, last written first")
    listed.add_argument("--user", help="only this user's")
    listed.add_argument("--status", choices=("active", "archived"))
    listed.add_argument("--text", help="only sessions in which this was said")
    listed.add_argument(
        "--metadata",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="only sessions with this in their metadata; a JSON value, or text; repeatable",
    )
    listed.add_argument("--limit", type=int, default=50, help="the most to list (50)")
    listed.add_argument("--after", help="the next page: what the page before ended with")

    shown = command("show", commands.show, "print what was said in a session")
    _session(shown)

    exported = command("export", commands.export, "write a session's turns to a file")
    _session(exported)
    exported.add_argument("--to", required=True, metavar="FILE", help="the file to write")
    exported.add_argument(
        "--format", choices=sorted(FORMATS), help="default: what FILE's suffix says"
    )
    exported.add_argument("--force", action="store_true", help="write over an existing file")

    deleted = command("delete", commands.delete, "take sessions away for good")
    deleted.add_argument("session_id", nargs="+", help="ids of the sessions")
    deleted.add_argument("--yes", action="store_true", help="do it; without it nothing is deleted")

    command("migrate", commands.migrate, "bring an older store to this version's form")
    command(
        "check",
        commands.check,
        "read everything and say what is damaged; of a YAML file of agents, what it would build",
    )
    for one in kinds.choices.values():
        one.add_argument("--json", action="store_true", help="print JSON, one object a line")
    return top


def _session(command: argparse.ArgumentParser) -> None:
    command.add_argument("session_id", help="id of the session")
    command.add_argument("--branch", help="name of the branch; default: the first one")
