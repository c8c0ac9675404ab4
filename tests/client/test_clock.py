"""Clock: a time of day that never goes back."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from captivate_nb.client.clock import Clock

STEPS = st.lists(st.tuples(st.floats(-1e5, 1e5), st.floats(0, 1e3)), max_size=20)


@given(STEPS)
def test_it_never_goes_back_and_never_stands_still(steps):
    wall, steady = 1e9, 50.0
    clock = Clock(lambda: wall, lambda: steady)
    before = clock.now()
    for jump, passed in steps:
        wall, steady = wall + jump, steady + passed
        now = clock.now()
        assert now >= before
        assert now - before >= passed * 0.999_999 - 1e-6
        assert now >= wall
        before = now


def test_it_goes_ahead_with_the_systems_clock_and_not_back_with_it():
    wall, steady = 1000.0, 0.0
    clock = Clock(lambda: wall, lambda: steady)
    wall, steady = 8200.0, 1.0  # the machine slept for two hours
    assert clock.now() == 8200.0
    wall, steady = 1002.0, 2.0  # and its clock was set back
    assert clock.now() == 8201.0


def test_it_is_the_systems_clock_where_none_is_given():
    assert abs(Clock().now() - time.time()) < 60
