"""Counts the bytes and frames on a page's kernel WebSockets, as the page sees them."""

from __future__ import annotations

from collections import Counter

from playwright.sync_api import Page, WebSocket


class Traffic:
    """Sizes are payload bytes, after any compression was undone.

    ``types`` sums them by type of message, ``messages`` counts the messages of each type.
    """

    def __init__(self, page: Page) -> None:
        self.reset()
        page.on("websocket", self._attach)

    def reset(self) -> None:
        self.sent = self.received = 0
        self.sent_frames = self.received_frames = 0
        self.largest_received = 0
        self.types: Counter[str] = Counter()
        self.messages: Counter[str] = Counter()

    def _attach(self, socket: WebSocket) -> None:
        if "/channels" in socket.url:
            socket.on("framesent", self._count_sent)
            socket.on("framereceived", self._count_received)

    def _count_sent(self, payload: str | bytes) -> None:
        raw = _bytes(payload)
        self.sent += len(raw)
        self.sent_frames += 1
        self._count("→" + _message_type(raw), len(raw))

    def _count_received(self, payload: str | bytes) -> None:
        raw = _bytes(payload)
        self.received += len(raw)
        self.received_frames += 1
        self.largest_received = max(self.largest_received, len(raw))
        self._count("←" + _message_type(raw), len(raw))

    def _count(self, kind: str, size: int) -> None:
        self.types[kind] += size
        self.messages[kind] += 1


def _bytes(payload: str | bytes) -> bytes:
    return payload.encode() if isinstance(payload, str) else payload


def _message_type(raw: bytes) -> str:
    """The ``msg_type`` of a Jupyter message in any of its WebSocket framings."""
    key = raw.find(b'"msg_type"')
    if key < 0:
        return "?"
    start = raw.find(b'"', key + 11) + 1
    return raw[start : raw.find(b'"', start)].decode("ascii", "replace")
