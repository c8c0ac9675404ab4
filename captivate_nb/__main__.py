"""The command line: `captivate-nb serve` runs the embedded server by itself."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Sequence
from typing import NoReturn

from .errors import CaptivateError, UsageError, did_you_mean
from .magic import credentials

_COMMANDS = ("serve",)


class _Parser(argparse.ArgumentParser):
    """Complains in one line, with the nearest known word, and leaves the exit to `main`."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message[:1].upper()}{message[1:]}. See {self.prog} --help.")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line, and return its exit code: 0, or 2 after an error told on stderr."""
    try:
        return _run(sys.argv[1:] if arguments is None else list(arguments))
    except CaptivateError as error:
        sys.stderr.write(f"captivate-nb: {error}\n")
        return 2


def _run(arguments: list[str]) -> int:
    if arguments and not arguments[0].startswith("-") and arguments[0] not in _COMMANDS:
        hint = did_you_mean(arguments[0], _COMMANDS) or f" There is {', '.join(_COMMANDS)}."
        raise UsageError(f"“{arguments[0]}” is not a command.{hint}")
    parser = _Parser(prog="captivate-nb", description=__doc__, allow_abbrev=False)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    serve = commands.add_parser(
        "serve", help="run the embedded server until it is interrupted", allow_abbrev=False
    )
    _describe(serve)
    options, unknown = parser.parse_known_args(arguments)
    if unknown:
        known = [word for action in serve._actions for word in action.option_strings]  # noqa: SLF001
        raise UsageError(f"“{unknown[0]}” is not an option.{did_you_mean(unknown[0], known)}")
    return _serve(options)


def _describe(serve: argparse.ArgumentParser) -> None:
    serve.add_argument(
        "--flow", default="support", help="a shipped flow's name, or a flow file (default: support)"
    )
    serve.add_argument("--host", default="127.0.0.1", help="where to listen (default: 127.0.0.1)")
    serve.add_argument("--port", type=int, default=0, help="0, the default, takes a free one")
    _describe_key(serve)
    serve.add_argument(
        "--store",
        metavar="FILE",
        help="keep conversations in this file, to go on with them after the server was killed"
        " (with --port and a key of yours, so that clients find it again)",
    )
    serve.add_argument(
        "--limit",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="change a limit, such as conversations=100 or idle=3600; may be repeated",
    )
    serve.add_argument(
        "--fault",
        metavar="SPEC",
        action="append",
        default=[],
        help="a bad network: a name such as “hotel wifi”, or words such as delay=200, drop=0.05,"
        " seed=42; may be repeated",
    )
    serve.add_argument(
        "--profile",
        default="none",
        help="the limits of a connection: apigateway closes as the real service does (default: none)",
    )


def _describe_key(serve: argparse.ArgumentParser) -> None:
    one = serve.add_mutually_exclusive_group()
    one.add_argument(
        "--key-file",
        metavar="FILE",
        help="a file that holds the API key alone, and that only you may read; without it the key is"
        f" the environment's {credentials.VARIABLE}, or else a random one",
    )
    one.add_argument("--key", help="the API key; everyone on this machine can see it meanwhile")


def _key(options: argparse.Namespace) -> str | None:
    """Return the key to serve with, None for a random one. Raise `InvalidKey`."""
    if options.key is not None:
        return str(options.key)
    if options.key_file is not None:
        return credentials.from_file(options.key_file)
    return credentials.from_environment() if os.environ.get(credentials.VARIABLE) else None


def _serve(options: argparse.Namespace) -> int:
    from .server.embedded import EmbeddedServer
    from .server.limits import Limits

    interrupted = threading.Event()
    with EmbeddedServer(
        options.flow,
        host=options.host,
        port=options.port,
        key=_key(options),
        store=options.store,
        limits=Limits.parse(options.limit),
        faults=options.fault,
        profile=options.profile,
    ) as server:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: interrupted.set())
        ready = {"ws": server.ws_url, "http": server.http_url, "key": server.key}
        if options.fault:
            ready["faults"] = str(server.faults)
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
        interrupted.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
