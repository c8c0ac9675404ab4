"""What the server knows of each conversation."""

from __future__ import annotations

import re

import pytest

from captivate_nb.protocol import content as c
from captivate_nb.server.flow.bot import Memory
from captivate_nb.server.store.conversations import (
    ConversationStore,
    HandoffRecord,
    Journal,
    PendingTurn,
    StoredConversation,
    text_of,
    weigh,
)


@pytest.fixture
def store() -> ConversationStore:
    return ConversationStore()


@pytest.fixture
def ann(store: ConversationStore) -> StoredConversation:
    return store.create("ann", {"firstName": "Ann"}, {"plan": "gold", "private": {"token": 1}})


def test_ids_begin_with_the_user_s(ann: StoredConversation, store: ConversationStore):
    assert re.fullmatch(r"ann-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", ann.id)
    assert store.get(ann.id) is ann
    assert store.get("ann") is None


def test_metadata_is_merged_at_the_top_level(ann: StoredConversation, store: ConversationStore):
    store.set_metadata(ann, {"page": {"a": 1}, "plan": "silver"})
    store.set_metadata(ann, {"page": {"b": 2}, "private": {"more": 2}})
    store.set_metadata(ann, {"private": "not a mapping"})
    assert ann.metadata == {"plan": "silver", "page": {"b": 2}}
    assert ann.private == {"token": 1, "more": 2}


def test_targets_say_which_side_sees_it(ann: StoredConversation, store: ConversationStore):
    for target in ("default", "bot", "live", "bot_live"):
        store.set_metadata(ann, {f"for_{target}": 1}, target)
    shared = {"plan": "gold", "for_default": 1, "for_bot_live": 1}
    more = {"private": {"token": 1}, "user": {"firstName": "Ann"}}
    assert ann.seen_by("bot") == {**shared, "for_bot": 1, **more}
    assert ann.seen_by("live") == {**shared, "for_live": 1, **more}


def test_a_transcript_in_order(ann: StoredConversation, store: ConversationStore):
    hi = store.append(ann, "bot", (c.Text("Hi."),), name="Bot")
    store.append_action(ann, c.Action("go"), "Bot")
    store.append_action(ann, c.Action("stay"), "Bot")
    store.append(ann, "user", (c.Text("Yes"),), client_msg_id="c1")
    store.append_action(ann, c.Action("alone"), "Bot")
    told = [entry.as_transcript() for entry in ann.entries]
    assert [(entry.sender, entry.name) for entry in told] == [
        ("bot", "Bot"),
        ("user", None),
        ("bot", "Bot"),
    ]
    assert told[0].message_id == hi.id
    assert told[0].actions == (c.Action("go"), c.Action("stay"))
    assert (told[2].content, told[2].actions) == ((), (c.Action("alone"),))


def test_an_action_before_any_word(ann: StoredConversation, store: ConversationStore):
    store.append_action(ann, c.Action("go"), "Bot")
    assert ann.entries[0].actions == (c.Action("go"),)


def test_edit_finds_the_user_s_message_by_either_id(
    ann: StoredConversation, store: ConversationStore
):
    bot = store.append(ann, "bot", (c.Text("Hi."),))
    mine = store.append(ann, "user", (c.Text("one"),), client_msg_id="c1")
    assert store.edit(ann, mine.id, (c.Text("two"),))
    assert mine.content == (c.Text("two"),)
    assert store.edit(ann, "c1", (c.Text("three"),))
    assert mine.content == (c.Text("three"),)
    assert not store.edit(ann, bot.id, (c.Text("x"),))
    assert not store.edit(ann, "nothing", (c.Text("x"),))


def test_lists_have_the_last_changed_first(ann: StoredConversation, store: ConversationStore):
    second = store.create("ann", {}, {})
    store.create("bob", {}, {})
    assert store.of_user("ann") == [second, ann]
    store.append(ann, "user", (c.Text("x"),))
    assert store.of_user("ann") == [ann, second]


def test_deletion_soft_and_hard(ann: StoredConversation, store: ConversationStore):
    second = store.create("ann", {}, {})
    store.delete(ann, soft=True)
    assert store.of_user("ann") == [second]
    assert store.get(ann.id) is ann
    store.delete(second, soft=False)
    assert store.get(second.id) is None
    assert list(store) == [ann]


