"""A server process that ends with the test run, whatever way the run ends."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

# The pipe to this shell closes when its parent is gone, killed or not; then the server goes too.
SUPERVISOR = """
log=$0 signal=$1; shift
exec 3<&0
"$@" </dev/null >>"$log" 2>&1 3<&- & server=$!
echo $server
(read -r _ <&3; kill -s "$signal" $server) >/dev/null 2>&1 &
wait $server
"""


class ServerProcess:
    """A running server.

    Args:
        command: Program and arguments; it must stay in the foreground.
        log: Where its output goes.
        stop: Name of the signal that ends it cleanly, without ``SIG``.
        user: Whom to run it as; None: as we are.
    """

    def __init__(
        self, command: Sequence[str], log: Path, *, stop: str = "TERM", user: str | None = None
    ) -> None:
        self.log = log
        self._shell = subprocess.Popen(
            ["sh", "-c", SUPERVISOR, str(log), stop, *command],  # noqa: S607 - sh is where it is
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=log.parent,
            user=user,
            extra_groups=[] if user else None,
        )
        assert self._shell.stdout is not None
        self.pid = int(self._shell.stdout.readline())

    @property
    def alive(self) -> bool:
        return self._shell.poll() is None

    def kill(self) -> None:
        """End it as a power cut would: no signal handler of its own runs."""
        os.kill(self.pid, signal.SIGKILL)
        self.end()

    def end(self) -> None:
        """End it and wait until it has gone."""
        for pipe in (self._shell.stdin, self._shell.stdout):
            assert pipe is not None
            pipe.close()
        self._shell.wait(30)
