"""What it costs the embedded server when somebody without the key attacks it, byte by byte.

    python benchmarks/attack.py [WORD ...]      only the attacks with these words in their names

Everything is on loopback, bounded in count and time. Each attack meets a server of its own, as
`captivate-nb serve` runs it with its default limits; meanwhile a client that has the key asks again
and again. The figures are the memory that the server takes more at its highest, the processor time
it takes, the longest wait of that client, and the lines that the server logs. It fails when that
client is not answered, or when memory or log grow by more than is said below.
"""

from __future__ import annotations

import json
import random
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.raw import Raw, request
from support.served import processor, resident

MOST_MEMORY = 80 << 20  # bytes: what bodies share, and a little
MOST_LINES = 1
HELD = 3.0  # seconds for which an attack is held when all of it is there
KEY = "the-key"
MINE = f"X-Api-Key: {KEY}"
ASK = request("GET /nothing", MINE, "Connection: close")
SHAKE = request(
    "GET /dev?apiKey=wrong",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
)
MEGABYTE = bytes(1 << 20)


@dataclass
class Target:
    """A server under attack. `longest` is the longest wait of the client with the key, in seconds."""

    port: int
    pid: int
    longest: float = 0.0
    asked: int = 0
    unanswered: list[str] = field(default_factory=list)

    def ask(self, over: threading.Event) -> None:
        """Ask with the key, again and again."""
        while not over.wait(0.05):
            began = time.monotonic()
            try:
                with Raw(self.port, ASK) as raw:
                    if raw.status() != 404:
                        self.unanswered.append("another answer")
            except (OSError, IndexError) as error:
                self.unanswered.append(repr(error))
            self.longest = max(self.longest, time.monotonic() - began)
            self.asked += 1


def hold(target: Target, held: ExitStack, count: int, *sent: bytes) -> list[Raw]:
    """Open so many connections that send a beginning, in turns one of those given, and no more."""
    opened = []
    for number in range(count):
        with suppress(OSError):
            opened.append(held.enter_context(Raw(target.port, sent[number % len(sent)])))
    return opened


def pour(opened: list[Raw], megabytes: int) -> None:
    """Send as much on all connections at once, as far as it is taken."""
    for raw in opened:
        raw.socket.settimeout(0.2)
    for _ in range(megabytes):
        for raw in tuple(opened):
            try:
                raw.send(MEGABYTE)
            except OSError:
                opened.remove(raw)


def half_requests(target: Target, held: ExitStack) -> None:
    hold(target, held, 1000, b"", b"GET /d", request("POST /files")[:-2])


def half_handshakes(target: Target, held: ExitStack) -> None:
    hold(target, held, 1000, SHAKE[:60], SHAKE[:-2])


def drops(target: Target, held: ExitStack) -> None:
    opened = hold(target, held, 300, SHAKE[:20])
    for letter in SHAKE[20:80]:
        for raw in opened:
            with suppress(OSError):
                raw.send(bytes([letter]))
        time.sleep(0.1)


def bodies(target: Target, held: ExitStack) -> None:
    long = "Content-Length: 19922944"
    lines = ("POST /files", "POST /api/custom-channel/sockets/message", "POST /x", "POST x")
    pour(hold(target, held, 60, *(request(line, long) for line in lines)), 18)


def endless_bodies(target: Target, held: ExitStack) -> None:
    begun = request("POST /files", "Transfer-Encoding: chunked") + b"1300000\r\n"
    pour(hold(target, held, 60, begun), 18)


def headers(target: Target, held: ExitStack) -> None:
    pour(hold(target, held, 100, b"GET / HTTP/1.1\r\nCookie: "), 4)


def wrong_keys(target: Target, held: ExitStack) -> None:  # noqa: ARG001 (nothing is held)
    for _ in range(3000):
        with Raw(target.port, SHAKE) as raw:
            raw.status()


