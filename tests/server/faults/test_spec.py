"""The words for what may go wrong."""

from __future__ import annotations

import pytest

from captivate_nb.errors import UsageError
from captivate_nb.server.faults.spec import KINDS, PRESETS, Faults, read


def test_no_words_are_no_faults():
    assert read(None) == read("") == read("off") == read([]) == Faults()
    assert str(Faults()) == "off"


def test_words_are_read_with_commas_between_or_one_by_one():
    faults = Faults(delay=200, drop=0.05, seed=42)
    assert read("delay=200, drop=0.05, seed=42") == faults
    assert read(["delay=200", " drop = 0.05,seed=42"]) == faults
    assert read(faults) is faults
    assert read(str(faults)) == faults
    assert str(faults) == "delay=200, drop=0.05, seed=42"


def test_every_word_stands_alone_too_and_is_written_as_it_is_read():
    for word, kind in KINDS.items():
        faults = read(word)
        assert getattr(faults, kind.field) == kind.alone
        assert read(str(faults)) == faults or kind.alone == 0
    assert read("Drop_Mid Message").drop_mid_message > 0


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_a_named_network_is_one_and_says_what_it_is(preset):
    assert read(preset.name) == read(preset.spec) == read(preset.name.replace(" ", "-"))
    assert preset.about
    assert "\n" not in preset.about


def test_a_name_comes_first_and_words_after_it_change_it():
    assert read("hotel wifi, delay=5").delay == 5
    assert read("hotel wifi, delay=5").jitter == read("hotel wifi").jitter
    assert read("drop=0.5, slow") == read("slow")
    assert read("seed=3, slow, off") == Faults()


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("delya=20", "“delya=20” is not a fault. Did you mean “delay”?"),
        ("hotel wify", "Did you mean “hotel wifi”?"),
        ("qqqq", "“qqqq” is not a fault. There are delay, jitter"),
        ("delay=soon", "“delay=soon” cannot be: delay takes milliseconds, 600000 at the most"),
        ("delay=-1", "delay takes milliseconds"),
        ("delay=nan", "delay takes milliseconds"),
        ("drop=2", "“drop=2” cannot be: drop takes a chance from 0 to 1, as in drop=0.05."),
        ("drop=", "drop takes a chance"),
        ("drop-after=1.5", "drop-after takes a whole number from 0, as in drop-after=5."),
        ("stale=3601", "stale takes seconds, 3600 at the most, as in stale=2."),
        ("same-ids=2", "same-ids takes 1 for yes or 0 for no, as in same-ids=1."),
        ("slow=3", "“slow=3” is not a fault."),
    ],
)
def test_what_cannot_be_is_said_in_one_line(spec, says):
    with pytest.raises(UsageError) as caught:
        read(spec)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
