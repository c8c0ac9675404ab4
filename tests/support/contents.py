"""A value of every kind of content: what is added to the kinds is missing here, and then there."""

from __future__ import annotations

from captivate_nb.protocol import content as c

YES, NO, MORE, BUY = (c.Option(label, label.lower()) for label in ("Yes", "No", "More", "Buy"))
PICTURE, PAPER = c.File("https://a/p.png", "p.png"), c.File("https://a/p.pdf", "p.pdf")
CONTENT = (
    c.Text("Hello"),
    c.Buttons("Sure?", (YES, NO)),
    c.Files((PICTURE,)),
    c.Cards((c.Card("Tea", options=(MORE,)), c.Card("Cake"), c.Card("Pie", options=(BUY, YES)))),
    c.Html("<b>x</b>"),
    c.Markdown("*x*"),
    c.Table("<table></table>"),
    c.Pause(100),
    c.Files((PAPER,), "Papers"),
    c.Unknown("sticker", {"type": "sticker"}),
)
