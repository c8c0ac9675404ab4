"""The bot, played without a server."""

from __future__ import annotations

import pytest

from captivate_nb.protocol import content as c
from captivate_nb.server import effects
from captivate_nb.server.flow import bot
from captivate_nb.server.flow import model as f
from support.flows import Player, said

MENU = """
nodes:
  menu:
    - Hi.
    - buttons: Choose
      options: {Tea: tea, Coffee: coffee}
  tea: [Tea it is.]
  coffee: [Coffee it is.]
hear:
  milk: [We have no milk.]
  /sugar (?P<lumps>\\d+)/: [{set: {sugar: '{lumps}'}}, "{lumps} lumps."]
fallback: ["Hm?"]
"""


def test_it_greets_with_one_message():
    player = Player(MENU)
    assert player.memory.node is None
    assert player.greet() == [
        (
            c.Text("Hi."),
            c.Buttons("Choose", (c.Option("Tea", "Tea"), c.Option("Coffee", "Coffee"))),
        )
    ]
    assert player.memory.node == "menu"


@pytest.mark.parametrize("click", ["Tea", "tea", " TEA "])
def test_options_lead_on(click: str):
    player = Player(MENU)
    player.greet()
    assert player.told(click) == ["Tea it is."]


def test_old_options_still_work():
    player = Player(MENU)
    player.greet()
    player.hear("Tea")
    assert player.told("Coffee") == ["Coffee it is."]


def test_an_option_must_have_been_offered():
    player = Player(MENU)
    player.memory.node = "tea"
    assert player.told("Coffee") == ["Hm?"]


def test_keywords_patterns_and_the_fallback():
    player = Player(MENU)
    player.greet()
    assert player.told("Have you any milk?") == ["We have no milk."]
    assert player.told("with sugar 3 please") == ["3 lumps."]
    assert player.metadata == {"sugar": "3"}
    assert player.told("xyzzy") == ["Hm?"]
    assert player.memory.node == "menu", "asides lead nowhere"


def test_the_first_words_may_be_the_user_s():
    assert Player(MENU).told("milk") == ["We have no milk."]
    assert Player(MENU).told("hello") == ["Hi.", "Choose"]
    player = Player(MENU)
    player.hear("milk")
    assert player.memory.node is None, "it has not greeted yet"


def test_the_value_of_an_option_counts_and_so_does_its_label():
    source = """
    nodes:
      a: {buttons: x, options: [{label: "Yes, {name}", value: "y {name}", go: b}]}
      b: B
      c: {buttons: x, options: [{label: "Yes, {name}", value: z, go: d}]}
      d: D
    hear: {next: c}
    """
    for click, answer in (("y Ann", "B"), ("Yes, Ann", "B"), ("yes, {name}", None)):
        player = Player(source, name="Ann")
        player.greet()
        assert player.told(click) == ([answer] if answer else [_FALLBACK])
    player = Player(source, name="Ann")
    player.greet()
    player.hear("next")
    assert player.told("Yes, Ann") == ["D"], "the newest option with a label counts"


_FALLBACK = "Sorry, I did not understand that."

ASK = """
nodes:
  start:
    - ask: Mail?
      save: email
      check: email
      retry: "“{said}” is none."
    - ask: Plan?
      save: plan
      options: [Gold, Silver]
    - if: plan = gold
      then: Gold!
      else: [Not gold, "{plan}."]
    - pause: 0.2
    - Bye, {email}.
hear:
  help: [Help is near.]
  stop: stop
files: [A file!]
"""
STOP = ASK.replace("nodes:", "nodes:\n  stop: Stopped.", 1).replace("start:", "start:", 1)


def asking() -> Player:
    player = Player(STOP.replace("nodes:", "start: start\nnodes:", 1))
    player.greet()
    return player


def test_answers_are_checked_and_kept():
    player = asking()
    assert player.memory.waits == "answer"
    assert player.told("ann") == ["“ann” is none."]
    assert player.told("ann@example.org") == ["Plan?"]
    assert player.hear("Gold") == [
        f.SetMetadata({"plan": "Gold"}),
        (c.Text("Gold!"), c.Pause(200)),
        effects.WaitEffect(0.2),
        (c.Text("Bye, ann@example.org."),),
    ]
    assert player.metadata == {"email": "ann@example.org", "plan": "Gold"}
    assert player.memory.waits == ""


def test_the_other_branch():
    player = asking()
    player.hear("ann@example.org")
    assert player.told("Bronze") == ["Not gold", "Bronze.", "Bye, ann@example.org."]


def test_an_aside_repeats_the_open_question():
    player = asking()
    assert player.told("help") == ["Help is near.", "Mail?"]
    assert player.told("ann@example.org") == ["Plan?"]


def test_a_rule_leads_out_of_a_question():
    player = asking()
    assert player.told("stop") == ["Stopped."]
    assert player.memory.waits == ""


def test_a_file_is_no_answer():
    player = asking()
    assert said(player.hear("", files=True)) == ["A file!", "Mail?"]
    assert player.told("ann@example.org") == ["Plan?"]


