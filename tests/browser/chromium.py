"""Finds a Chromium that runs, and installs one where it can.

As a script it prints the browser's path, or says what is missing and exits with 1:
``python tests/browser/chromium.py --install``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MISSING = """\
The browser tests need Chromium, and none was found: neither $CHROMIUM, nor one of
{names} on the PATH, nor Playwright's own.
Install one (`apt-get install chromium`, `playwright install --with-deps chromium`, or your
system's way), name one (`CHROMIUM=/path make test`), or leave the browser out with
`make test BROWSER=0`."""


@cache
def find() -> str | None:
    """The path of the first browser that answers, or ``None``."""
    return next((path for path in _candidates() if _runs(path)), None)


def install() -> None:
    """Try what may work here: Debian's package when we are root, else Playwright's download."""
    if shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        _run("apt-get", "update")
        _run("apt-get", "install", "--yes", "--no-install-recommends", "chromium")
    find.cache_clear()
    if find() is None:
        _run(sys.executable, "-m", "playwright", "install", "chromium")
        find.cache_clear()


def _candidates() -> Iterator[str]:
    if named := os.environ.get("CHROMIUM"):
        yield named
        return
    yield from filter(None, map(shutil.which, NAMES))
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright.chromium.executable_path


def _runs(path: str) -> bool:
    """Whether it starts at all: a distribution's stand-in for another package format may not."""
    if not (Path(path).exists() or shutil.which(path)):
        return False
    try:
        done = subprocess.run([path, "--version"], capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _run(*command: str) -> None:
    print("+", *command, file=sys.stderr)
    subprocess.run(command, check=False, stdout=sys.stderr)


def main() -> int:
    if find() is None and "--install" in sys.argv:
        install()
    if (path := find()) is None:
        print(MISSING.format(names=", ".join(NAMES)), file=sys.stderr)
        return 1
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
