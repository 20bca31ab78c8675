"""A page of the inspector without a browser: it stands where the notebook's comm would be."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable
from typing import Any

import comm
import pytest
from comm.base_comm import BaseComm

from dspy_session.inspector import SessionInspector

WAIT_S = 30.0


class RefusedError(Exception):
    """The kernel answered with a problem."""

    def __init__(self, problem: dict[str, str]) -> None:
        self.code, self.message = problem["code"], problem["message"]
        super().__init__(f"{self.code}: {self.message}")


class Wire:
    """Keeps what the kernel sent, as JSON would carry it."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.news = threading.Condition()

    def publish(self, data: Any) -> None:
        carried = json.loads(json.dumps(data, allow_nan=False).encode("utf-8"))
        with self.news:
            self.sent.append(carried)
            self.news.notify_all()

    def wait_for(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first message that is wanted, once it is there."""

        def found() -> dict[str, Any] | None:
            return next((one for one in self.sent if wanted(one)), None)

        with self.news:
            message = self.news.wait_for(found, WAIT_S)
        assert message is not None, "the kernel never sent it"
        return message


class PageComm(BaseComm):
    """Takes the place of the kernel's comm."""

    wire: Wire

    def publish_msg(self, msg_type: str, data: Any = None, **more: Any) -> None:
        self.wire.publish({"type": msg_type, **(data or {})})


class Page:
    """Asks as a page does and reads the answers from the wire."""

    def __init__(self, inspector: SessionInspector, wire: Wire) -> None:
        self.inspector = inspector
        self.wire = wire
        self.widget = inspector.widget
        self._numbers = itertools.count(1000)

    def post(self, content: Any) -> None:
        """Send any message at all."""
        message = {"content": {"data": {"method": "custom", "content": content}}, "buffers": []}
        self.widget.comm.handle_msg(message)

    def reply(self, name: str, /, **args: Any) -> dict[str, Any]:
        number = next(self._numbers)
        self.post({"ask": name, "seq": number, "args": args})
        found = self.wire.wait_for(lambda one: custom(one).get("re") == number)
        return custom(found)

    def ask(self, name: str, /, **args: Any) -> Any:
        """The result of a request; raises RefusedError when there is a problem."""
        reply = self.reply(name, **args)
        if "error" in reply:
            raise RefusedError(reply["error"])
        return reply["result"]

    def finished(self, job: int) -> dict[str, Any]:
        """The news of a job's end, once it is there."""
        ended = self.wire.wait_for(lambda one: custom(one).get("job") == job)
        return custom(ended)

    @property
    def pushes(self) -> list[dict[str, Any]]:
        return [custom(one) for one in list(self.wire.sent) if "push" in custom(one)]

    @property
    def key(self) -> str:
        return self.ask("summary")["branch"]

    def row(self, index: int) -> dict[str, Any]:
        rows = self.ask("rows", branch=self.key, start=index, stop=index + 1)["rows"]
        return rows[0]

    def at(self, index: int) -> dict[str, Any]:
        """The arguments that mean a turn as it is now."""
        row = self.row(index)
        return {"branch": self.key, "turn_id": row["turn_id"], "version": row["version"]}


def custom(message: dict[str, Any]) -> dict[str, Any]:
    """What a custom message holds; empty for any other."""
    content = message.get("content") if message.get("method") == "custom" else None
    return content if isinstance(content, dict) else {}


def opened(inspector: SessionInspector, monkeypatch: pytest.MonkeyPatch) -> Page:
    """Open a page on an inspector."""
    wire = Wire()
    # Named as pytest forgets it at the end of the test: the widget class is shared.
    made = type("PageComm", (PageComm,), {"wire": wire})
    monkeypatch.setattr(comm, "create_comm", made)
    return Page(inspector, wire)
