"""Files are whole at every moment."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from dspy_session import errors
from dspy_session._files.atomic import read_bytes, write_atomically
from dspy_session.errors import FileFormatError

WRITER = """
import sys, types
package = types.ModuleType("dspy_session")  # without DSPy, which takes seconds to import
package.__path__ = [sys.argv[2]]
sys.modules["dspy_session"] = package
from dspy_session._files.atomic import write_atomically
old, new = b"a" * 3_000_000, b"b" * 2_000_000
print("ready", flush=True)
while True:
    write_atomically(sys.argv[1], new)
    write_atomically(sys.argv[1], old)
"""


def test_a_killed_writer_leaves_the_old_file_or_the_new_one(tmp_path):
    path = tmp_path / "chat.json"
    write_atomically(path, b"a" * 3_000_000)
    for _ in range(12):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), str(Path(errors.__file__).parent)],
            stdout=subprocess.PIPE,
            text=True,
        ) as writer:
            assert writer.stdout.readline() == "ready\n"
            for _ in range(20):
                assert read_bytes(path) in (b"a" * 3_000_000, b"b" * 2_000_000)
            writer.send_signal(signal.SIGKILL)
        assert read_bytes(path) in (b"a" * 3_000_000, b"b" * 2_000_000)


def test_a_failed_write_leaves_no_traces(tmp_path):
    path = tmp_path / "chat.json"
    write_atomically(path, b"old")
    with pytest.raises(TypeError):
        write_atomically(path, "text")  # type: ignore[arg-type]
    assert read_bytes(path) == b"old"
    assert os.listdir(tmp_path) == ["chat.json"]  # noqa: PTH208


def test_permissions_of_an_existing_file_stay(tmp_path):
    path = tmp_path / "chat.json"
    path.write_bytes(b"old")
    path.chmod(0o640)
    write_atomically(path, b"new")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_new_file_gets_the_permissions_that_any_new_file_gets(tmp_path):
    (tmp_path / "plain").write_bytes(b"")
    write_atomically(tmp_path / "ours", b"")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_link_keeps_pointing_at_the_file_that_changes(tmp_path):
    (tmp_path / "folder").mkdir()
    target, link = tmp_path / "folder" / "chat.json", tmp_path / "link.json"
    target.write_bytes(b"old")
    link.symlink_to(target)
    write_atomically(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_a_missing_folder_is_an_error_by_name(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        write_atomically(tmp_path / "nowhere" / "chat.json", b"")
    with pytest.raises(FileNotFoundError, match="nowhere"):
        read_bytes(tmp_path / "nowhere")


def test_a_folder_is_no_saved_session(tmp_path):
    with pytest.raises(FileFormatError, match="is a folder"):
        read_bytes(tmp_path)
