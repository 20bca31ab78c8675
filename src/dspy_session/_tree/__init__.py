"""The data model: an immutable tree of turns, branches on it, and amendments beside it."""
