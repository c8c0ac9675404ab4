"""Print pip constraints: what a user gets installed, at the oldest version that is allowed."""

from __future__ import annotations

import tomllib
from pathlib import Path


def main() -> None:
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    for requirement in [*project["dependencies"], *extras["lab"], *extras["pandas"]]:
        name, _, versions = requirement.partition(">=")
        print(f"{name}=={versions.split(',')[0]}")


if __name__ == "__main__":
    main()
