"""What a user hands over as a file: by address, by path, as bytes; and what is none of these."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest

from captivate_nb.client.attachments import INLINE_LIMIT, Local, attachables, resolve
from captivate_nb.errors import InvalidFile
from captivate_nb.protocol.content import File

PDF = File("https://a/x.pdf", "x.pdf", "application/pdf")
BYTES = ("x.png", b"\x89PNG", "image/png")


# --- one or several ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "several"),
    [
        (PDF, [PDF]),
        ("https://a/x.pdf", ["https://a/x.pdf"]),
        (Path("x.pdf"), [Path("x.pdf")]),
        (BYTES, [BYTES]),
        ([PDF, "x.pdf", BYTES], [PDF, "x.pdf", BYTES]),
        ((PDF, "x.pdf"), [PDF, "x.pdf"]),
        (("a.pdf", "b.pdf", "c.pdf"), ["a.pdf", "b.pdf", "c.pdf"]),
        ([], []),
    ],
)
def test_one_file_alone_counts_as_a_list_of_one(given, several):
    assert attachables(given) == several


# --- by address -------------------------------------------------------------------------------


def test_a_file_stays_as_it_is():
    assert resolve(PDF) is PDF


@pytest.mark.parametrize(
    ("url", "name", "kind"),
    [
        ("https://a.example/b/x.pdf", "x.pdf", "application/pdf"),
        ("http://127.0.0.1:8000/x.png", "x.png", "image/png"),
        ("https://a.example/x.png?size=2#part.txt", "x.png", "image/png"),
        ("HTTPS://A.EXAMPLE/X.PNG", "X.PNG", "image/png"),
        ("https://a.example/a%20b%2Fc.txt", "c.txt", "text/plain"),
        ("https://a.example/x", "x", "application/octet-stream"),
        ("https://a.example/", "a.example", "application/octet-stream"),
        ("https://a.example", "a.example", "application/octet-stream"),
        ("https://a.example/%E2%80%AEgnp.exe.png", "gnp.exe.png", "image/png"),
        ("data:image/png;base64,AA==", "file", "image/png"),
        ("DATA:image/png,x", "file", "image/png"),
        ("data:,hello", "file", "text/plain"),
        ("data:;base64,AA==", "file", "text/plain"),
        ("data:", "file", "text/plain"),
    ],
)
def test_an_address_gives_a_file_with_name_and_type(url, name, kind):
    assert resolve(url) == File(url=url, name=name, type=kind)


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("ftp://a.example/x", "“ftp://a.example/x” is not a web address: it must begin with https://."),
        ("file:///etc/passwd", "“file:///etc/passwd” is not a web address: it must begin with"),
        ("https://[x", "“https://[x” is not a web address: Invalid IPv6 URL."),
    ],
)  # fmt: skip
def test_an_address_of_another_kind_is_refused(url, problem):
    with pytest.raises(InvalidFile) as caught:
        resolve(url)
    assert str(caught.value).startswith(problem)


# --- by path and as bytes ---------------------------------------------------------------------


def test_a_path_is_read(tmp_path):
    (tmp_path / "note.txt").write_text("hello")
    for given in (tmp_path / "note.txt", str(tmp_path / "note.txt")):
        local = resolve(given)
        assert (local.name, local.data, local.mimetype) == ("note.txt", b"hello", "text/plain")


def test_a_path_may_be_relative_or_at_home(tmp_path, monkeypatch):
    (tmp_path / "note.txt").write_text("hello")
    monkeypatch.chdir(tmp_path)
    assert resolve("note.txt").data == b"hello"
    monkeypatch.setenv("HOME", str(tmp_path))
    assert resolve("~/note.txt").data == b"hello"


def test_a_path_whose_name_looks_like_an_address_is_a_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data:x").write_text("hello")
    assert resolve(Path("data:x")).data == b"hello"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("nowhere.txt", "No such file or directory"),
        (".", "Is a directory"),
        ("", "Is a directory"),
        ("nul\0", "embedded null byte"),
        ("~nobody-of-that-name/x", "Could not determine home directory"),
        ("x" * 5000, "File name too long"),
    ],
    ids=range(6),
)
def test_a_path_that_cannot_be_read_is_named_with_the_reason(tmp_path, monkeypatch, path, reason):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidFile) as caught:
        resolve(path)
    text = str(caught.value)
    assert text.startswith(f"The file “{path[:200]}” cannot be read: {reason}")
    assert text.endswith(f"Check the path (now in {tmp_path}).")


def test_only_a_file_is_read_and_only_one_that_can_be_sent(tmp_path):
    with (tmp_path / "large").open("wb") as file:
        file.truncate(6 * 1024**3)
    with pytest.raises(InvalidFile) as caught:
        resolve(tmp_path / "large")
    assert str(caught.value) == (
        f"The file “{tmp_path / 'large'}” has 6,442,450,944 bytes, and at most 16,777,216 can be"
        " sent. Put it on the web and send its URL."
    )
    os.mkfifo(tmp_path / "pipe")
    for path, kind in ((tmp_path / "pipe", "pipe"), ("/dev/zero", "device")):
        with pytest.raises(InvalidFile, match=f"cannot be read: It is a {kind}, not a file"):
            resolve(path)


@pytest.mark.parametrize(
    "given", [5, None, ("name", 5), ("name", "text", "text/plain"), (1, 2, 3, 4)]
)
def test_what_is_no_file_is_named(given):
    assert attachables([given]) == [given]
    with pytest.raises(InvalidFile, match="A file is a URL, a path, a File, or .*, not "):
        resolve(given)


def test_bytes_come_with_a_name_and_a_type():
    local = resolve(BYTES)
    assert (local.name, local.data, local.mimetype) == BYTES
    assert resolve(("x.png", b"", "")).mimetype == "image/png"
    guessed = resolve(("x.png", bytearray(b"data")))
    assert (guessed.name, guessed.data, guessed.mimetype) == ("x.png", b"data", "image/png")
    assert attachables(("x.png", b"data")) == [("x.png", b"data")]


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("/etc/passwd", "passwd"),
        ("../../x.png", "x.png"),
        ("a\nb\x00c.txt", "a bc.txt"),
        ("\u202egnp.exe", "gnp.exe"),
        ("", "file"),
    ],
)
def test_a_name_is_only_a_name(name, clean):
    assert Local(name, b"x").name == clean


def test_a_small_file_goes_inside_a_message():
    data = bytes(range(256))
    file = Local("x.bin", data, "image/png").inline()
    assert (file.name, file.type, file.size) == ("x.bin", "image/png", 256)
    head, _, encoded = file.url.partition(",")
    assert head == "data:image/png;base64"
    assert base64.b64decode(encoded) == data


def test_a_large_file_does_not_and_it_is_told_what_to_do():
    assert Local("x", b"x" * INLINE_LIMIT).inline().size == INLINE_LIMIT
    with pytest.raises(InvalidFile) as caught:
        Local("big.png", b"x" * (INLINE_LIMIT + 1)).inline()
    assert str(caught.value) == (
        "“big.png” has 92,161 bytes. This server takes no uploads, and inside a message only"
        " 92,160 fit. Put the file on the web and send its URL."
    )