def broken(target: Target, held: ExitStack) -> None:  # noqa: ARG001 (nothing is held)
    dice = random.Random(8)
    whole = [SHAKE, request("POST /files", "Content-Length: 5", body=b"hello"), ASK, MEGABYTE[:99]]
    for _ in range(10_000):
        data = bytearray(dice.choice(whole))
        for _ in range(dice.randint(1, 8)):
            place = dice.randrange(len(data))
            data[place : place + dice.randint(0, 3)] = dice.randbytes(dice.randint(0, 3))
            data = data or bytearray(b"x")
        with suppress(OSError), Raw(target.port, bytes(data).replace(KEY.encode(), b"x")):
            pass


def descriptors(target: Target, held: ExitStack) -> None:
    most = 100
    resource.prlimit(target.pid, resource.RLIMIT_NOFILE, (most, most))
    hold(target, held, 300, SHAKE[:60])


def readers(target: Target, held: ExitStack) -> None:
    body = bytes(8 << 20)
    upload = request("POST /files", MINE, f"Content-Length: {len(body)}", "Connection: close")
    with Raw(target.port, upload + body) as raw:
        url = str(json.loads(raw.rest().partition(b"\r\n\r\n")[2])["url"])
    asked = request(f"GET {url.partition(str(target.port))[2]}")
    for _ in range(300):
        held.enter_context(Raw(target.port, asked, buffer=4096))


def bodies_with_the_key(target: Target, held: ExitStack) -> None:
    pour(hold(target, held, 60, request("POST /files", MINE, "Content-Length: 9437184")), 8)


ATTACKS: dict[str, Callable[[Target, ExitStack], None]] = {
    "1,000 requests that stop in their headers": half_requests,
    "1,000 WebSocket handshakes that stop half way": half_handshakes,
    "300 handshakes of 10 bytes a second each": drops,
    "60 bodies of 19 MiB": bodies,
    "60 bodies of 19 MiB that do not tell their length": endless_bodies,
    "100 headers of 4 MiB": headers,
    "3,000 handshakes with a wrong key": wrong_keys,
    "10,000 broken requests": broken,
    "300 half handshakes where 100 descriptors are left": descriptors,
    "300 readers of a file of 8 MiB that read nothing": readers,
    "60 bodies of 9 MiB, with the key": bodies_with_the_key,
}


@contextmanager
def serving() -> Iterator[tuple[Target, Path]]:
    """A server, and the file that has what it logs."""
    command = [sys.executable, "-m", "captivate_nb", "serve", "--key", KEY]
    with tempfile.NamedTemporaryFile() as log:
        process = subprocess.Popen(  # noqa: S603 (our own server)
            command, stdout=subprocess.PIPE, stderr=log, text=True
        )
        try:
            assert process.stdout is not None
            url = json.loads(process.stdout.readline())["http"]
            yield Target(int(url.rpartition(":")[2]), process.pid), Path(log.name)
        finally:
            process.terminate()
            process.communicate(timeout=30)


def attack(name: str) -> bool:
    """Carry out an attack, print its line of the table, and return whether it was borne."""
    with serving() as (target, log):
        memory, taken = resident(target.pid), processor(target.pid)
        over = threading.Event()
        client = threading.Thread(target=target.ask, args=(over,))
        client.start()
        try:
            with ExitStack() as held:
                ATTACKS[name](target, held)
                time.sleep(HELD)
        finally:
            over.set()
            client.join()
        grown = max(resident(target.pid, highest=True) - memory, 0)
        taken = processor(target.pid) - taken
        lines = log.read_text().splitlines()
    say(
        f"| {name} | {grown / (1 << 20):.0f} MiB | {taken:.1f} s | {target.longest * 1000:.0f} ms"
        f" | {target.asked - len(target.unanswered)} of {target.asked} | {len(lines)} |"
    )
    for problem in [*target.unanswered[:3], *lines[MOST_LINES:][:3]]:
        say(f"    {problem}")
    return not target.unanswered and grown <= MOST_MEMORY and len(lines) <= MOST_LINES


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    say("| attack | memory | processor | longest wait with the key | answered | lines logged |")
    say("|---|---|---|---|---|---|")
    chosen = [name for name in ATTACKS if all(word in name for word in sys.argv[1:])]
    borne = [attack(name) for name in chosen]
    say(f"{sum(borne)} of {len(borne)} attacks were borne.")
    return int(not all(borne))


if __name__ == "__main__":
    sys.exit(main())
