"""A recording's pictures: not loaded from anywhere unless that is asked for."""

from __future__ import annotations

import captivate_nb as cn
from captivate_nb.conversation.message import Message
from captivate_nb.conversation.transcript import Transcript
from captivate_nb.protocol.content import Card, Cards, File
from captivate_nb.widgets.inspector.replay_panel import ReplayPanel
from support.front_end import FrontEnd


async def test_pictures_are_loaded_when_the_reader_allows_it(front_end: FrontEnd):
    content = (Cards((Card(text="Mug", image_url="https://x.test/mug.png"),)),)
    said = Transcript([Message(id="1", sender="bot", text="Mug", content=content)])
    asking = ReplayPanel(said)
    assert (asking.chat_log.remote_images, asking.chat_log.trusted) == ("ask", [])
    assert "<img" not in asking.text_bundle()["text/html"]
    allowing = ReplayPanel(said, remote_images="allow")
    assert "https://x.test/mug.png" in allowing.text_bundle()["text/html"]
    asking.close()
    allowing.close()


async def test_what_stands_beside_and_in_the_place_of_a_panel_asks_too(front_end: FrontEnd):
    picture = File("https://x.test/a.png", "a.png", "image/png")
    async with await cn.demo() as session:
        panel = cn.ChatPanel(session, remote_images="ask")
        await session.say("look", wait=False)
        await session.send_files([picture])
        await panel.branch(len(session.events) - 1)
        assert panel.beside is not None
        shown = (panel, panel.beside)
        for each in shown:
            assert "(not loaded from x.test)" in each.text_bundle()["text/html"]
        panel.close()
        for each in shown:
            assert "(not loaded from x.test)" in each._text()["text/html"]
            assert "<img" not in str(each._text()) + str(each._panel())


async def test_a_live_chat_trusts_its_own_server(front_end: FrontEnd):
    async with await cn.demo() as session:
        panel = cn.ChatPanel(session, remote_images="ask")
        assert panel.chat_log.remote_images == "ask"
        assert session.url.split("/")[2] in panel.chat_log.trusted
        panel.close()
