"""The command line: `captivate-nb serve` runs the embedded server by itself."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Sequence
from typing import Any

import click

from .errors import CaptivateError, FlowError, UsageError, did_you_mean
from .magic import credentials

PROGRAM = "captivate-nb"


class _Commands(click.Group):
    """Names the nearest command for one that is not known."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        known = self.list_commands(ctx)
        if args and args[0] not in known:
            hint = did_you_mean(args[0], known) or f" There is {', '.join(known)}."
            raise UsageError(f"“{args[0]}” is not a command.{hint}")
        return super().resolve_command(ctx, args)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line, and return its exit code: 0, 1 for findings, 2 after an error, 130."""
    args = sys.argv[1:] if arguments is None else list(arguments)
    try:
        code = commands.main(args, prog_name=PROGRAM, standalone_mode=False)
    except (CaptivateError, click.ClickException) as error:
        sys.stderr.write(f"{PROGRAM}: {_line(error)}\n")
        return 2
    except click.Abort:  # Ctrl-C before it serves
        return 130
    return code if isinstance(code, int) else 0


def _line(error: CaptivateError | click.ClickException) -> str:
    """Return an error as one line, with the nearest option for one that is not known."""
    if isinstance(error, CaptivateError):
        return str(error)
    if isinstance(error, click.NoSuchOption):
        known = (
            [name for option in error.ctx.command.params for name in option.opts]
            if error.ctx
            else []
        )
        return f"“{error.option_name}” is not an option.{did_you_mean(error.option_name, known)}"
    return f"{' '.join(error.format_message().split())} See {PROGRAM} --help."


@click.group(cls=_Commands, help=__doc__, no_args_is_help=False, invoke_without_command=True)
@click.pass_context
def commands(context: click.Context) -> None:
    if context.invoked_subcommand is None:
        raise UsageError(f"A command is missing. See {PROGRAM} --help.")


@commands.command(short_help="Run the embedded server until it is interrupted.")
@click.option(
    "--flow",
    default="support",
    show_default=True,
    help="A shipped flow's name, or a flow file.",
)
@click.option(
    "--bot",
    metavar="URL|MODULE:FUNCTION",
    help="A bot in place of a flow: an endpoint that turns are posted to, or a Python function.",
)
@click.option(
    "--bot-header",
    "bot_headers",
    metavar="NAME=VALUE",
    multiple=True,
    help="A header for the endpoint, VALUE from the environment where it is $NAME; may be repeated.",
)
@click.option(
    "--bot-timeout",
    type=float,
    default=30.0,
    show_default=True,
    help="Seconds that a turn of the bot may take.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", type=int, default=0, help="0, the default, takes a free one.")
@click.option(
    "--key-file",
    metavar="FILE",
    help="A file that holds the API key alone, and that only you may read; without it the key is the"
    f" environment's {credentials.VARIABLE}, or else a random one.",
)
@click.option("--key", help="The API key; everyone on this machine can see it meanwhile.")
@click.option(
    "--store",
    metavar="FILE",
    help="Keep conversations in this file, to go on with them after the server was killed (with"
    " --port and a key of yours, so that clients find it again).",
)
@click.option(
    "--limit",
    "limits",
    metavar="NAME=VALUE",
    multiple=True,
    help="Change a limit, such as conversations=100 or idle=3600; may be repeated.",
)
@click.option(
    "--fault",
    "faults",
    metavar="SPEC",
    multiple=True,
    help="A bad network: a name such as “hotel wifi”, or words such as delay=200, drop=0.05,"
    " seed=42; may be repeated.",
)
@click.option(
    "--profile",
    default="none",
    show_default=True,
    help="The limits of a connection: apigateway closes as the real service does.",
)
def serve(
    key: str | None,
    key_file: str | None,
    limits: tuple[str, ...],
    faults: tuple[str, ...],
    bot_headers: tuple[str, ...],
    **options: Any,
) -> None:
    """Run the embedded server until it is interrupted. Prints its addresses and key as JSON."""
    from .server.embedded import EmbeddedServer
    from .server.limits import Limits

    interrupted = threading.Event()
    if options["bot"]:
        sys.path.insert(0, "")  # as python -m does: a module beside where it is run
    headers = dict(map(_header, bot_headers))
    with EmbeddedServer(
        key=_key(key, key_file),
        limits=Limits.parse(limits),
        faults=list(faults),
        bot_headers=headers,
        **options,
    ) as server:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: interrupted.set())
        ready = {"ws": server.ws_url, "http": server.http_url, "key": server.key}
        if options["bot"]:
            ready["push"] = server.push_url
        if faults:
            ready["faults"] = str(server.faults)
        click.echo(json.dumps(ready))
        interrupted.wait()


@commands.command(short_help="Check flows, for CI.")
@click.argument("flows", nargs=-1, required=True, metavar="FLOW…")
def check(flows: tuple[str, ...]) -> int:
    """Check flows, shipped ones by name or files: a line for each finding, with what to do.

    The exit code is 1 when there is any, 0 when there is none.
    """
    from .server.flow.advice import advise
    from .server.flow.loader import load, path_of

    found = 0
    for name in flows:
        try:
            told = [f"{path_of(name)}:{each.line}: {each.told}" for each in advise(load(name))]
        except FlowError as error:
            told = [str(error)]
        for line in told:
            click.echo(line)
        found += len(told)
    return 1 if found else 0


def _header(given: str) -> tuple[str, str]:
    """Read `NAME=VALUE`; a value $NAME is the environment's, and stands in no list of processes."""
    name, equals, value = given.partition("=")
    if not (equals and name):
        raise UsageError("A header is given as NAME=VALUE, or NAME=$VARIABLE.")
    if value.startswith("$"):
        if value[1:] not in os.environ:
            raise UsageError(f"There is no environment variable {value[1:]} for the header {name}.")
        value = os.environ[value[1:]]
    return name, value


def _key(key: str | None, key_file: str | None) -> str | None:
    """Return the key to serve with, None for a random one. Raise `InvalidKey`."""
    if key is not None and key_file is not None:
        raise UsageError("There is one key: give --key or --key-file, not both.")
    if key is not None:
        return key
    if key_file is not None:
        return credentials.from_file(key_file)
    return credentials.from_environment() if os.environ.get(credentials.VARIABLE) else None


if __name__ == "__main__":
    sys.exit(main())
