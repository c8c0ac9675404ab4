"""Panel's own CDN at its best: what it serves, as installed here, at once and cached for good."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, StaticFileHandler

FOR_GOOD = 365 * 24 * 3600


class File(StaticFileHandler):
    """A file of Panel's, for any page to take and to keep."""

    def set_default_headers(self) -> None:
        self.set_header("Access-Control-Allow-Origin", "*")

    def get_cache_time(self, *_: object) -> int:
        return FOR_GOOD


@asynccontextmanager
async def serve() -> AsyncIterator[str]:
    """Serve on a free port of the running loop; give the URL for `PANEL_CDN_ROOT`."""
    server = HTTPServer(
        Application([(r"/[^/]+/dist/(.+)", File, {"path": str(files("panel") / "dist")})])
    )
    sockets = bind_sockets(0, "127.0.0.1")
    server.add_sockets(sockets)
    try:
        yield f"http://127.0.0.1:{sockets[0].getsockname()[1]}/"
    finally:
        server.stop()
