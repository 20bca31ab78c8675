"""Tables of a hundred thousand rows in notebooks: ours and those of other packages.

Each is shown the way its own documentation shows a DataFrame, with all rows to scroll through.
"""

from __future__ import annotations

import dataclasses
import importlib.metadata
import subprocess
import venv
from pathlib import Path

HERE = Path(__file__).parent
REPOSITORY = HERE.parent

# Canvases hold no text: a first row is there when many dark points lie below the column heads.
_INKED = """output => [...output.querySelectorAll("canvas")].some(canvas => {
  const { width, height } = canvas;
  if (width < 200 || height < 100) return false;
  const { data } = canvas.getContext("2d").getImageData(0, 30, width, height - 30);
  let dark = 0;
  for (let at = 0; at < data.length; at += 4)
    if (data[at + 3] > 200 && data[at] + data[at + 1] + data[at + 2] < 300) dark++;
  return dark > 400;
})"""


@dataclasses.dataclass(frozen=True)
class Table:
    """One way to show the turns in a notebook."""

    name: str
    wants: tuple[str, ...]
    """What pip installs."""
    show: str
    """The cell's source; ``frame`` holds the turns."""
    scroller: str
    """Selects the element that a wheel is turned over."""
    begin: str = ""
    """What a person runs once, before the data is there."""
    inked: str | None = None
    """JavaScript that says whether the first row can be read, where it is no text of the page."""


OURS = Table("dspy-session", (), "inspector", '[role="treegrid"][aria-label="Turns"]')

PEERS = (
    Table(
        "quak",
        ("quak",),
        "import quak\nquak.Widget(frame)",
        ".table-container",
    ),
    Table(
        "buckaroo",
        ("buckaroo[notebook]",),
        "from buckaroo.buckaroo_widget import BuckarooInfiniteWidget\n"
        "BuckarooInfiniteWidget(frame)",
        ".ag-body-viewport >> nth=-1",
    ),
    Table(
        "ipydatagrid",
        ("ipydatagrid",),
        "from ipydatagrid import DataGrid\nDataGrid(frame, layout={'height': '500px'})",
        ".lm-DataGrid-viewport",
        inked=_INKED,
    ),
    Table(
        "itables",
        ("itables",),
        "from itables import show\n"
        "show(frame, maxBytes=0, scrollY='500px', scroller=True, deferRender=True)",
        ".dt-scroll-body",
        begin="from itables import init_notebook_mode\ninit_notebook_mode(all_interactive=False)",
    ),
)


class Environment:
    """An environment with our package from this checkout and those peers that can be installed."""

    def __init__(self, folder: Path = HERE / "out" / "inspector_peers") -> None:
        self.folder = folder
        self.python = folder / "bin" / "python"
        self.missing: dict[str, str] = {}
        """Name of each peer that cannot be installed, and pip's reason."""

    def make(self) -> None:
        """Install what is not there yet."""
        if not self.python.exists():
            venv.create(self.folder, with_pip=True)
        lab = f"jupyterlab=={importlib.metadata.version('jupyterlab')}"
        # buckaroo 0.15 sends its rows through fastparquet, which pandas 3 broke.
        self._install("--editable", f"{REPOSITORY}[lab]", lab, "pandas<3")
        for peer in PEERS:
            self._try(peer)

    def version(self, package: str) -> str:
        """Return the version of an installed package."""
        script = f"import importlib.metadata as m; print(m.version({package!r}))"
        return subprocess.run(
            [self.python, "-c", script], check=True, capture_output=True, text=True
        ).stdout.strip()

    def _try(self, peer: Table) -> None:
        try:
            self._install(*peer.wants, "pandas<3")
        except subprocess.CalledProcessError as error:
            self.missing[peer.name] = f"pip: {_last_line(error.stderr)}"

    def _install(self, *wanted: str) -> None:
        quiet = ["--quiet", "--disable-pip-version-check"]
        subprocess.run(
            [self.python, "-m", "pip", "install", *quiet, *wanted],
            check=True,
            capture_output=True,
            text=True,
        )


def _last_line(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[-1][:120] if lines else "failed without a word"
