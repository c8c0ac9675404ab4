"""Reading: only files, only so large, and never a wait."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from captivate_nb.local_files import TooLarge, guess_type, open_regular, read_regular


def test_a_file_is_read_up_to_a_limit(tmp_path: Path):
    path = tmp_path / "file"
    path.write_bytes(b"12345")
    assert read_regular(path, 5) == b"12345"
    with pytest.raises(TooLarge) as caught:
        read_regular(path, 4)
    assert caught.value.size == 5


def test_a_large_file_is_not_read(tmp_path: Path):
    path = tmp_path / "file"
    with path.open("wb") as file:
        file.truncate(6 * 1024**3)
    with pytest.raises(TooLarge, match="It has 6,442,450,944 bytes"):
        read_regular(path, 1000)


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="Linux has such files")
def test_a_file_that_tells_no_size_is_bounded_too():
    assert Path("/proc/self/maps").stat().st_size == 0
    with pytest.raises(TooLarge):
        read_regular(Path("/proc/self/maps"), 10)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")
def test_what_is_no_file_is_neither_read_nor_waited_for(tmp_path: Path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(OSError, match="It is a pipe, not a file"):
        open_regular(pipe)
    with pytest.raises(OSError, match="It is a device, not a file"):
        open_regular(Path("/dev/zero"))
    with pytest.raises(IsADirectoryError):
        open_regular(tmp_path)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
        with pytest.raises(OSError, match="socket"):
            open_regular(tmp_path / "socket")


def test_a_type_is_guessed_by_the_name():
    assert guess_type("x.png") == "image/png"
    assert guess_type("x.unheard-of") == "application/octet-stream"
