"""Memory by session id: name a conversation with each call, and it goes on where it stood.

::

    from dspy_session.session_memory import SessionById, SQLiteSessionMemory

    chat = SessionById(program, memory=SQLiteSessionMemory("chats.db"))
    chat(question="Hi, I'm Alice", session_id="user_alice")
    chat(question="What's my name?", session_id="user_alice")

It keeps lists of items (messages, tool calls), as agents do. For branches, scores, edits and
nested nodes that last, give a session a store instead: ``sessionify(program, store=…)``.
"""

from ._interface import Item, SessionMemory
from ._programs import SessionById
from ._sqlite import SQLiteSessionMemory

__all__ = ["Item", "SQLiteSessionMemory", "SessionById", "SessionMemory"]
