"""What runs in the kernels: a session with the benchmark's server, and a panel of either kind on it."""

from __future__ import annotations

import os
import time
from typing import Any

from IPython.display import display

import captivate_nb as cn

from .words import text

FEED = 100
"""Messages that a ChatFeed begins with."""


class Ours:
    """A chat panel of this project; `began` and `made` say when it was, in seconds."""

    session: cn.Session

    def __init__(self) -> None:
        self.panel: Any = None
        self.began = self.made = 0.0

    async def connect(self, url: str) -> None:
        self.session = await cn.connect(url, greet="user")

    def show(self) -> None:
        """Make a panel, close the one before, and display it."""
        if self.panel is not None:
            self.panel.close()
        self.began = time.time()
        self.panel = self.make()
        self.made = time.time()
        display(self.panel)

    def make(self) -> Any:
        return cn.ChatPanel(self.session)

    async def turns(self, count: int) -> None:
        """Let the user click `count` times, then begin a new conversation."""
        session = self.session
        await session.say("Begin", settle=0)
        for turn in range(count):
            await session.click(session.choices[turn % 3], settle=0)
        await session.restart()


class Feed(Ours):
    """Panel's ChatFeed: the same messages, each as the text that it is.

    Its scripts come with the notebook, and then its styles by URL, from `cdn`: that is what it does
    by itself. With `inline` left on, Panel 1.9 walks through all models for each model's styles as
    it displays them, and 100 messages take minutes.
    """

    def __init__(self, cdn: str) -> None:
        super().__init__()
        os.environ["PANEL_CDN_ROOT"] = cdn
        import panel as pn

        pn.extension(inline=True)
        pn.config.inline = False
        self._chat = pn.chat

    async def connect(self, url: str) -> None:
        await super().connect(url)
        self.session.on("bot_message", lambda _: self.say())

    def show(self) -> None:
        self.panel = None
        super().show()

    def make(self) -> Any:
        messages = (self._chat.ChatMessage(text(number), user="Bot") for number in range(FEED))
        return self._chat.ChatFeed(*messages, height=560)

    def say(self) -> None:
        self.panel.send(self.session.transcript[-1].text, user="Bot", respond=False)
