"""What must hold for the whole checkout: sizes, names, layers, and nothing of one machine."""

from __future__ import annotations

import importlib
import inspect
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
LONGEST = {".py": 400, ".ts": 250, ".tsx": 250}
CODE = [
    "src",
    "tests",
    "benchmarks",
    "js/src",
    "js/dev",
    "js/test",
    "js/protocol.py",
    "hatch_build.py",
]

# Put together here, so that this file does not hold what it looks for.
REGISTRIES = [
    ".".join(parts)
    for parts in [
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("yarnpkg", "com"),
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("proxy", "golang", "org"),
        ("crates", "io"),
    ]
]
# Where people's and machines' own files lie, and where this checkout does.
PLACES = [
    "/" + "/".join(parts) for parts in [("root", ""), ("home", r"\w+", ""), ("Users", r"\w+")]
]
if len(ROOT.parts) > 2:  # a checkout at /src would match far too much
    PLACES.append(re.escape(str(ROOT)))
FORBIDDEN = re.compile(
    "|".join([*map(re.escape, REGISTRIES), *(rf"(?<![\w.~/-]){place}" for place in PLACES)])
)


def project_files() -> list[Path]:
    """Every file that is committed or would be, text only."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("this is no git checkout")
    listed = subprocess.run(
        [git, "-c", "core.quotepath=off", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    binary = {".png", ".gif", ".jpg", ".ico", ".woff2", ".parquet", ".db"}
    return [
        ROOT / name
        for name in listed
        if (ROOT / name).is_file() and Path(name).suffix not in binary
    ]


def locked() -> dict[str, dict[str, Any]]:
    """The packages of the JavaScript lock file, by where they are installed."""
    return json.loads((ROOT / "js" / "package-lock.json").read_text(encoding="utf-8"))["packages"]


def test_files_are_short_enough_to_read_in_one_sitting():
    committed = set(project_files())
    found = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for place in CODE
        for path in ([ROOT / place] if (ROOT / place).is_file() else (ROOT / place).rglob("*"))
        if path.suffix in LONGEST and path in committed
    }
    too_long = {name: n for name, n in found.items() if n > LONGEST[Path(name).suffix]}
    assert not too_long


def test_no_file_names_a_registry_or_a_place_on_a_machine():
    found = [
        f"{path.relative_to(ROOT)}:{number}: {match[0]}"
        for path in project_files()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if (match := FORBIDDEN.search(line))
    ]
    assert not found


def test_the_lock_file_holds_no_addresses():
    assert not [name for name, package in locked().items() if "resolved" in package]


def test_the_lock_file_knows_every_platform():
    # `npm ci` refuses a lock file without them, and `npm install` leaves out those that its
    # registry does not have; a version is enough of an entry.
    packages = locked()
    wanted = {
        f"node_modules/{name}"
        for package in packages.values()
        for name in package.get("optionalDependencies", {})
    }
    assert not wanted - packages.keys()


def test_every_public_name_is_listed_sorted_and_documented():
    package = importlib.import_module("dspy_session")
    public = {
        name
        for name, value in vars(package).items()
        if not name.startswith("_") and not inspect.ismodule(value)
    }
    listed = {name for name in package.__all__ if not inspect.ismodule(getattr(package, name))}
    assert listed - {"__version__"} == public
    assert package.__all__ == sorted(package.__all__, key=_ruff_order)
    undocumented = [name for name in public if not inspect.getdoc(getattr(package, name))]
    assert not undocumented


def _ruff_order(name: str) -> tuple[int, str]:
    """Constants, then classes, then the rest: the order that ruff keeps ``__all__`` in."""
    kind = 0 if name.isupper() else 1 if name.lstrip("_")[:1].isupper() else 2
    return kind, name


def test_imports_point_down():
    command = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run(
        [command, "--no-logo", "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
