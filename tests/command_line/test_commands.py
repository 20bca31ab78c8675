"""``python -m dspy_session``, run as people run it: output, errors, exit codes."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import shlex
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from dspy_session import SessionManager, imports
from dspy_session.command_line import main

SOURCE = str(Path(__file__).resolve().parents[2] / "src")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a store of three sessions in it."""
    folder = tmp_path_factory.mktemp("store")
    manager = SessionManager(f"sqlite:///{(folder / 'chats.db').as_posix()}")
    for user, session_id, said in (
        ("u1", "first", "Where is my invoice?"),
        ("u2", "second", "Café \x1b[31mred\x1b[0m"),
        ("u1", "third", "I was charged twice."),
    ):
        session = manager.create_session(user, session_id, {"n": len(said), "channel": "web"})
        session.add_message("user", said)
        session.add_message("assistant", "Line one.\nLine two.")
        manager.save(session)
    with manager.open("third") as chat:
        chat.edit_turn(0, outputs={"answer": "Sorry!"})
        chat.fork(at=0, name="what-if").add_turn({"question": "else"}, {"answer": "other"})
    manager.archive("second")
    manager.store.close()
    return folder


def in_a_shell(folder, *arguments, after=""):
    """Run a command in a process of its own, as people do."""
    return subprocess.run(  # noqa: S602  # pipes are part of it
        " ".join(map(shlex.quote, [sys.executable, "-m", "dspy_session", *arguments])) + after,
        shell=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": SOURCE, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@dataclasses.dataclass
class Done:
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def run(folder, monkeypatch, capsys):
    """The same in this process, which need not import everything again."""
    monkeypatch.chdir(folder)

    def run(*arguments):
        code = main(arguments)
        said = capsys.readouterr()
        return Done(code, said.out, said.err)

    return run


def objects(done):
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


STORE = "sqlite:///chats.db"


def test_list_shows_sessions_page_by_page(run):
    done = run("list", STORE, "--limit", "2")
    assert done.returncode == 0
    first, second = done.stdout.splitlines()
    assert first.startswith("third  u1  1 turns")
    assert "[archived]" in second
    assert done.stderr.startswith("more: --after ")
    rest = run("list", STORE, "--after", done.stderr.split()[-1])
    assert rest.stdout.startswith("first  u1")
    assert rest.stderr == ""


def test_list_filters_and_speaks_json(run):
    assert [one["session_id"] for one in objects(run("list", STORE, "--json"))] == [
        "third",
        "second",
        "first",
    ]
    for filters, wanted in (
        (["--user", "u1"], ["third", "first"]),
        (["--status", "archived"], ["second"]),
        (["--text", "INVOICE"], ["first"]),
        (["--metadata", "channel=web", "--metadata", "n=20"], ["third", "first"]),
        (["--metadata", 'channel="mail"'], []),
    ):
        found = objects(run("list", STORE, "--json", *filters))
        assert [one["session_id"] for one in found] == wanted, filters
    paged = objects(run("list", STORE, "--json", "--limit", "1"))
    assert paged[0]["user_id"] == "u1"
    assert set(paged[1]) == {"after"}


def test_show_prints_what_was_said_and_steers_no_terminal(run):
    done = run("show", STORE, "second")
    assert done.returncode == 0
    assert "question: Café \ufffd[31mred" in done.stdout
    assert "answer: Line one.\n    Line two." in done.stdout
    assert "\x1b" not in done.stdout
    (turn,) = objects(run("show", STORE, "third", "--json"))
    assert (turn["outputs"], turn["edited"]) == ({"answer": "Sorry!"}, True)
    (turn,) = objects(run("show", STORE, "third", "--branch", "what-if", "--json"))
    assert turn["outputs"] == {"answer": "other"}


def test_export_writes_a_file_that_imports_read(run, tmp_path):
    target = tmp_path / "turns.jsonl"
    done = run("export", STORE, "third", "--to", str(target))
    assert done.stdout == f"1 turns to {target}\n"
    (chat,) = imports.read(target)
    assert chat.turns[0].edits == {"answer": "Sorry!"}
    again = run("export", STORE, "third", "--to", str(target))
    assert (again.returncode, "--force" in again.stderr) == (1, True)
    assert run("export", STORE, "third", "--to", str(target), "--force").returncode == 0
    pairs = tmp_path / "pairs.jsonl"
    assert objects(
        run("export", STORE, "third", "--to", str(pairs), "--format", "trl", "--json")
    ) == [{"file": str(pairs), "turns": 1}]
    assert json.loads(pairs.read_text("utf-8"))["chosen"][0]["content"] == "Sorry!"
    assert run("export", STORE, "third", "--to", str(tmp_path / "x.docx")).returncode == 1


def test_delete_asks_to_be_told_so(run, folder, tmp_path):
    copy = copied(folder, tmp_path)
    store = f"sqlite:///{copy.as_posix()}"
    refused = run("delete", store, "first")
    assert (refused.returncode, "--yes" in refused.stderr) == (1, True)
    assert run("delete", store, "first", "--yes").stdout == "first: deleted\n"
    gone = run("delete", store, "first", "third", "--yes", "--json")
    assert gone.returncode == 1
    assert [json.loads(line)["deleted"] for line in gone.stdout.splitlines()] == [False, True]
    assert len(objects(run("list", store, "--json"))) == 1


def test_migrate_and_check_of_a_sound_store(run):
    assert run("migrate", STORE).stdout == "the store is of this version's form already\n"
    done = run("check", STORE)
    assert (done.returncode, done.stdout) == (0, "3 sessions read, all sound\n")
    assert objects(run("check", STORE, "--json")) == [{"sessions": 3, "sound": True}]


def test_check_names_what_is_damaged(run, folder, tmp_path):
    copy = copied(folder, tmp_path)
    damage(copy)
    store = f"sqlite:///{copy.as_posix()}"
    done = run("check", store)
    assert done.returncode == 1
    assert "first: turn " in done.stdout
    assert done.stdout.endswith("3 sessions read, with the problems above\n")
    told = [json.loads(line) for line in run("check", store, "--json").stdout.splitlines()]
    assert told[0]["session_id"] == "first"
    assert told[-1] == {"sessions": 3, "sound": False}
    assert run("show", store, "third").returncode == 0
    assert run("show", store, "first").returncode == 1


def test_check_of_a_file_of_agents_says_what_it_builds(run, tmp_path, monkeypatch):
    (tmp_path / "my_agents.py").write_text(
        'import dspy\n\ndef support():\n    return dspy.Predict("question -> answer")\n', "utf-8"
    )
    monkeypatch.syspath_prepend(tmp_path)
    file = tmp_path / "agents.yaml"
    file.write_text("agents:\n  help:\n    module: my_agents\n    function: support\n", "utf-8")
    done = run("check", str(file))
    assert (done.returncode, done.stdout.startswith("help: my_agents.support")) == (0, True)
    assert objects(run("check", str(file), "--json"))[0]["agent"] == "help"
    file.write_text("agents:\n  help:\n    modul: my_agents\n", "utf-8")
    wrong = run("check", str(file))
    assert wrong.returncode == 1
    assert "agents.yaml:3: agents.help.modul: no such key" in wrong.stderr


def copied(folder, tmp_path):
    copy = tmp_path / "copy.db"
    source, target = sqlite3.connect(folder / "chats.db"), sqlite3.connect(copy)
    with contextlib.closing(source), contextlib.closing(target):
        source.backup(target)
    return copy


def damage(path):
    """Spoil the turn of the session called first."""
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        (table,) = (
            name
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            if "rows" in name
        )
        (row,) = connection.execute(
            f"SELECT rowid FROM {table} WHERE kind = 'turn' AND body LIKE '%invoice%'"  # noqa: S608
        ).fetchone()
        connection.execute(f"UPDATE {table} SET body = '[1' WHERE rowid = ?", (row,))  # noqa: S608


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], 2, "required"),
        (["list"], 2, "store"),
        (["lsit", STORE], 2, "invalid choice"),
        (["list", "sqlite:///none.db"], 1, "there is no file 'none.db'"),
        (["list", "mysql://x/y"], 1, "no store has a URL like"),
        (["list", "chats.db"], 1, "sqlite:///chats.db"),
        (["list", "memory:"], 1, "empty in every new process"),
        (["list", STORE, "--limit", "many"], 2, "invalid int"),
        (["list", STORE, "--limit", "0"], 1, "limit is an int from 1"),
        (["list", STORE, "--metadata", "x"], 1, "NAME=VALUE"),
        (["show", STORE, "nobody"], 1, "no session 'nobody'"),
        (["show", STORE, "a\nb"], 1, "control character"),
        (["show", STORE, "first", "--branch", "x"], 1, "no branch 'x'; it has 'main'"),
        (["show", "redis://127.0.0.1:1/0", "x"], 1, "dspy_session:"),
    ],
)
def test_mistakes_are_told_in_one_line(run, arguments, code, said):
    done = run(*arguments)
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_slip_in_the_name_makes_no_file(run, folder):
    run("list", "sqlite:///none.db")
    run("check", "sqlite:///none.db")
    assert not (folder / "none.db").exists()


