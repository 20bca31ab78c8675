"""Stored sessions, as an application handles them: made, found, read, put aside, taken away."""

from ._manager import SessionManager, SessionsPage
from ._stored import Message, StoredSession

__all__ = ["Message", "SessionManager", "SessionsPage", "StoredSession"]
