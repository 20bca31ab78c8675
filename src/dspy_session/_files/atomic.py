"""Files that are whole at every moment: after a crash there is the old one or the new one."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from pathlib import Path

from ..errors import FileFormatError


def write_atomically(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file in one step, durably: readers see the old content or the new.

    A symbolic link is followed, and an existing file keeps its permissions.

    Raises:
        OSError: The folder is missing, read-only or full; the old file is as it was.
    """
    target = Path(path).resolve()
    mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else None
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name[:100]}.", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(_default_mode() if mode is None else mode)
        Path(name).replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
    _sync_folder(target.parent)


def _default_mode() -> int:
    # The umask can only be read by setting it, which other threads would notice.
    with contextlib.suppress(OSError, ValueError):
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("Umask:"):
                return 0o666 & ~int(line.split()[1], 8)
    return 0o644


def _sync_folder(folder: Path) -> None:
    """Make the new name durable, where the system lets folders be synced."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def read_bytes(path: str | os.PathLike[str]) -> bytes:
    """Return a file's content.

    Raises:
        FileFormatError: It is a folder.
        OSError: It is not there, or cannot be read.
    """
    file = Path(path)
    try:
        return file.read_bytes()
    except IsADirectoryError:
        msg = f"{str(file)!r} is a folder, not a saved session"
        raise FileFormatError(msg) from None