def test_files_without_a_node_of_their_own():
    player = Player(MENU)
    player.greet()
    assert said(player.hear("", files=True)) == ["Hm?"]


def test_an_old_option_leads_out_of_a_question():
    player = Player(
        """
        nodes:
          a: {buttons: x, options: {Ask: b, Leave: c}}
          b: {ask: 'Name?', save: name}
          c: Left.
        """
    )
    player.greet()
    player.hear("Ask")
    assert player.told("Leave") == ["Left."]
    assert "name" not in player.metadata


def test_an_aside_that_asks_or_listens_is_a_place_to_stand():
    source = """
    nodes: {a: A, b: B}
    hear:
      ask: [{ask: 'Name?', save: name}]
      listen: ['Well?', {hear: {yes: b}}]
      go: [{go: b}]
    """
    player = Player(source)
    player.greet()
    assert player.told("ask") == ["Name?"]
    assert player.told("Ann") == []
    assert player.metadata == {"name": "Ann"}
    assert player.told("listen") == ["Well?"]
    assert player.told("yes") == ["B"]
    player.told("go")
    assert player.memory.node == "b"


def test_actions_events_and_metadata():
    player = Player(
        """
        nodes:
          a:
            - set: {n: 1, list: ["{name}"]}
            - Before
            - action: go
              data: {to: "{name}", n: "{n}"}
            - event: x
              payload: {id: "{name}"}
            - answer: metadata_request
            - After {n}
        actions:
          poke: ["Poked with {action.how}."]
        """,
        name="Ann",
    )
    assert player.greet() == [
        f.SetMetadata({"n": 1, "list": ["Ann"]}),
        (c.Text("Before"),),
        f.SendAction("go", {"to": "Ann", "n": 1}),
        f.SendEvent("x", {"id": "Ann"}),
        f.Answer("metadata_request"),
        (c.Text("After 1"),),
    ]
    answer = player.bot.answer_action(c.Action("poke", {"how": "care"}))
    assert answer is not None
    assert said(player.play(answer)) == ["Poked with care."]
    assert player.bot.answer_action(c.Action("unknown")) is None


def test_hand_over_and_back():
    player = Player("nodes: {a: [One., {hand over: Help, busy: b}, Two.], b: Busy.}")
    assert player.greet() == [(c.Text("One."),), f.HandOver("Help", "b")]
    assert player.memory.waits == "agent"
    assert said(player.play(player.bot.resume())) == ["Two."]
    assert player.memory.waits == ""
    assert said(player.play(player.bot.resume())) == []
    assert said(player.play(player.bot.go("b", {}))) == ["Busy."]


def test_a_live_chat_that_came_from_outside_repeats_the_question():
    player = asking()
    assert said(player.play(player.bot.resume())) == ["Mail?"]


def test_a_circle_is_stopped():
    player = Player("nodes: {a: [{go: b}], b: [{go: a}]}")
    (text,) = said(player.greet())
    assert text.startswith("The flow goes in a circle at “")


def test_pictures_get_an_address():
    player = Player("nodes: {a: [{files: mug.svg}]}")
    ((files,),) = player.greet()
    assert files.files[0].url == "at picture:mug.svg"


def test_the_routes_remembered_are_bounded():
    options = ", ".join(f"o{number}: b" for number in range(bot.MOST_ROUTES + 10))
    player = Player(f"nodes: {{a: {{buttons: x, options: {{{options}}}}}, b: B}}")
    player.greet()
    assert len(player.memory.routes) == bot.MOST_ROUTES
    assert "o0" not in player.memory.routes


def test_the_agent_s_leave():
    player = Player("nodes: {a: A}\nagent: {greets: [Bye., leave]}")
    assert player.play(player.bot.go(player.flow.agent.greets, {})) == [
        (c.Text("Bye."),),
        f.Leave(),
    ]


def test_match():
    rules = Player(MENU).flow.rules
    assert bot.match(rules, "Milk!") == (rules[0].node, {})
    assert bot.match(rules, "sugar 2") == (rules[1].node, {"lumps": "2"})
    assert bot.match(rules, "tea") is None


ASKING = "nodes: {{a: [{first}, {{ask: Your name, save: name}}], b: B, c: {{buttons: x, options: {{Go: b}}}}}}"


@pytest.mark.parametrize(
    ("source", "node", "step", "waits"),
    [
        (ASKING.format(first="Hi."), "a", 2, "answer"),
        ("nodes: {a: [One., Two., Three.]}", "a", 0, ""),
        ("nodes: {a: Hi.}", "a", 0, ""),
        ("nodes: {z: Hi.}", None, 0, ""),
    ],
)
def test_a_memory_of_an_older_flow_is_made_to_fit(source, node, step, waits):
    memory = bot.Memory("a", 2, "answer", {"go": "b", "stay": "a"})
    script = Player(source).flow
    bot.fit(memory, script)
    assert (memory.node, memory.step, memory.waits) == (node, step, waits)
    assert set(memory.routes.values()) <= set(script.nodes)
    fresh = bot.Memory()
    bot.fit(fresh, script)
    assert fresh == bot.Memory()
