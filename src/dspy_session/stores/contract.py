"""What every store must do: a suite of tests that any backend's own tests inherit.

Write one class with a fixture that returns an empty store, and pytest does the rest::

    import pytest
    from dspy_session.stores.contract import StoreContract

    class TestMyStore(StoreContract):
        @pytest.fixture
        def store(self):
            with MyStore("…") as store:
                yield store

Needs ``pytest``; the asynchronous tests run their own event loop, so no plugin is needed.
"""

from __future__ import annotations

from ._contract_conversations import ConversationContract
from ._contract_lists import ListContract
from ._contract_rows import RowContract

__all__ = ["StoreContract"]


class StoreContract(RowContract, ListContract, ConversationContract):
    """All that a :class:`~dspy_session.stores.SessionStore` promises, as tests."""
