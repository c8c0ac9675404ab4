"""The HTTP side: sends of the vendor's newest client, transcripts, files, pictures, long messages."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

import msgspec
from tornado.iostream import StreamClosedError

from captivate_nb.errors import ProtocolError
from captivate_nb.local_files import guess_type
from captivate_nb.protocol import content as c
from captivate_nb.protocol import events as e
from captivate_nb.protocol.codec import decode, encode
from captivate_nb.protocol.content_decoder import write_action, write_content, write_file
from captivate_nb.server.bots.pushes import PushRefused, read_push
from captivate_nb.server.dispatch import handle, push
from captivate_nb.server.resources import large_transcript, upload
from captivate_nb.server.service import Refusal
from captivate_nb.server.store.conversations import Entry, text_of

from .access import same_key
from .guard import Guarded

Data = dict[str, Any]
HTTP_LEAD = 0.05  # seconds: the vendor's client begins to listen only after its POST was answered
PIECE = 64 << 10  # bytes
Piece = Callable[[int], bytes]  # by its first byte


class MessageHandler(Guarded):
    """A client event by POST; its results come by socket, the answer also here."""

    carries = "A message"

    @property
    def longest(self) -> int:
        return self.service.limits.message

    def post(self) -> None:
        try:
            event = decode(bytes(self.body), "client")
            socket = self.service.router.sockets.get(getattr(event, "socket_id", None) or "")
            answer = handle(self.service, event, socket, lead=HTTP_LEAD)
        except ProtocolError as error:
            self.refuse(400, str(error))
        except Refusal as refusal:
            self.answer(refusal.event, refusal.code)
        else:
            self._answer(event, answer)

    def _answer(self, event: e.Event, answer: e.ServerEvent | None) -> None:
        if answer is None:
            self.finish({"status": "success"})
            return
        self.service.router.send_newest(answer, getattr(event, "socket_id", None))
        payload = msgspec.json.decode(encode(answer))["event"]["event_payload"]
        if isinstance(answer, e.ConversationMetadata):
            payload["metadata"] = answer.metadata
        self.finish({"status": "success", **payload})


class PushHandler(Guarded):
    """What the bot says by itself, by POST to an address that only its program knows."""

    public = True  # it has a secret of its own, in the address
    carries = "A push"

    @property
    def longest(self) -> int:
        return self.service.limits.transcript

    async def prepare(self) -> None:
        if "Origin" in self.request.headers or "Sec-Fetch-Site" in self.request.headers:
            self._reject(403, "Web pages may not speak for the bot")
        elif not same_key(self.path_args[0], self.policy.push_secret):
            self._reject(404, "There is no such address: session.server.push_url has it")
        else:
            self._drained = self.longest
            self.policy.strangers.remove(self._connection.stream)
            await super().prepare()

    def post(self, _: str) -> None:
        try:
            push(self.service, *read_push(bytes(self.body)))
        except PushRefused as error:
            self.refuse(400, str(error))
        except Refusal as refusal:
            self.answer(refusal.event, refusal.code)
        else:
            self.finish({"status": "success"})


class TranscriptHandler(Guarded):
    """A conversation's transcript, one flat entry a message."""

    def get(self) -> None:
        try:
            found = self.service.find(self.get_query_argument("conversation_id", ""), deleted=True)
        except Refusal as refusal:
            self.answer(refusal.event, 404)
            return
        self.finish({"transcript": [flat(entry) for entry in self.service.queries.entries(found)]})


def flat(entry: Entry) -> Data:
    """Write a transcript's entry as the newest client reads it."""
    files = [write_file(file) for file in c.files_of(entry.content)]
    text = text_of(entry.content)
    content: Any = write_content(entry.content)
    if entry.sender == "user":
        content = {"type": "text", "text": text, **({"files": files} if files else {})}
    return {
        "message_id": entry.id,
        "from": entry.sender,
        "name": entry.name,
        "time": entry.time,
        "text": text,
        "content": content,
        "files": files,
        "actions": [write_action(action) for action in entry.actions],
    }


class UploadHandler(Guarded):
    """A file by POST: raw bytes, with its type and its percent-encoded name in headers."""

    carries = "A file"

    @property
    def longest(self) -> int:
        return self.service.limits.file

    def post(self) -> None:
        name = self.request.headers.get("X-Filename", "")
        mime = self.request.headers.get("Content-Type", "")
        self.set_status(201)
        self.finish(write_file(upload(self.service, name, mime, bytes(self.body))))


class _BytesHandler(Guarded):
    """Bytes that anyone may fetch who knows their address, and that no page can run."""

    public = True
    inline: ClassVar = ("image/", "audio/", "video/")

    async def serve(self, name: str, kind: str, size: int, piece: Piece) -> None:
        self.set_header("Content-Type", kind)
        self.set_header("Content-Length", str(size))
        self.set_header(
            "Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox"
        )
        self.set_header("Cross-Origin-Resource-Policy", "cross-origin")
        self.set_header("Cache-Control", "private, max-age=86400")
        if not kind.startswith(self.inline):
            self.set_header("Content-Disposition", f"attachment; filename*=UTF-8''{quote(name)}")
        stream = self._connection.stream
        if not stream.closed():  # the system's own buffer would grow to megabytes
            stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 * PIECE)
        for start in range(0, size, PIECE):
            if not await self._gives(piece(start)[: size - start]):
                self._connection.close()
                return

    async def _gives(self, piece: bytes) -> bool:
        """Whether a piece is there, and is taken: whoever reads nothing costs no more than that."""
        self.write(piece)
        try:
            async with asyncio.timeout(self.service.limits.handshake):
                await self.flush()
        except (TimeoutError, StreamClosedError):
            return False
        return bool(piece)

    def miss(self) -> None:
        self.refuse(404, "There is no such file here, or not any more")


class FileHandler(_BytesHandler):
    """An uploaded file."""

    async def get(self, key: str, _: str) -> None:
        stored = self.service.files.get(key)
        if stored is None:
            self.miss()
            return
        body = stored.body
        await self.serve(
            stored.name, stored.type, len(body), lambda start: body[start : start + PIECE]
        )


class PictureHandler(_BytesHandler):
    """A file that stands beside the flow and is shown by it."""

    async def get(self, name: str) -> None:
        path = self.service.bot.script.pictures.get(name)
        try:
            size = path.stat().st_size if path else None
        except OSError:  # it was there when the flow was read
            size = None
        if path is None or size is None:
            self.miss()
            return
        kind = guess_type(name)
        await self.serve(path.name, kind, size, partial(_piece, path))


def _piece(path: Path, start: int) -> bytes:
    """Read a piece of a file, which is opened each time: slow readers hold no descriptors."""
    try:
        with path.open("rb") as file:
            file.seek(start)
            return file.read(PIECE)
    except OSError:
        return b""


class LargeTranscriptHandler(Guarded):
    """A transcript too large for a socket, as the event it is."""

    def get(self, conversation_id: str) -> None:
        try:
            event = large_transcript(self.service, conversation_id)
        except Refusal as refusal:
            self.answer(refusal.event, 404)
            return
        self.finish(event)


class LargeHandler(Guarded):
    """A message that was too large for a socket."""

    def get(self, key: str) -> None:
        stored = self.service.router.messages.get(key)
        if stored is None:
            self.refuse(404, "There is no such message here, or not any more")
            return
        self.set_header("Content-Type", stored.type)
        self.finish(stored.body)
