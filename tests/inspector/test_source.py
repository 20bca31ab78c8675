"""The session as the inspector needs it."""

from __future__ import annotations

import inspect

from dspy_session import Session
from dspy_session.inspector import _source


def test_a_session_has_all_that_the_inspector_asks_of_it():
    wanted = [name for name in vars(_source.Session) if not name.startswith("__")]
    own = {name for name in _source.Session.__annotations__ if name != "return"}
    for name in {*wanted, *own} - {"_is_protocol", "_abc_impl", "_is_runtime_protocol"}:
        if not name.startswith("_abc") and not name.startswith("_is"):
            assert inspect.getattr_static(Session, name, None) is not None, name
