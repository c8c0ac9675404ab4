"""A user's list of conversations."""

from __future__ import annotations

from typing import Any

import pytest

from captivate_nb.protocol import events as e
from captivate_nb.server.store.conversations import ConversationStore, StoredConversation
from captivate_nb.server.store.listing import LARGEST_PAGE, page


@pytest.fixture
def conversations() -> list[StoredConversation]:
    store = ConversationStore()
    for number, plan in enumerate(["gold", "silver", "gold", "Golden"]):
        store.create("ann", {}, {"plan": plan, "number": number, "page": {"path": f"/{number}"}})
    return store.of_user("ann")


def ask(
    conversations: list[StoredConversation], **fields: Any
) -> tuple[list[int], e.Pagination | None]:
    request = e.GetConversations(user_id="ann", variant="get_user_conversations_v2", **fields)
    told = page(request, conversations)
    return [line.metadata["number"] for line in told.conversations], told.pagination


def test_the_short_form_has_no_pages(conversations: list[StoredConversation]):
    told = page(e.GetConversations(user_id="ann"), conversations)
    assert [line.conversation_id for line in told.conversations] == [c.id for c in conversations]
    assert (told.pagination, told.user_id) == (None, "ann")


@pytest.mark.parametrize(
    ("fields", "numbers"),
    [
        ({}, [3, 2, 1, 0]),
        ({"filter": {"plan": "gold"}}, [2, 0]),
        ({"filter": {"plan": "gold", "number": 2}}, [2]),
        ({"filter": {"number": "2"}}, []),
        ({"filter": {"page.path": "/1"}}, [1]),
        ({"filter": {"missing": None}}, [3, 2, 1, 0]),
        ({"search": {"plan": "GOLD"}}, [3, 2, 0]),
        ({"search": {"plan": "gold", "number": 3}}, [3]),
        ({"search": {"missing": "x"}}, []),
        ({"filter": {"plan": "gold"}, "search": {"page.path": "0"}}, [0]),
    ],
)
def test_filter_and_search(
    conversations: list[StoredConversation], fields: dict[str, Any], numbers: list[int]
):
    found, pages = ask(conversations, **fields)
    assert found == numbers
    assert pages is not None
    assert (pages.total, pages.total_pages) == (len(numbers), 1)
    assert not pages.has_next


@pytest.mark.parametrize(
    ("fields", "numbers", "pages"),
    [
        ({"page": 1, "limit": 3}, [3, 2, 1], (1, 3, 2, True, False)),
        ({"page": 2, "limit": 3}, [0], (2, 3, 2, False, True)),
        ({"page": 3, "limit": 3}, [], (3, 3, 2, False, True)),
        ({"page": 1}, [3, 2, 1, 0], (1, 10, 1, False, False)),
        ({"limit": 2}, [3, 2], (1, 2, 2, True, False)),
        ({"page": 0, "limit": 0}, [3, 2, 1, 0], (1, 10, 1, False, False)),
        ({"limit": 10_000}, [3, 2, 1, 0], (1, LARGEST_PAGE, 1, False, False)),
    ],
)
def test_pages(
    conversations: list[StoredConversation],
    fields: dict[str, Any],
    numbers: list[int],
    pages: tuple[Any, ...],
):
    found, told = ask(conversations, **fields)
    assert found == numbers
    assert told == e.Pagination(
        page=pages[0],
        page_size=pages[1],
        total=4,
        total_pages=pages[2],
        has_next=pages[3],
        has_previous=pages[4],
    )


def test_nobody_s_list():
    assert ask([], page=1) == ([], e.Pagination(page=1, page_size=10))
