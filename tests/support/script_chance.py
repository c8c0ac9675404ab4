"""Scripts made by chance."""

from __future__ import annotations

from support.botium import Example

words = [
    "hello",
    "world",
    "Hello",
    "*",
    "$nm",
    "$city",
    "yes",
    "no",
    "a|b",
    "UTT_A",
    "UTT_A x",
    "UTT_B",
    "!",
    "?",
    "!x",
    "?x",
    "&amp;",
    "<b>z</b>",
    "",
    "  ",
    "#",
    "5",
    "{}",
    "[1]",
    "\\|",
    "%s",
    "é",
]


def line(chance):
    return " ".join(chance.choice(words) for _ in range(chance.choice([1, 1, 1, 2, 3])))


def argument(chance):
    return chance.choice(
        [
            "hello",
            "Hello World",
            "yes",
            "Yes",
            "*",
            "",
            "World",
            "h*",
            "$nm",
            "UTT_A",
            "no",
            "2",
            "1",
            ">0",
            "<2",
            ">=1",
            "^H",
            "d$",
            "[a",
            "x",
            "$.content[0].text",
            "$..label",
            "25",
            "0.5",
        ]
    )


AS = [
    "BUTTONS",
    "BUTTONS_COUNT",
    "BUTTONS_COUNT_REC",
    "CARDS",
    "CARDS_COUNT",
    "MEDIA",
    "MEDIA_COUNT",
    "TEXT",
    "TEXT_IC",
    "TEXT_EQUALS",
    "TEXT_CONTAINS_ANY",
    "TEXT_CONTAINS_ALL_IC",
    "TEXT_WILDCARD_ANY_IC",
    "TEXT_WILDCARDEXACT_ALL",
    "TEXT_REGEXP_ANY",
    "TEXT_REGEXP_ALL_IC",
    "TEXT_WER",
    "JSON_PATH",
    "JSON_PATH_COUNT",
    "RESPONSE_LENGTH",
    "BOT_CONSUMED",
    "BOT_UNCONSUMED_COUNT",
]
HK = [
    "PAUSE 1",
    "SET_SCRIPTING_MEMORY nm|Q",
    "CLEAR_SCRIPTING_MEMORY zz",
    "ASSIGN_SCRIPTING_MEMORY city|$.messageText",
    "SKIP_BOT_UNCONSUMED",
    "INCLUDE part",
    'CONVO_STEP_PARAMETERS {"matchingMode":"equals"}',
    "ORDERED_LIST_TO_BUTTON",
]


def asserter(chance):
    name = chance.choice(AS)
    k = 2 if name == "TEXT_WER" else chance.choice([0, 1, 1, 1, 2])
    a = [argument(chance) for _ in range(k)]
    if name == "TEXT_WER":
        a[1] = chance.choice(["25", "50", "0.5", "100"])
    return chance.choice(["", "", "", "!", "!!"]) + name + (" " + "|".join(a) if a else "")


def _is_keyword(text):
    return text.split(" ")[0].lstrip("!").isupper()


def bot_section(chance):
    ls = []
    for _ in range(chance.choice([0, 1, 1, 1, 2, 3])):
        ls.append(
            chance.choices(
                [
                    lambda: (
                        ("" if ls else chance.choice(["", "", "!", "?"]))
                        + line(chance).lstrip("!?")
                    ),
                    lambda: asserter(chance),
                    lambda: chance.choice(HK),
                    lambda: "",
                ],
                [5, 5, 1, 1],
            )[0]()
        )
    if ls and ls[0].startswith("?"):
        ls = [each for each in ls if each == ls[0] or not _is_keyword(each)]
    return "#bot\n" + "\n".join(ls)


def me_section(chance):
    ls = ["w " + line(chance) for _ in range(chance.choice([1, 1, 1, 2]))]
    if chance.random() < 0.3:
        ls.append(chance.choice(["BUTTON y", "BUTTON y|Yes", *HK]))
    return "#me\n" + "\n".join(ls)


def message(chance):
    m = {}
    if chance.random() < 0.85:
        m["text"] = chance.choice(
            [
                "Hello World",
                "hello",
                "yes or no",
                "1. a\n2. b",
                "é",
                "<p>Hello</p> World",
                "Hello Ann Lee",
                "&lt;b&gt; 5 &amp; 6",
                "Hello Rome!",
            ]
        )
    if chance.random() < 0.3:
        m["buttons"] = {"Yes": "y", "No thanks": "n"}
    if chance.random() < 0.2:
        m["cards"] = [{"text": "Mug", "subtext": "Blue", "buttons": {"Buy": "b"}}]
    if chance.random() < 0.15:
        m["media"] = ["https://x.org/a.png"]
    return m or {"text": "x"}


def example(chance):
    parts = ["name"]
    if chance.random() < 0.2:
        parts.append("#begin\n" + chance.choice(HK[:3]))
    for _ in range(chance.choice([1, 2, 3])):
        parts.append(me_section(chance))
        for _ in range(chance.choice([0, 1, 1, 2])):
            parts.append(bot_section(chance))
    if chance.random() < 0.1:
        parts.insert(chance.randrange(1, len(parts)), "#include part")
    if chance.random() < 0.1:
        parts.append(
            "#end\n" + chance.choice(["BOT_CONSUMED", "BOT_UNCONSUMED_COUNT 1", "PAUSE 1"])
        )
    f = {"a.convo.txt": "\n".join(parts), "p.pconvo.txt": "part\n#me\nfrom part\n#bot\n*"}
    if chance.random() < 0.6:
        f["u.utterances.txt"] = "UTT_A\nhello %s\nHello World\n"
        f["v.utterances.txt"] = "UTT_B\nyes"
    if chance.random() < 0.3:
        f["m.scriptingmemory.txt"] = "|$nm\nc1|Ann\nc2|"
    return Example(
        f,
        [message(chance) for _ in range(chance.choice([0, 0, 1]))],
        {"*": [message(chance) for _ in range(chance.choice([0, 1, 1, 1, 2, 3]))]},
    )
