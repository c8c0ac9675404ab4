"""Text in the forms in which a flow compares it."""

from __future__ import annotations

import pytest

from captivate_nb.server.flow.model import fold, plain


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("Chat to Agent", "chat to agent"),
        ("  Chat \n to\tAgent ", "chat to agent"),
        ("Don’t", "don't"),
        ("“Yes”", '"yes"'),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("", ""),
    ],
)
def test_fold(text: str, made: str):
    assert fold(text) == made


def test_plain_keeps_the_case():
    assert plain(" Order  A-1 ‘x’ ") == "Order A-1 'x'"
