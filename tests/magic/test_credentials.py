"""Keys: from the environment, or from a file that only its owner may read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from captivate_nb.errors import InvalidKey
from captivate_nb.magic import credentials as keys


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "key"
    path.write_text("the-key\n")
    path.chmod(0o600)
    return path


def test_from_the_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MY_KEY", " the-key ")
    assert keys.from_environment("MY_KEY") == "the-key"
    monkeypatch.setenv("MY_KEY", "  ")
    with pytest.raises(InvalidKey, match="MY_KEY is not set"):
        keys.from_environment("MY_KEY")


def test_from_a_file(file: Path):
    assert keys.from_file(file) == keys.from_file(str(file)) == "the-key"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o777])
def test_a_file_that_others_may_use(file: Path, mode: int):
    file.chmod(mode)
    with pytest.raises(InvalidKey, match="chmod 600") as caught:
        keys.from_file(file)
    assert "the-key" not in str(caught.value)


@pytest.mark.parametrize("data", [b"", b" \n", b"two words", b"\xff\xfe", b"x" * 5000])
def test_a_file_that_holds_something_else(file: Path, data: bytes):
    file.write_bytes(data)
    with pytest.raises(InvalidKey, match="the key and nothing else"):
        keys.from_file(file)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_file_with_a_byte_order_mark(file: Path, encoding: str):
    file.write_text("the-key\r\n", encoding=encoding)
    assert keys.from_file(file) == "the-key"


@pytest.mark.parametrize(
    "text",
    [
        "CAPTIVATE_API_KEY=s3cret-key",
        "\ufeffKEY=s3cret-key\n",
        "export KEY='s3cret-key'",
        "key = s3cret-key",
        "KEY=s3cret-key\nOTHER=x",
    ],
)
def test_a_file_with_a_name_before_the_key(file: Path, text: str):
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidKey, match="NAME=value line. Leave only the value") as caught:
        keys.from_file(file)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("key", ["c2VjcmV0", "c2VjcmU=", "c2VjcmV0cw==", "=x"])
def test_a_key_may_hold_equals_signs(file: Path, key: str):
    file.write_text(key)
    assert keys.from_file(file) == key


def test_a_file_that_is_not_there(tmp_path: Path):
    with pytest.raises(InvalidKey, match="cannot be read: No such file"):
        keys.from_file(tmp_path / "nope")
    with pytest.raises(InvalidKey, match="Is a directory"):
        keys.from_file(tmp_path)


def test_what_is_no_file_is_not_waited_for(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InvalidKey, match="cannot be read: It is a pipe"):
        keys.from_file(tmp_path / "pipe")
    for path in ("~nobody-of-that-name/key", "nul\0"):
        with pytest.raises(InvalidKey, match="cannot be read: "):
            keys.from_file(path)