class Noted(Journal):
    """What a store asks its journal to keep, by name."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def put(self, conversation):
        self.notes.append("put")

    def touch(self, conversation):
        self.notes.append("touch")

    def put_entry(self, conversation, place):
        self.notes.append(f"entry {place}")

    def put_turn(self, conversation, turn):
        self.notes.append(f"turn {turn.number} {turn.done}")

    def drop_turn(self, turn):
        self.notes.append(f"turn {turn.number} over")

    def drop(self, conversation):
        self.notes.append("drop")

    def commit(self):
        self.notes.append("commit")

    def taken(self) -> list[str]:
        taken, self.notes = self.notes, []
        return taken


def test_every_change_is_noted_and_no_more_than_what_changed():
    noted = Noted()
    store = ConversationStore(noted)
    one = store.create("ann", {}, {})
    assert noted.taken() == ["put"]
    store.append(one, "bot", (c.Text("Hi."),))
    store.append(one, "user", (c.Text("Yes"),), client_msg_id="c1")
    assert noted.taken() == ["entry 0", "touch", "entry 1", "touch"]
    store.append_action(one, c.Action("go"), "Bot")
    assert set(noted.taken()) == {"entry 2", "touch"}
    store.edit(one, "c1", (c.Text("No"),))
    assert noted.taken() == ["entry 1", "touch"]
    store.set_metadata(one, {"a": 1})
    store.note_handoff(one, HandoffRecord("why", None, None, 1.0, None))
    store.delete(one, soft=True)
    assert noted.taken() == ["put", "put", "put"]
    store.commit()
    store.delete(one, soft=False)
    assert noted.taken() == ["commit", "drop"]


def test_a_turn_is_noted_until_it_is_over():
    noted = Noted()
    store = ConversationStore(noted)
    one = store.create("ann", {}, {})
    noted.taken()
    first, second = (store.begin_turn(one, PendingTurn(0, "hear", text)) for text in ("one", "two"))
    assert (first.number, second.number, one.unfinished) == (1, 2, True)
    store.advance_turn(one, first)
    memory = Memory("menu")
    store.end_turn(one, first, memory)
    assert one.memory is memory
    store.end_turn(one, second, None)
    assert (one.memory, one.turns, one.unfinished) == (memory, [], False)
    assert noted.taken() == [
        *("turn 1 0", "turn 2 0", "turn 1 1", "turn 1 over", "put", "turn 2 over"),
    ]


def test_a_store_goes_on_counting_where_its_journal_ended():
    class Kept(Journal):
        def load(self):
            return [
                StoredConversation("a", "ann", {}, number=7, turns=[PendingTurn(3, "greet")]),
                StoredConversation("b", "bob", {}, number=9),
            ]

    store = ConversationStore(Kept())
    store.load()
    assert [one.id for one in store] == ["a", "b"]
    assert len(store) == 2
    ann = store.get("a")
    assert ann is not None
    assert store.begin_turn(ann, PendingTurn(0, "left")).number == 4
    store.set_metadata(ann, {})
    assert ann.number == 10
    assert [one.id for one in store] == ["b", "a"]


def test_without_a_journal_nothing_is_loaded_and_nothing_lost(
    ann: StoredConversation, store: ConversationStore
):
    turn = store.begin_turn(ann, PendingTurn(0, "greet"))
    store.end_turn(ann, turn, None)
    store.delete(store.create("bob", {}, {}), soft=False)
    store.commit()
    store.load()
    assert list(store) == [ann]


def test_who_has_not_changed_for_long(store: ConversationStore):
    first, second = store.create("ann", {}, {}), store.create("bob", {}, {})
    first.changed, second.changed = 10.0, 20.0
    assert store.unchanged_since(20.0) == [first]
    store.append(first, "user", ())
    assert store.unchanged_since(20.5) == [second]
    assert first.changed > 20.5


def test_what_is_plain_text_in_a_message():
    assert text_of((c.Text("one"), c.Html("<b>"), c.Text("two"))) == "one\ntwo"


def test_all_that_is_kept_has_a_size_and_what_is_gone_has_none(
    ann: StoredConversation, store: ConversationStore
):
    alone = store.size
    assert store.size_of(ann) == alone > 0
    bob = store.create("bob", {}, {"plan": "x" * 1000})
    sizes = [store.size]

    def grown_by() -> int:
        sizes.append(store.size)
        return sizes[-1] - sizes[-2]

    assert sizes[0] - alone > 1000
    store.append(bob, "user", (c.Text("x" * 2000),), client_msg_id="c1")
    assert grown_by() > 2000
    store.append_action(bob, c.Action("go", {"to": "x" * 3000}), "Bot")
    assert grown_by() > 3000
    turn = store.begin_turn(bob, PendingTurn(0, "hear", "x" * 4000))
    assert grown_by() > 4000
    store.end_turn(bob, turn, Memory(routes={"x" * 1500: "menu"}))
    assert grown_by() < -2000
    store.edit(bob, "c1", (c.Text("x"),))
    assert grown_by() == -1999
    store.set_metadata(bob, {"plan": None})
    assert grown_by() < -900
    assert store.size_of(bob) == store.size - alone
    store.delete(bob, soft=True)
    assert grown_by() == 0
    store.delete(bob, soft=False)
    store.begin_turn(bob, PendingTurn(0, "hear", "too late"))
    assert store.size == alone


def test_what_lists_and_objects_take_counts_too_and_what_no_json_can_have():
    assert weigh([{}] * 100) > 50 * 100
    for odd in (10**40, "half an emoji: \ud83d", {"a": float("nan")}):
        assert weigh(odd) > 0


def test_the_conversation_that_has_not_changed_for_longest(
    ann: StoredConversation, store: ConversationStore
):
    assert store.oldest(but=ann.id) is None
    bob = store.create("bob", {}, {})
    assert store.oldest() is ann
    assert store.oldest(but=ann.id) is bob
    store.set_metadata(ann, {})
    assert store.oldest() is bob
