"""The command line."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import websockets

import captivate_nb as cn
from captivate_nb.__main__ import main


@contextmanager
def serving(*options: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    command = [sys.executable, "-m", "captivate_nb", "serve", *options]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_it_serves_until_it_is_told_to_stop(number: signal.Signals):
    with serving("--flow", "shop", "--key", "a key") as (process, ready):
        assert ready["key"] == "a key"
        assert ready["ws"].replace("ws://", "http://") == f"{ready['http']}/dev"
        async with websockets.connect(f"{ready['ws']}?apiKey={quote('a key')}") as socket:
            assert "socket_connected" in str(await socket.recv())
            process.send_signal(number)
            rest, errors = await asyncio.to_thread(process.communicate, timeout=20)
            with pytest.raises(websockets.ConnectionClosed):
                await socket.recv()
    assert (process.returncode, rest, errors) == (0, "", "")


def test_a_flow_of_one_s_own_and_a_random_key(tmp_path: Path):
    path = tmp_path / "mine.yaml"
    path.write_text("nodes: {a: Hello.}")
    with serving("--flow", str(path)) as (_, ready):
        assert len(ready["key"]) >= 20


def test_a_bot_of_one_s_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "a_deployed_bot.py").write_text("async def chat(request):\n    return 'Hello'\n")
    monkeypatch.chdir(tmp_path)
    with serving("--bot", "a_deployed_bot:chat", "--bot-timeout", "5") as (_, ready):
        assert ready["push"].startswith(f"{ready['http']}/push/")
        session = asyncio.run(greeting(ready))
    assert session == "Hello"
    for option in ("--bot-header=none", "--bot-header=A=$NOWHERE", "--bot=nowhere:chat"):
        assert main(["serve", "--bot", "a_deployed_bot:chat", option]) == 2


async def greeting(ready: dict[str, Any]) -> str:
    async with await cn.connect(ready["ws"], ready["key"]) as session:
        return session.transcript[-1].text


def test_a_key_that_no_list_of_processes_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CAPTIVATE_API_KEY", " from the environment ")
    with serving() as (_, ready):
        assert ready["key"] == "from the environment"
    with serving("--key", "mine") as (_, ready):
        assert ready["key"] == "mine"
    path = tmp_path / "key"
    path.write_text("from-a-file\n")
    path.chmod(0o600)
    with serving("--key-file", str(path)) as (_, ready):
        assert ready["key"] == "from-a-file"


def test_a_key_file_that_others_may_read_serves_nobody(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    path = tmp_path / "key"
    path.write_text("from-a-file\n")
    path.chmod(0o644)
    assert main(["serve", "--key-file", str(path)]) == 2
    told = capsys.readouterr()
    assert "chmod 600" in told.err
    assert "from-a-file" not in told.out + told.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "A command is missing. See captivate-nb --help."),
        (["srve"], "“srve” is not a command. Did you mean “serve”?"),
        (["xyzzy"], "“xyzzy” is not a command. There is check, serve."),
        (["serve", "--prt", "1"], "“--prt” is not an option. Did you mean “--port”?"),
        (
            ["serve", "--port", "x"],
            "Invalid value for '--port': 'x' is not a valid integer. See captivate-nb --help.",
        ),
        (["serve", "--port"], "Option '--port' requires an argument."),
        (["serve", "--port", "70000"], "70000 is no port"),
        (["serve", "--flow", "suport"], "Did you mean “support”?"),
        (["serve", "--host", "0.0.0.0"], "Others can reach 0.0.0.0: give a key of your own."),
        (["serve", "--host", "192.0.2.1", "--key", "k"], "cannot listen on 192.0.2.1"),
        (["serve", "--key", ""], "An empty key keeps nobody out"),
        (["serve", "--key", "\udc80"], "The key is not UTF-8 text"),
        (
            ["serve", "--key", "k", "--key-file", "f"],
            "There is one key: give --key or --key-file, not both.",
        ),
        (["serve", "--key-file", "/no/such"], "/no/such cannot be read: No such file"),
        (["serve", "--limit", "burts=1"], "There is no limit “burts”. Did you mean “burst”?"),
        (["serve", "--limit", "burst=0"], "The limit burst is 0; it must be above 0."),
        (["serve", "--store", "/dev/null/x"], "/dev/null/x cannot be used as a store: Not a dir"),
    ],
)
def test_errors_are_one_line(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]):
    assert main(arguments) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("captivate-nb: ")
    assert words in told.err
    assert told.err.count("\n") == 1


def test_help(capsys: pytest.CaptureFixture[str]):
    assert main(["serve", "--help"]) == 0
    assert "--flow" in capsys.readouterr().out


def test_it_takes_the_command_line_s_own_arguments(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(sys, "argv", ["captivate-nb", "serve", "--flow", "xyzzy"])
    assert main() == 2
    assert "No flow is named “xyzzy”" in capsys.readouterr().err


def test_a_store_and_limits_are_passed_on(tmp_path: Path):
    store = tmp_path / "store.db"
    with serving("--store", str(store), "--limit", "sockets=1", "--limit", "idle=60"):
        assert main(["serve", "--store", str(store)]) == 2


async def test_a_bad_network_is_served_and_told_with_the_seed_that_repeats_it():
    options = ("--fault", "hotel wifi", "--fault", "delay=0, seed=7", "--profile", "apigateway")
    with serving(*options) as (_, ready):
        assert ready["faults"].startswith("jitter=400, drop=0.02")
        assert ready["faults"].endswith("seed=7")


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("--fault", "dorp=1", "“dorp=1” is not a fault. Did you mean “drop”?"),
        ("--profile", "apigatway", "Did you mean “apigateway”?"),
    ],
)
def test_a_network_that_cannot_be_is_said_in_one_line(option, value, says, capsys):
    assert main(["serve", option, value]) == 2
    told = capsys.readouterr().err
    assert says in told
    assert told.count("\n") == 1