def test_help_says_what_there_is(run):
    done = run("--help")
    assert done.returncode == 0
    for command in ("list", "show", "export", "delete", "migrate", "check"):
        assert command in done.stdout
        assert run(command, "--help").returncode == 0


# --- in processes of their own -------------------------------------------------------------------


def test_commands_work_as_processes(folder, tmp_path):
    listed = in_a_shell(folder, "list", STORE, "--json", "--limit", "2")
    assert [one.get("session_id") for one in objects(listed)] == ["third", "second", None]
    shown = in_a_shell(folder, "show", STORE, "second")
    assert "question: Café \ufffd[31mred" in shown.stdout
    target = tmp_path / "turns.csv"
    assert in_a_shell(folder, "export", STORE, "first", "--to", str(target)).returncode == 0
    assert target.read_text("utf-8").startswith("branch,turn")
    assert in_a_shell(folder, "delete", STORE, "nobody", "--yes").returncode == 1
    assert in_a_shell(folder, "migrate", STORE).returncode == 0
    assert in_a_shell(folder, "check", STORE).stdout == "3 sessions read, all sound\n"


def test_a_mistake_ends_a_process_with_one_line_and_a_code(folder):
    failed = in_a_shell(folder, "show", STORE, "nobody")
    assert (failed.returncode, failed.stdout) == (1, "")
    assert failed.stderr == "dspy_session: the store has no session 'nobody'\n"
    assert in_a_shell(folder, "lsit").returncode == 2


def test_output_may_end_early(folder):
    done = in_a_shell(folder, "list", STORE, after=" | head -n 0")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_terminal_that_knows_only_ascii_is_helped_too(folder):
    assert in_a_shell(folder, "list", "--help").returncode == 0
