"""A user's list of conversations: filter, search and pages."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from captivate_nb.protocol import events as e
from captivate_nb.server.flow.conditions import look_up

from .conversations import StoredConversation

LARGEST_PAGE = 100  # conversations


def page(
    request: e.GetConversations, conversations: Sequence[StoredConversation]
) -> e.UserConversations:
    """Answer a request for a user's conversations; `conversations` are all of theirs.

    `filter` compares values exactly, `search` finds a text inside them, whatever its case; both
    look up dotted paths, and all of them must fit. Without a page all are in one.
    """
    fitting = [
        one
        for one in conversations
        if all(look_up(one.metadata, path) == value for path, value in request.filter.items())
        and all(_found(one.metadata, path, text) for path, text in request.search.items())
    ]
    page, pages = _page(request, len(fitting))
    first = (page.page - 1) * page.page_size
    shown = fitting[first : first + page.page_size] if pages else fitting
    return e.UserConversations(
        conversations=tuple(e.ConversationSummary(one.id, one.metadata) for one in shown),
        pagination=page if pages or request.variant == "get_user_conversations_v2" else None,
        user_id=request.user_id,
    )


def _page(request: e.GetConversations, total: int) -> tuple[e.Pagination, bool]:
    paged = request.page is not None or request.limit is not None
    size = min(max(request.limit or 10, 1), LARGEST_PAGE) if paged else total
    last = max(math.ceil(total / size), 1) if size else 1
    page = max(request.page or 1, 1)
    return (
        e.Pagination(
            page=page,
            page_size=size,
            total=total,
            total_pages=last,
            has_next=page < last,
            has_previous=page > 1,
        ),
        paged,
    )


def _found(metadata: Mapping[str, Any], path: str, text: Any) -> bool:
    value = look_up(metadata, path)
    return value is not None and str(text).casefold() in str(value).casefold()
