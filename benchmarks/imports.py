"""What `import captivate_nb` costs, alone and beside what every notebook with widgets imports.

Each is measured in processes of their own, and the median counts. It fails above 150 ms alone, or
above 150 ms over ipywidgets, IPython and websockets; and where it brings what is not used yet.
"""

from __future__ import annotations

import statistics
import subprocess
import sys

RUNS = 9
MOST = 150.0  # milliseconds
BESIDE = "import ipywidgets, IPython, websockets.asyncio.client"
UNUSED = (
    "ipywidgets",
    "anywidget",
    "IPython",
    "markdown_it",
    "tornado",
    "websockets",
    "yaml",
    "http.client",
    "urllib.request",
)

MEASURE = """
{before}
import time
began = time.perf_counter()
import captivate_nb
print((time.perf_counter() - began) * 1000)
"""


def milliseconds(before: str = "") -> float:
    """Return the median of what the import takes after some other code."""
    code = MEASURE.format(before=before)
    return statistics.median(float(output_of(code)) for _ in range(RUNS))


def output_of(code: str) -> str:
    """Return what some code prints, in a process of its own."""
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout  # noqa: S603


def brought() -> list[str]:
    """Return which of the modules that it does not need yet it imports."""
    code = f"import captivate_nb, sys; print(*(m for m in {UNUSED!r} if m in sys.modules))"
    return output_of(code).split()


def main() -> None:
    alone, over, unused = milliseconds(), milliseconds(BESIDE), brought()
    print(f"alone: {alone:.0f} ms; over ipywidgets, IPython and websockets: {over:.0f} ms")
    print(f"at most {MOST:.0f} each; brought and not used: {', '.join(unused) or 'nothing'}")
    sys.exit(alone > MOST or over > MOST or bool(unused))


if __name__ == "__main__":
    main()
