"""A private Jupyter server on a random loopback port.

Nothing is read from or written to the user's own Jupyter configuration: every Jupyter and IPython
directory lives in a temporary folder that is removed at the end. The key that signs trusted
notebooks lives there too, so a notebook run under one server is untrusted under the next.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Literal

App = Literal["lab", "notebook"]
Settings = dict[str, dict[str, Any]]

START_S = 120.0

QUIET: Settings = {
    # "none" would ask with a toast; "false" is silent and contacts nobody.
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    # A test saves when it means to.
    "@jupyterlab/docmanager-extension:plugin": {"autosave": False},
    # Closing a notebook ends its kernel.
    "@jupyterlab/notebook-extension:tracker": {"kernelShutdown": True},
}
DARK: Settings = {"@jupyterlab/apputils-extension:themes": {"theme": "JupyterLab Dark"}}
WITH_WIDGET_STATE: Settings = {"@jupyter-widgets/jupyterlab-manager:plugin": {"saveState": True}}


class JupyterServer(contextlib.AbstractContextManager["JupyterServer"]):
    """JupyterLab (``"lab"``) or Notebook 7 (``"notebook"``), serving the folder ``root``."""

    def __init__(self, root: Path, *, app: App = "lab", settings: Settings | None = None) -> None:
        self.root, self.app = root, app
        self.python = sys.executable
        """The interpreter of the server and its kernels; to be set before it starts."""
        self.settings = {**QUIET, **(settings or {})}
        self.token = secrets.token_hex(16)
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> JupyterServer:
        self._stack = contextlib.ExitStack()
        try:
            self._start()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        self._stack.close()

    def api(self, path: str, method: str = "GET") -> Any:
        """Call the server's own API."""
        request = urllib.request.Request(
            f"{self.url}/{path}", method=method, headers={"Authorization": f"token {self.token}"}
        )
        with urllib.request.urlopen(request, timeout=20) as reply:
            return json.loads(reply.read() or b"null")

    def end_sessions(self) -> None:
        """End every kernel that a notebook holds."""
        for session in self.api("api/sessions"):
            self.api(f"api/sessions/{session['id']}", "DELETE")

    def address(self, path: str) -> str:
        """Where the page with this notebook is."""
        if self.app == "lab":
            # `reset` forgets the workspace, so nothing else is restored beside it.
            return f"{self.url}/lab/tree/{path}?reset&token={self.token}"
        return f"{self.url}/notebooks/{path}?token={self.token}"

    def log(self) -> str:
        return self._log.read_text()

    def _start(self) -> None:
        home = Path(tempfile.mkdtemp(prefix="jupyter-"))
        self._stack.callback(shutil.rmtree, home, ignore_errors=True)
        self._write_settings(home / "settings")
        self._log = home / "server.log"
        log = self._stack.enter_context(self._log.open("w"))
        process = subprocess.Popen(
            self._command(),
            cwd=self.root,
            env=_environment(home),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        self._stack.callback(_stop, process)
        self._await(process)

    def _write_settings(self, folder: Path) -> None:
        for plugin, values in self.settings.items():
            package, name = plugin.split(":")
            file = folder / package / f"{name}.jupyterlab-settings"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(values))

    def _command(self) -> list[str]:
        module, kind = {
            "lab": ("jupyterlab", "LabApp"),
            "notebook": ("notebook", "JupyterNotebookApp"),
        }[self.app]
        command = [
            *(self.python, "-m", module, "--no-browser", "--allow-root", "--ip=127.0.0.1"),
            f"--port={self.port}",
            "--ServerApp.port_retries=0",
            f"--IdentityProvider.token={self.token}",
            f"--ServerApp.root_dir={self.root}",
            # window.jupyterapp, whose commands are steadier than a toolbar's selectors.
            f"--{kind}.expose_app_in_browser=True",
        ]
        # Notebook 7 has no such trait and fails half-way on it.
        return [*command, "--LabApp.news_url=None"] if self.app == "lab" else command

    def _await(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise RuntimeError(f"the server ended:\n{self.log()[-3000:]}")
            with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
                self.api("api/status")
                return
            time.sleep(0.05)
        raise TimeoutError(f"the server is not up after {START_S:.0f} s:\n{self.log()[-3000:]}")


def _environment(home: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "DSPY_SESSION"))}
    return kept | {
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "IPYTHONDIR": str(home / "ipython"),
        "DSPY_CACHEDIR": str(home / "dspy"),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the server and the kernels it started: its own session, nothing else."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(15)
