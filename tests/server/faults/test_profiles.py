"""The limits a service sets, by its name."""

from __future__ import annotations

import math

import pytest

from captivate_nb.errors import UsageError
from captivate_nb.server.faults.profiles import PROFILES, ConnectionLimits, read


def test_a_name_can_be_changed_in_part():
    assert read("none") == ConnectionLimits()
    assert read("none").life == math.inf
    gateway = read("apigateway")
    assert (gateway.message, gateway.frame) == (128 << 10, 32 << 10)
    assert (gateway.idle, gateway.life) == (600, 7200)
    assert read("apigateway, life=60, idle=0.5") == ConnectionLimits(128 << 10, 32 << 10, 0.5, 60)
    assert read(gateway) is gateway
    assert gateway == PROFILES["apigateway"]


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("apigatway", "“apigatway” is not a profile. Did you mean “apigateway”?"),
        ("", "There are none, apigateway."),
        ("none, live=3", "“live=3” is not a limit of a profile. Did you mean “life”?"),
        ("none, zzz=3", "There are message, frame, idle, life."),
        ("none, life=0", "“life=0” cannot be: life takes seconds, more than 0."),
        ("none, frame=big", "frame takes bytes"),
        ("none, idle=nan", "idle takes seconds"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(spec, says):
    with pytest.raises(UsageError) as caught:
        read(spec)
    assert says in str(caught.value)
