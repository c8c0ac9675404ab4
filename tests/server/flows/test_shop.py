"""The shipped `shop` flow."""

from __future__ import annotations

from typing import Any

from support.bare import Bare, texts
from support.fetching import fetch

SERVES = "shop"


async def enter(client: Bare, **metadata: Any) -> list[str]:
    await client.start(userBasicInfo={"firstName": "Ann"}, metadata=metadata)
    await client.say("")
    return texts(await client.bot())


async def shelf(client: Bare) -> list[dict[str, Any]]:
    await client.say("Look around")
    return [
        card
        for item in (await client.bot())["content"]
        if item["type"] == "cards"
        for card in item["cards"]
    ]


async def test_cards_have_pictures_links_and_buttons(client: Bare):
    assert await enter(client) == ["Hello Ann, and welcome to the little shop."]
    cards = await shelf(client)
    assert [card["text"] for card in cards] == ["Stoneware mug", "Desk lamp", "Monstera"]
    for card in cards:
        assert card["link"].startswith("https://example.org/shop/")
        assert card["options"][0]["label"] == "Add to basket"
        picture = await fetch(card["image_url"])
        assert picture.headers["Content-Type"] == "image/svg+xml"
    assert len({card["options"][0]["value"] for card in cards}) == 3


async def test_buying(client: Bare):
    await enter(client)
    assert await client.told("My basket") == [
        "Your basket is empty.",
        "Here is what we have today.",
    ]
    assert await client.told("Add the lamp") == ["In your basket is one Desk lamp, for 64 €."]
    assert await client.told("Check out") == ["To which email address may we send the bill?"]
    assert "does not look like an email" in (await client.told("at home"))[0]
    assert await client.told("ann@example.org") == [
        "Thank you! The bill for one Desk lamp is on its way to ann@example.org."
    ]
    assert (await client.told("My basket"))[0] == "Your basket is empty."


async def test_vips_see_more_and_pay_less(client: Bare):
    assert (await enter(client, vip=True))[0].startswith("Welcome back, Ann! As a VIP")
    assert (await shelf(client))[-1]["text"] == "Brass clock"
    assert await client.told("Add the clock") == [
        "In your basket is one Brass clock, for 96 € instead of 120 €."
    ]
    assert await client.told("Add the mug") == [
        "In your basket is one Stoneware mug, for 14.40 € instead of 18 €."
    ]


async def test_a_voucher_makes_a_vip(client: Bare):
    await enter(client)
    await client.say("mug")
    await client.bot()
    for code, answer in (("WINTER", "Sorry"), ("SPRING", "“SPRING” is good")):
        await client.send(
            "action",
            conversation_id=client.conversation_id,
            id="applyVoucher",
            data={"code": code},
        )
        told = texts(await client.bot())
        assert told[0].startswith(answer)
    assert told[1] == "In your basket is one Stoneware mug, for 14.40 € instead of 18 €."


async def test_the_way_out(client: Bare):
    await enter(client)
    assert "contact page" in (await client.told("How do I reach you?"))[0]
    action = await client.until("action")
    assert (action["id"], action["data"]) == (
        "redirectToContactUs",
        {"page": "/contact", "subject": "a question"},
    )


async def test_emptying_the_basket_and_not_being_understood(client: Bare):
    await enter(client)
    await client.told("plant")
    assert (await client.told("Empty the basket"))[0] == "Done, your basket is empty."
    assert "I only know about the shop" in (await client.told("xyzzy"))[0]
