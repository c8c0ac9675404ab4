"""Options as real buttons, in a row of their own and in a cell's output."""

from __future__ import annotations

import asyncio

import ipywidgets

import captivate_nb as cn
from captivate_nb.protocol.content import Option
from captivate_nb.widgets.chat.choices import SHOWN, ChoiceRow, click_once, clickable, register
from support.front_end import FrontEnd
from support.kernels import Kernel
from support.rogue import until
from support.shells import Shell

VIEW = "application/vnd.jupyter.widget-view+json"


def row(*options: Option, error: Exception | None = None) -> tuple[ChoiceRow, list[str]]:
    chosen: list[str] = []

    async def choose(option: Option) -> None:
        chosen.append(option.value)
        if error is not None:
            raise error

    row = ChoiceRow(asyncio.get_running_loop(), choose)
    row.show(options)
    return row, chosen


def labels(row: ChoiceRow) -> list[str]:
    return [child.description for child in row.shown if isinstance(child, ipywidgets.Button)]


def lines(row: ChoiceRow) -> list[str]:
    return [child.value for child in row.shown if isinstance(child, ipywidgets.HTML)]


# --- a row -------------------------------------------------------------------------------------


async def test_each_option_is_a_button(front_end: FrontEnd):
    buttons, chosen = row(Option("Yes", "y"), Option("No\u202e", "n"), Option("", "maybe"))
    assert labels(buttons) == ["Yes", "No", "maybe"]
    buttons.children[2].click()
    await until(lambda: chosen == ["n"])
    await until(lambda: front_end.custom(buttons.children[0], "settled"))
    assert buttons.children[2].icon == "check"
    assert buttons.children[1].icon == ""


async def test_equal_labels_are_told_apart_by_value(front_end: FrontEnd):
    buttons, _ = row(Option("Buy", "mug"), Option("Buy", "lamp"), Option("Yes", "Yes"))
    assert labels(buttons) == ["Buy: mug", "Buy: lamp", "Yes"]
    assert labels(row(Option("Buy", "Buy"), Option("Buy", "Buy"))[0]) == ["Buy", "Buy"]


async def test_of_many_options_the_first_are_buttons(front_end: FrontEnd):
    many = [Option(f"{number}") for number in range(SHOWN + 2)]
    buttons, _ = row(*many)
    assert labels(buttons) == [option.label for option in many[:SHOWN]]
    assert lines(buttons) == ["… 2 more options: choose by label."]
    buttons.show(many[:SHOWN])
    assert (labels(buttons)[-1], lines(buttons)) == (many[SHOWN - 1].label, [])


async def test_an_option_with_an_address_is_a_link(front_end: FrontEnd):
    links, _ = row(
        Option("<b>Read</b>", url="https://x.test/?a=1&b=2"), Option("Run", "run", "javascript:1")
    )
    [line] = lines(links)
    assert line == (
        '<a class="cnb-pill" href="https://x.test/?a=1&amp;b=2" target="_blank"'
        ' rel="noopener noreferrer">&lt;b&gt;Read&lt;/b&gt;</a>'
    )
    assert labels(links) == ["Run"]


async def test_what_is_put_away_says_nothing_of_where_the_row_begins(front_end: FrontEnd):
    buttons, _ = row(Option("Yes"), Option("Read", url="https://x.test"))
    buttons.show([Option("نعم"), Option("اقرأ", url="https://x.test")])
    assert labels(buttons) == ["نعم"]
    assert len(lines(buttons)) == 1
    yes, read = buttons.children[1:3]
    assert (yes.description, read.value) == ("", "")


async def test_an_error_is_shown_in_the_row_in_place_of_the_last(front_end: FrontEnd):
    buttons, chosen = row(Option("Yes", "y"), error=OSError("no <b>"))
    for times in (1, 2):
        buttons.children[1].click()
        await until(lambda times=times: len(chosen) == times)
        await until(lambda: lines(buttons) == ["OSError: no &lt;b&gt;"])
    assert buttons.children[1].icon == ""
    assert front_end.custom(buttons.children[0]) == [{"kind": "settled"}] * 2


async def test_buttons_are_used_again_and_freed_in_the_end(front_end: FrontEnd):
    before = front_end.models()
    question = Option("Yes"), Option("Read", url="https://x.test")
    buttons, _ = row(*question, error=OSError("no"))
    buttons.children[1].click()
    await until(lambda: lines(buttons)[1:] == ["OSError: no"])
    buttons.show(question)
    made = front_end.models()
    for _ in range(3):
        buttons.show([])
        assert labels(buttons) == lines(buttons) == []
        buttons.show(question)
        assert (labels(buttons), len(lines(buttons))) == (["Yes"], 1)
    assert front_end.models() == made
    buttons.close()
    assert front_end.models() == before


async def test_a_late_click_answers_no_other_question(front_end: FrontEnd):
    buttons, chosen = row(Option("Yes", "y"))
    late = buttons.children[1]
    for question in ([], [Option("Really?", "r")]):
        buttons.show(question)
        late.click()
    await until(lambda: len(front_end.custom(buttons.children[0], "settled")) == 2)
    assert chosen == []
    assert late.icon == ""
    buttons.show([Option("Go", "g")])
    assert buttons.children[1] is late
    late.click()
    await until(lambda: chosen == ["g"])


# --- once ----------------------------------------------------------------------------------------


async def test_a_question_is_answered_once_at_a_time():
    async with await cn.demo() as session:
        question = session.choices
        await asyncio.gather(*(click_once(session, question, option) for option in question * 2))
        said = session.transcript.where(sender="user")
        assert [message.text for message in said] == ["Leave Contact Details"]
        await click_once(session, question, question[1])
        assert len(session.transcript.where(sender="user")) == 2


async def test_options_of_any_turn_can_be_clicked(front_end: FrontEnd):
    async with await cn.demo() as session:
        buttons = clickable(session, session.choices)
        buttons.children[2].click()
        await until(lambda: session.agent)
        assert session.transcript.where(sender="user")[0].text == "Chat to Agent"
        buttons.close()


# --- in a cell's output --------------------------------------------------------------------------


def test_in_a_kernel_choices_are_buttons_and_replies_have_them(kernel: Kernel):
    kernel.execute("%load_ext captivate_nb\nimport captivate_nb as cn\nimport captivate_nb.widgets")
    assert kernel.execute("session = await cn.demo()").error is None
    [choices] = kernel.execute("session.choices").outputs
    assert choices["text/plain"] == "<Choices Leave Contact Details | Chat to Agent>"
    assert VIEW in choices

    shown = kernel.execute("await session.say('hi')").outputs
    assert [VIEW in bundle for bundle in shown] == [False, True]
    assert "text/html" in shown[0]

    [plain] = kernel.execute("await session.click('Chat to Agent')").outputs
    assert VIEW not in plain
    [none] = kernel.execute("session.choices").outputs
    assert VIEW not in none

    close = "kept = cn.Choices([cn.Option('a', 'a')])\nawait session.close()\nkept"
    [late] = kernel.execute(close).outputs
    assert VIEW not in late


async def test_without_a_kernel_nothing_changes(ipython: Shell):
    register(ipython.ip)
    formatter = ipython.ip.display_formatter.mimebundle_formatter
    assert cn.Choices not in formatter.type_printers
    assert cn.Reply not in formatter.type_printers
