"""A bot's own HTTP endpoint on loopback, as somebody deploys it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[[dict[str, Any]], tuple[int, bytes]]


class Deployed:
    """Where it is, and what has been posted to it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []


def as_json(bot: Callable[[dict[str, Any]], Any]) -> Answer:
    """Answer with what a function returns, as FastAPI does."""
    return lambda request: (200, json.dumps(bot(request)).encode())


@contextmanager
def deployed(answer: Answer) -> Iterator[Deployed]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            there.requests.append(body)
            there.headers.append(dict(self.headers))
            status, said = answer(body)
            self.send_response(status)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    there = Deployed(f"http://127.0.0.1:{server.server_port}/chat")
    thread = threading.Thread(target=server.serve_forever, name="asyncio_ a bot deployed")
    thread.start()
    try:
        yield there
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
