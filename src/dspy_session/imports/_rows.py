"""The rows of a file, a DataFrame or a list, one after the other, damaged ones among them."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import ArgumentTypeError, FileFormatError, MissingExtraError
from ._conversation import Problem
from ._tables import TableRow

_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
_LARGEST_CELL = 2**31 - 1


def json_rows(path: Path) -> Iterator[tuple[str, Any]]:
    """Yield the objects of a JSONL file, or of a JSON file that holds one list."""
    content = _content(path)
    start = content.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"["):
        try:
            rows = _json(start)
        except ValueError as problem:
            msg = f"cannot read {str(path)!r} as a JSON list: {problem}"
            raise FileFormatError(msg) from None
        yield from numbered(rows)
        return
    for number, line in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        if not line.strip():
            continue
        where = f"line {number}"
        try:
            row: Any = _json(line)
        except ValueError as problem:
            row = Problem(where, f"this is no JSON: {problem}")
        yield where, row


def _content(path: Path) -> bytes:
    if not path.is_file():
        msg = f"there is no file {str(path)!r}"
        raise FileFormatError(msg)
    return path.read_bytes()


def _json(content: bytes) -> Any:
    try:
        return json.loads(content.decode("utf-8"), parse_constant=_refuse)
    except RecursionError:
        msg = "it is nested too deep"
        raise ValueError(msg) from None


def _refuse(constant: str) -> Any:
    msg = f"{constant} is no JSON"
    raise ValueError(msg)


def numbered(rows: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    """Yield the items of a list or data set with their places, from 0."""
    for number, row in enumerate(rows):
        yield f"row {number}", row


def csv_rows(path: Path) -> tuple[list[str], Iterator[TableRow]]:
    """Return a CSV file's columns, and its rows as text."""
    reader = csv.reader(io.StringIO(_text(path), newline=""), strict=True)
    columns = [_plain(name) for name in next(reader, [])]
    if not columns:
        msg = f"{str(path)!r} is empty; its first line names the columns"
        raise FileFormatError(msg)
    if len(set(columns)) < len(columns):
        twice = next(name for name in columns if columns.count(name) > 1)
        msg = f"{str(path)!r} has two columns {twice!r}"
        raise FileFormatError(msg)
    return columns, _csv_cells(reader, columns)


def _text(path: Path) -> str:
    try:
        return _content(path).decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        msg = f"{str(path)!r} is no UTF-8 text: {problem}"
        raise FileFormatError(msg) from None


def _csv_cells(reader: Any, columns: list[str]) -> Iterator[TableRow]:
    number = -1
    before = csv.field_size_limit(_LARGEST_CELL)
    try:
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as problem:
                number += 1
                yield f"row {number}", Problem(f"row {number}", f"this is no CSV: {problem}")
                continue
            if not cells:
                continue
            number += 1
            where = f"row {number}"
            if len(cells) == len(columns):
                yield where, dict(zip(columns, map(_plain, cells), strict=True))
            else:
                msg = f"it has {len(cells)} cells for {len(columns)} columns"
                yield where, Problem(where, msg)
    finally:
        csv.field_size_limit(before)


def _plain(cell: str) -> str:
    """A cell without the apostrophe that keeps a spreadsheet from running it."""
    quoted = cell.startswith("'") and cell[1:].lstrip(" ").startswith(_FORMULA)
    return cell[1:] if quoted else cell


def frame_rows(frame: Any) -> tuple[list[str], Iterator[TableRow]]:
    """Return a DataFrame's columns and rows."""
    columns = [str(name) for name in frame.columns]
    cells = frame.itertuples(index=False, name=None)
    return columns, (
        (f"row {number}", dict(zip(columns, row, strict=True))) for number, row in enumerate(cells)
    )


def parquet_frame(path: Path) -> Any:
    """Return a Parquet file as a DataFrame.

    Raises:
        MissingExtraError: There is no pyarrow.
    """
    try:
        import pyarrow  # pyright: ignore  # an optional extra
    except ImportError:
        msg = "Parquet needs pyarrow: pip install 'dspy-session[parquet]'"
        raise MissingExtraError(msg) from None
    import pandas as pd

    try:
        return pd.read_parquet(path, engine="pyarrow")
    except (OSError, pyarrow.ArrowInvalid) as problem:
        msg = f"cannot read {str(path)!r} as Parquet: {problem}"
        raise FileFormatError(msg) from None


def is_frame(source: Any) -> bool:
    """Whether something is a DataFrame."""
    return hasattr(source, "itertuples") and hasattr(source, "columns")


def rows_in(source: Any) -> Iterator[tuple[str, Any]]:
    """Yield the rows of a path, a list of dicts or a data set.

    Raises:
        ArgumentTypeError: It is none of these.
    """
    if isinstance(source, (str, os.PathLike)):
        return json_rows(Path(source))
    if isinstance(source, Mapping) or not isinstance(source, Iterable):
        msg = (
            f"an import reads a path, a DataFrame, or rows such as a list of dicts, got "
            f"{type(source).__name__}"
        )
        raise ArgumentTypeError(msg)
    return numbered(source)
