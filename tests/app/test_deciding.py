"""The question decides nothing by accident: only an explicit yes, given by a person, switches anything on."""

import itertools
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot

from shimmy_metrics.actions.decide import enable
from shimmy_metrics.config.file import load
from shimmy_metrics.consent import Consent
from support import opened

Step = Callable[[Pilot[None]], Awaitable[None]]

PASTE = 10_240


async def enter(pilot: Pilot[None]) -> None:
    await pilot.press("enter")


async def tab_enter(pilot: Pilot[None]) -> None:
    await pilot.press("tab", "enter")


async def escape_back_in(pilot: Pilot[None]) -> None:
    """Esc quits from the question itself; here it closes what was opened over it."""
    if len(pilot.app.screen_stack) > 1:
        await pilot.press("escape")


async def bracketed(pilot: Pilot[None], letter: str) -> None:
    pilot.app.post_message(events.Paste(letter * PASTE))
    await pilot.pause()


async def as_keys(pilot: Pilot[None], letter: str, count: int = 200) -> None:
    for _ in range(count):
        pilot.app.post_message(events.Key(letter, letter))
    await pilot.pause()


async def palette_enter(pilot: Pilot[None]) -> None:
    await pilot.press("colon")
    await pilot.pause(0.1)
    await pilot.press("down", "enter")


async def resize(pilot: Pilot[None]) -> None:
    await pilot.resize_terminal(60, 20)
    await pilot.resize_terminal(80, 24)


async def bracketed_e(pilot: Pilot[None]) -> None:
    await bracketed(pilot, "e")


async def bracketed_y(pilot: Pilot[None]) -> None:
    await bracketed(pilot, "y")


async def keys_e(pilot: Pilot[None]) -> None:
    await as_keys(pilot, "e")


async def keys_y(pilot: Pilot[None]) -> None:
    await as_keys(pilot, "y")


STEPS: tuple[Step, ...] = (
    enter,
    tab_enter,
    escape_back_in,
    palette_enter,
    resize,
    bracketed_e,
    bracketed_y,
    keys_e,
    keys_y,
)


def consent(root: Path) -> Consent:
    return load(opened.profile_of(root)).decision.consent


@pytest.mark.parametrize("first", STEPS)
async def test_no_sequence_without_an_explicit_yes_enables(tmp_path: Path, first: Step) -> None:
    for number, second in enumerate(STEPS):
        root = tmp_path / str(number)
        app = opened.living(root, asks=True)
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.pause(0.35)
            for step in (first, second):
                await step(pilot)
                await pilot.pause(0.15)
            assert consent(root) is Consent.UNDECIDED, (first.__name__, second.__name__)
            assert not opened.profile_of(root).config_path.exists()


async def test_ten_kilobytes_of_the_enabling_key_as_keys_enable_nothing(tmp_path: Path) -> None:
    app = opened.living(tmp_path, asks=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause(0.35)
        await as_keys(pilot, "e", PASTE)
        await pilot.pause(0.3)
        assert not opened.profile_of(tmp_path).config_path.exists()


@pytest.mark.parametrize(
    ("key", "expected", "local"), [("e", "granted", False), ("o", "declined", True), ("n", "declined", False)]
)
async def test_an_answer_by_its_letter_is_what_the_config_says(
    tmp_path: Path, key: str, expected: str, local: bool
) -> None:
    app = opened.living(tmp_path, asks=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await opened.answer(pilot, key)
        decision = load(opened.profile_of(tmp_path)).decision
        assert (decision.consent, decision.local) == (expected, local)
        assert app.current_mode == "session"


async def test_ask_me_later_writes_nothing(tmp_path: Path) -> None:
    app = opened.living(tmp_path, asks=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await opened.answer(pilot, "a")
        assert not opened.profile_of(tmp_path).config_path.exists()
        assert "Nothing was decided" in opened.text(app)


async def test_a_letter_typed_before_the_question_stood_does_not_count(tmp_path: Path) -> None:
    app = opened.living(tmp_path, asks=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("e")
        await pilot.pause(0.3)
        assert not opened.profile_of(tmp_path).config_path.exists()
        assert "too fast" in opened.text(app)
        await opened.answer(pilot, "e")
        assert consent(tmp_path) is Consent.GRANTED


async def test_nothing_is_focused_and_each_answer_is_a_button(tmp_path: Path) -> None:
    app = opened.living(tmp_path, asks=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert opened.focused_row(app) == ""
        reached = []
        for _ in range(4):
            await pilot.press("tab")
            reached.append(opened.focused_row(app).split()[1])
        assert reached == ["e", "o", "n", "a"]


async def test_by_button_it_is_asked_once_more_and_y_answers(tmp_path: Path) -> None:
    app = opened.living(tmp_path, asks=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await opened.press(pilot, "tab", "enter")
        assert "Enable?" in opened.text(app)
        await opened.press(pilot, "enter", "enter")
        assert not opened.profile_of(tmp_path).config_path.exists()
        await opened.answer(pilot, "y")
        assert consent(tmp_path) is Consent.GRANTED


async def test_by_click_it_is_asked_once_more(tmp_path: Path) -> None:
    app = opened.living(tmp_path, asks=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause(0.4)
        await pilot.click("#body KeyButton")
        await pilot.pause(0.4)
        assert "Enable?" in opened.text(app)
        assert not opened.profile_of(tmp_path).config_path.exists()


async def test_withdrawing_takes_two_keys(tmp_path: Path) -> None:
    enable(opened.profile_of(tmp_path))
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "c")
        assert "Withdraw" in opened.text(app)
        await opened.answer(pilot, "n")
        assert consent(tmp_path) is Consent.DECLINED
        assert "Metrics are off." in opened.text(app)


async def test_the_countdown_ends_undecided_and_any_key_stops_it(tmp_path: Path) -> None:
    app = opened.living(tmp_path, asking=True, seconds=1)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "the server starts in 1 s" in opened.text(app)
        await pilot.pause(1.3)
    assert not opened.profile_of(tmp_path).config_path.exists()
    app = opened.living(tmp_path, asking=True, seconds=60)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "j")
        assert "the server starts" not in opened.text(app)


async def test_asked_at_serve_the_app_closes_after_the_answer(tmp_path: Path) -> None:
    app = opened.living(tmp_path, asking=True, seconds=60)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await opened.press(pilot, "2")
        assert "May Shimmy" in opened.text(app)  # the question alone
        await pilot.pause(0.35)
        await pilot.press("n")
        await pilot.pause(0.5)
        assert not app.is_running
    assert consent(tmp_path) is Consent.DECLINED


def test_every_binding_has_an_id() -> None:
    from shimmy_metrics.app import keys

    groups = [value for value in vars(keys).values() if isinstance(value, list)]
    bindings = list(itertools.chain(*groups))
    assert bindings
    assert all(binding.id for binding in bindings)


async def test_asked_at_serve_a_yes_is_said_to_count_from_this_very_start(tmp_path: Path) -> None:
    app = opened.living(tmp_path, asking=True, seconds=60)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "Enable        measure from this start on" in opened.text(app)
    app = opened.living(tmp_path, asks=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "Enable        measure from the server's next start" in opened.text(app)
