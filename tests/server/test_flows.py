"""What `captivate_nb.server` gives without starting anything."""

from __future__ import annotations

import subprocess
import sys


def test_the_flows_and_nothing_heavy():
    code = (
        "import sys; from captivate_nb.server import flows;"
        "print(flows(), [name for name in sys.modules if name.startswith('captivate_nb.server.')])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "('booking-bug', 'everything', 'shop', 'support') []"
