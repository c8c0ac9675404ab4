"""Changes: what differs between two states of the metadata, and in a log."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from captivate_nb.conversation.eventlog import EventLog
from captivate_nb.conversation.metadata import (
    MISSING,
    MetadataChange,
    differences,
    metadata_changes,
    value_at,
)
from captivate_nb.protocol import events as e
from captivate_nb.protocol.codec import encode

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)
METADATA = st.dictionaries(st.text("abc", min_size=1, max_size=2), VALUES, max_size=4)


def test_value_at():
    metadata = {"cart": {"total": 3}, "plan": None}
    assert value_at(metadata, "cart.total") == 3
    assert value_at(metadata, "plan") is None
    assert value_at(metadata, "") == metadata
    assert value_at(metadata, "cart.total.x") is MISSING
    assert value_at(metadata, "nope") is MISSING
    assert not MISSING
    assert repr(MISSING) == "<missing>"


def test_differences_go_as_deep_as_both_sides_do():
    old = {"a": {"x": 1, "y": 2}, "b": 1, "gone": 0, "same": [1]}
    new = {"a": {"x": 1, "y": 3}, "b": {"c": 1}, "same": [1], "new": True}
    assert list(differences(old, new)) == [
        ("a.y", 2, 3),
        ("b", 1, {"c": 1}),
        ("gone", 0, MISSING),
        ("new", MISSING, True),
    ]
    assert list(differences({"a": 1}, {"a": True})) == [("a", 1, True)]


@given(METADATA, METADATA)
def test_no_differences_means_equal(old: dict[str, object], new: dict[str, object]):
    assert list(differences(old, old)) == []
    if old != new:
        assert list(differences(old, new))


def test_the_changes_of_a_log():
    log = EventLog()
    said = [
        e.ConversationStart(metadata={"plan": "free"}),
        e.ConversationStarted(conversation_id="c"),
        e.MetadataSet(conversation_id="c", client_msg_id="1", metadata={"plan": "vip"}),
        e.BotMessage(),
        e.ConversationMetadata(conversation_id="c", metadata={"plan": "vip", "seen": 1}),
    ]
    for at, event in enumerate(said):
        log.record("out" if isinstance(event, e.ClientEvent) else "in", encode(event), float(at))
    assert metadata_changes(log) == [
        MetadataChange(1, "plan", MISSING, "free"),
        MetadataChange(2, "plan", "free", "vip"),
        MetadataChange(4, "seen", MISSING, 1),
    ]
