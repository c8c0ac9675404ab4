"""Bots to try: sessions on functions, and one written with the vendor's package."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from captivate_ai_api.Captivate import (  # type: ignore[import-untyped]
    ActionModel,
    ButtonMessageModel,
    Captivate,
    CardCollectionModel,
    CardMessageModel,
    FileCollectionModel,
    FileModel,
    HtmlMessageModel,
    TableMessageModel,
    TextMessageModel,
)

import captivate_nb as cn
from support.until import until

Json = dict[str, Any]


def vendors_items() -> list[Any]:
    """One of every item of the contract, as the vendor's package makes them."""
    return [
        TextMessageModel(text="Hello"),
        ButtonMessageModel(
            buttons={"title": "Which?", "options": [{"label": "Tea", "value": "tea"}]}
        ),
        ButtonMessageModel(
            buttons={"title": "Only?", "options": {"label": "Coffee", "value": "coffee"}}
        ),
        TableMessageModel(table="<table><tr><td>1</td></tr></table>"),
        CardCollectionModel(
            cards=[
                CardMessageModel(
                    text="Mug", description="Blue", image_url="http://x/m.png", link="http://x/m"
                )
            ]
        ),
        HtmlMessageModel(html="<b>Bold</b>"),
        FileCollectionModel(
            files=[FileModel(type="application/pdf", url="http://x/a.pdf", filename="a.pdf")]
        ),
        {"type": "cards", "text": "Flat", "description": "fields on the item"},
        {"type": "custom", "anything": [1, 2]},
        {"type": "alert", "RootModel": {"level": "high"}},
    ]


def vendors_bot(request: Json) -> Json:
    """Answer as the package's README shows, by what the user said."""
    captivate = Captivate.create(request)
    said = captivate.get_user_input()
    captivate.set_response([TextMessageModel(text=f"You said {said}")])
    if said == "items":
        captivate.set_response(vendors_items())
    elif said == "title":
        captivate.set_conversation_title("Tea for two")
        captivate.set_metadata("cups", 2)
        captivate.set_private_metadata("margin", "a secret number")
    elif said == "forget":
        captivate.remove_metadata("cups")
    elif said == "agent":
        captivate.escalate_to_human()
    elif said == "action":
        captivate.set_outgoing_action(
            [ActionModel(id="openPage", payload={"page": 2}), ActionModel(action="ring", data={})]
        )
    if (actions := captivate.get_incoming_action()) is not None:
        told = ", ".join(f"{action.id} {action.payload}" for action in actions)
        captivate.set_response([TextMessageModel(text=f"Told {told}")])
    if captivate.get_files():
        names = [file["filename"] for file in captivate.get_files()]
        captivate.set_response([TextMessageModel(text=f"Got {names}")])
    answer: Json = captivate.get_response()
    return answer


@asynccontextmanager
async def chatting(bot: Callable[[Json], Any], **options: Any) -> AsyncIterator[cn.Session]:
    """A session on a bot; nothing that it started is left when it is closed."""
    threads, tasks = set(threading.enumerate()), asyncio.all_tasks()
    async with await cn.demo(bot=bot, **options) as session:
        yield session
    gc.collect()
    await until(lambda: not left(threads) and asyncio.all_tasks() == tasks)


def left(before: set[threading.Thread]) -> list[str]:
    """The threads that are more than before, but those of asyncio's pool and of `support.hub`."""
    return [
        thread.name
        for thread in set(threading.enumerate()) - before
        if not thread.name.startswith("asyncio_") and "process_request" not in thread.name
    ]
