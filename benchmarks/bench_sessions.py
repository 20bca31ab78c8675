"""What a session costs and what it keeps of an optimizer's work; beside the package it replaces.

Each package is measured by the same script in an environment of its own, one after the other on
the same machine. The LM answers at once, so the times are all overhead.
"""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).parent
PUBLISHED = "dspy-session==0.1.2"


def measured(python, script):
    """What a script prints in an environment; in ours, from the checkout that is on the path."""
    alone = [] if python == sys.executable else ["-I"]
    found = subprocess.run(
        [python, *alone, HERE / script], check=True, capture_output=True, text=True
    )
    return json.loads(found.stdout)


def published_python():
    """An environment with the published package and the same DSPy."""
    import dspy

    folder = HERE / "out" / "published"
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        wanted = [PUBLISHED, f"dspy=={dspy.__version__}", "optuna>=4"]
        subprocess.run([python, "-m", "pip", "install", "--quiet", *wanted], check=True)
    return python


def table(head, rows):
    widths = [max(len(str(row[i])) for row in [head, *rows]) for i in range(len(head))]
    for row in [head, ["-" * width for width in widths], *rows]:
        print("  ".join(str(cell).rjust(width) for cell, width in zip(row, widths, strict=True)))
    print()


def main():
    published = published_python()
    ours, theirs = measured(sys.executable, "subject.py"), measured(published, "subject.py")
    print(
        "One call, ms of processor time (best of many):\n"
        "plain DSPy with the history passed by hand, and a session\n"
    )
    rows = []
    for depth, new in ours["calls"].items():
        old = theirs["calls"][depth]
        plain, session = new["best_plain"], new["best_session"]
        ratio = f"{session / plain:.2f}"
        rows.append([depth, f"{plain:.2f}", f"{session:.2f}", ratio, f"{old['best_session']:.2f}"])
        if not new["same_prompt"]:
            sys.exit(f"the prompts differ at {depth} turns")
    table(["turns", "plain", "session", "session/plain", PUBLISHED], rows)
    print("5,000 turns of 600 characters\n")
    units = {
        "add_s": "add them, s",
        "memory_mb": "memory above the text, MB",
        "fork_ms": "fork, ms",
        "save_ms": "save, ms",
        "load_ms": "load, ms",
        "file_over_text": "file size / text",
    }
    table(
        ["", "this package", PUBLISHED],
        [
            [name, f"{ours['growth'][key]:.2f}", f"{theirs['growth'][key]:.2f}"]
            for key, name in units.items()
        ],
    )
    print("Does what an optimizer learned reach the prompts of the compiled session?\n")
    new, old = measured(sys.executable, "learned.py"), measured(published, "learned.py")
    table(["optimizer", "this package", PUBLISHED], [[name, new[name], old[name]] for name in new])


if __name__ == "__main__":
    main()
