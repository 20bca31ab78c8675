"""The table of stored sessions that a manager shows in a notebook."""

from ._table import SessionTable
from ._widget import TableWidget, mime_bundle

__all__ = ["SessionTable", "TableWidget", "mime_bundle"]
