"""Folders of its own for anything of Jupyter that a test starts: no user's config, no history."""

from __future__ import annotations

import os
from pathlib import Path


def own_environment(folder: Path) -> dict[str, str]:
    """The environment of this process, with every place Jupyter and IPython write to in `folder`."""
    places = {
        "IPYTHONDIR": "ipython",
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "MPLCONFIGDIR": "matplotlib",
    }
    environment = {**os.environ, "JUPYTER_PLATFORM_DIRS": "1", "PYTHONFAULTHANDLER": "1"}
    for name, place in places.items():
        path = folder / place
        path.mkdir(parents=True, exist_ok=True)
        environment[name] = str(path)
    return environment
