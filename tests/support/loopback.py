"""An OpenAI-compatible model server on the loopback interface.

    with LoopbackServer(lambda messages: "[[ ## answer ## ]]\\n4") as server:
        lm = dspy.LM("openai/any", api_base=server.url, api_key="none")

It speaks ``POST /v1/chat/completions``, whole or streamed, and keeps what was asked. A responder
that returns an :class:`Status` answers with that HTTP error, one that returns a :class:`ToolCalls`
has the model call tools.
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Messages = list[dict[str, Any]]


@dataclass(frozen=True)
class Status:
    """An HTTP error to answer with."""

    code: int
    message: str = "scripted failure"


@dataclass(frozen=True)
class ToolCalls:
    """Calls of tools in place of an answer: names with arguments."""

    calls: tuple[tuple[str, dict[str, Any]], ...]

    def as_message(self) -> list[dict[str, Any]]:
        return [
            {
                "id": f"call_{number}_{name}",
                "type": "function",
                "function": {"name": name, "arguments": json.dumps(arguments)},
            }
            for number, (name, arguments) in enumerate(self.calls)
        ]


Answer = "str | Status | ToolCalls"
Responder = Callable[[Messages], Answer]


class LoopbackServer(contextlib.AbstractContextManager["LoopbackServer"]):
    """Serves one responder on a random loopback port until the ``with`` block ends."""

    def __init__(self, responder: Responder) -> None:
        self.responder = responder
        self.requests: list[dict[str, Any]] = []
        self.breaks_after: int | None = None
        """The number of events after which the connection of every stream is cut."""
        self._lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"owner": self})
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        """What ``api_base`` wants."""
        return f"http://127.0.0.1:{self._http.server_port}/v1"

    def __enter__(self) -> LoopbackServer:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def answer(self, request: dict[str, Any]) -> str | Status | ToolCalls:
        with self._lock:
            self.requests.append(request)
        return self.responder(request["messages"])


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner: LoopbackServer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path != "/v1/chat/completions":
            self._send(404, {"error": {"message": f"no such path: {self.path}"}})
            return
        request = json.loads(body)
        answer = self.owner.answer(request)
        if isinstance(answer, Status):
            self._send(answer.code, {"error": {"message": answer.message, "code": answer.code}})
        elif request.get("stream"):
            self._stream(request, answer)
        else:
            self._send(200, _completion(request, answer))

    def _send(self, code: int, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _stream(self, request: dict[str, Any], answer: str | ToolCalls) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for number, event in enumerate(_events(request, answer)):
            if number == self.owner.breaks_after:
                self.close_connection = True
                return
            self._event(json.dumps(event))
        self._event("[DONE]")
        self.wfile.write(b"0\r\n\r\n")

    def _event(self, data: str) -> None:
        line = f"data: {data}\n\n".encode()
        self.wfile.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")

    def log_message(self, *args: object) -> None:
        """Say nothing: the test reports."""


def _completion(request: dict[str, Any], answer: str | ToolCalls) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": None}
    if isinstance(answer, ToolCalls):
        message["tool_calls"] = answer.as_message()
    else:
        message["content"] = answer
    return {
        "id": "chatcmpl-loopback",
        "object": "chat.completion",
        "created": 0,
        "model": request["model"],
        "choices": [
            {
                "index": 0,
                "message": message,
                "finish_reason": _reason(answer),
            }
        ],
        "usage": _usage(request, answer),
    }


def _events(request: dict[str, Any], answer: str | ToolCalls) -> Iterator[dict[str, Any]]:
    """The answer in pieces of at most sixteen characters, then the end, then the usage."""
    common = {
        "id": "chatcmpl-loopback",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": request["model"],
    }
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    if isinstance(answer, ToolCalls):
        calls = enumerate(answer.as_message())
        deltas += [{"tool_calls": [{"index": index, **call}]} for index, call in calls]
    else:
        deltas += [{"content": answer[i : i + 16]} for i in range(0, len(answer), 16)]
    for delta in deltas:
        yield {**common, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    yield {**common, "choices": [{"index": 0, "delta": {}, "finish_reason": _reason(answer)}]}
    yield {**common, "choices": [], "usage": _usage(request, answer)}


def _reason(answer: str | ToolCalls) -> str:
    return "tool_calls" if isinstance(answer, ToolCalls) else "stop"


def _usage(request: dict[str, Any], answer: str | ToolCalls) -> dict[str, int]:
    """One token a word, so that a test can count by hand."""
    sent = sum(len(str(m.get("content") or "").split()) for m in request["messages"])
    received = len(answer.split()) if isinstance(answer, str) else len(answer.calls)
    return {
        "prompt_tokens": sent,
        "completion_tokens": received,
        "total_tokens": sent + received,
    }
