"""The inspector as a notebook's author holds it: what a hand can click, a script can call."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal, cast

from typing_extensions import Unpack

from .._amendments import HAND
from ..errors import ArgumentError, NotFoundError
from . import _actions as actions
from . import _commands as commands
from . import _exports as exports
from . import _long as long
from . import _reads as reads
from ._commands import Target
from ._desk import desk_of
from ._detail import call_in
from ._html import transcript
from ._protocol import (
    ExportArgs,
    ExportPreview,
    Filter,
    MessageView,
    MessageWindow,
    Row,
    Summary,
    TurnDetail,
)
from ._rows import nested_calls, positions_of
from ._source import Metric, Session

Format = Literal[
    "examples",
    "dataframe",
    "jsonl",
    "openai",
    "openai-preference",
    "trl",
    "sharegpt",
    "csv",
    "parquet",
]
