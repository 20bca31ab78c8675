"""The session inspector: a live, editable view of one conversation tree in a notebook cell."""

from ._inspector import SessionInspector

__all__ = ["SessionInspector"]
