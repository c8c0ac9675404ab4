"""Where the browser for the tests is; run as a script, it gets one if there is none."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
)


@functools.cache
def find() -> str | None:
    """The path of a Chromium: $CHROMIUM, one on the PATH, or Playwright's own; None without any."""
    named = os.environ.get("CHROMIUM")
    found = map(shutil.which, [named] if named else NAMES)
    return next((path for path in found if path and _runs(path)), None) or _playwrights()


def _runs(path: str) -> bool:
    """Ubuntu's /usr/bin/chromium-browser may only say that one has to install a snap."""
    return subprocess.run([path, "--version"], capture_output=True, check=False).returncode == 0


def _playwrights() -> str | None:
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def _install() -> None:
    """By apt where we may; Playwright's where apt has none (on Ubuntu it is a snap) or is not ours.

    One of the two has to give a browser, so a failure of the first is not yet an error.
    """
    root = sys.platform == "linux" and os.geteuid() == 0
    if root and shutil.which("apt-get"):
        apt = ["apt-get", "-o", "DPkg::Lock::Timeout=300"]
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run([*apt, "update"], env=quiet, check=False)
        packages = ["chromium", "fonts-liberation", "fonts-noto-color-emoji"]
        subprocess.run([*apt, "install", "-y", *packages], env=quiet, check=False)
    find.cache_clear()
    if not find():
        with_libraries = ["--with-deps"] if root else []
        command = [sys.executable, "-m", "playwright", "install", *with_libraries, "chromium"]
        subprocess.run(command, check=True)
        find.cache_clear()


def main() -> int:
    if not find():
        _install()
    path = find()
    print(path or "No Chromium: install one, or name one in the environment variable CHROMIUM")
    return 0 if path else 1


if __name__ == "__main__":
    sys.exit(main())
