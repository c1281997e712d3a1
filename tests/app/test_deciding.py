"""The question decides nothing by accident: only an explicit yes, given by a person, switches anything on."""

import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from textual import events
from textual.geometry import Size
from textual.pilot import Pilot

from shimmy_metrics.actions.overview import Overview
from shimmy_metrics.app.screens.consent.screen import ConsentScreen
from shimmy_metrics.app.ui.dialog import Dialog
from shimmy_metrics.app.ui.key_button import KeyButton
from shimmy_metrics.app.ui.question import TOO_FAST
from shimmy_metrics.config.file import load
from shimmy_metrics.consent.effective_consent import EffectiveConsent
from shimmy_metrics.consent.state import Consent, Decision
from shimmy_metrics.limits import AFTER_PASTE_SECONDS, REPEAT_SECONDS, SILENCE_SECONDS
from support import opened, overviews
from support.drawn_on_demand import draw, draws_on_demand
from support.simulated_time import Timed, clicked, key, send
from support.walking import OUT, State, Walk

PASTE = 10_240

GAPS = ("", " and silence")
"""What follows a move: nothing, so that the next comes at once, or more silence than any guard asks for."""

TEXTS = ("y", "e", "enable\n", "y\n")
MOVES = (
    "enter",
    "tab",
    "shift+tab",
    "escape",
    "ctrl+d",
    "resize",
    "click 40 0",
    "click 60 20",
    *(f"paste {text}" for text in TEXTS),
    *(f"type {text}" for text in TEXTS),
)


class Tried(Walk):
    """Everything that may come without a yes, in every order, with and without silence between."""

    def __init__(self, pilot: Pilot[None], app: Timed) -> None:
        super().__init__(self._state, self._moves, self.make, self._home)
        self._pilot = pilot
        self._app = app

    def _state(self) -> State:
        app = self._app
        focus = app.focused.button.action if isinstance(app.focused, KeyButton) else app.focused
        guard, screen = app.input_guard, app.screen
        stands = app.moment - screen.asked_at if isinstance(screen, ConsentScreen | Dialog) else 0
        silent = (app.moment - guard.last > SILENCE_SECONDS, app.moment - guard.pasted > AFTER_PASTE_SECONDS)
        stack = (type(each).__name__ for each in app.screen_stack)
        return (*stack, focus, *silent, stands > REPEAT_SECONDS, bool(app.waiting))

    async def _home(self) -> None:
        while len(self._app.screen_stack) > 1:
            await self._app.pop_screen()
        await self._app.switch_mode("consent")
        self._app.screen.set_focus(None)
        await self._app.pass_time(self._pilot, 2.0)

    def _moves(self) -> Sequence[str]:
        draw(self._app)
        return [move + gap for move in MOVES for gap in GAPS]

    async def make(self, move: str) -> State:
        app, left = self._app, self._app.left
        first, *rest = self._events(move.removesuffix(GAPS[1]))
        await send(self._pilot, first)  # what comes first of a paste is a key like any other until more comes
        await send(self._pilot, *rest)
        if move.endswith(GAPS[1]):
            await app.pass_idle_time(self._pilot, 2.0)
        assert {*app.decided} <= {"validate"}, move
        return OUT if app.left > left else self._state()

    def _events(self, move: str) -> Sequence[events.Event]:
        what, _, given = move.partition(" ")
        match what:
            case "paste":
                return [events.Paste(given * (PASTE // len(given)))]
            case "type":  # a paste without brackets; a long one is tried once, below
                return [key("enter" if each == "\n" else each) for each in given * (10 // len(given))]
            case "click":
                return clicked(*map(int, given.split()))
            case "resize":
                size = Size(60, 20) if self._app.size.width == 80 else Size(80, 24)
                return [events.Resize(size, size)]
        return [key(move)]


def consent(root: Path) -> Consent:
    return load(opened.profile_of(root)).decision.consent


DECLINED = overviews.undecided()._replace(consent=EffectiveConsent(Decision(consent=Consent.DECLINED)))


@pytest.mark.parametrize(
    ("shown", "deep"),
    [
        pytest.param(overviews.undecided(), 3, id="undecided", marks=pytest.mark.thorough),
        pytest.param(overviews.undecided(), 4, id="undecided, deeper", marks=pytest.mark.long),
        pytest.param(DECLINED, 1, id="declined"),
    ],
)
async def test_nothing_but_a_yes_enables_in_any_order(tmp_path: Path, shown: Overview, deep: int) -> None:
    """Every order of up to so many moves, each followed by the next at once or by silence: of three, 32,768.

    What leads to the same state is the same from there on, so each state meets each move once.
    """
    app = Timed(tmp_path, shown, asks=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await app.pass_time(pilot, 2.0)
        walk = Tried(pilot, app)
        with draws_on_demand():
            await walk.explore(6_000, deep)
            # What is the same state was met once; here it is met as it comes.
            dice = random.Random(4)
            for _ in range(200):
                await walk.make(dice.choice(MOVES) + dice.choice(GAPS))


async def test_a_copy_needs_no_second_key_and_a_burst_copies_nothing(tmp_path: Path) -> None:
    app = Timed(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 24)) as pilot:
        await send(pilot, key("2"))
        await app.pass_time(pilot, 0.05)
        await send(pilot, key("y"), key("y"))
        await app.pass_time(pilot, 0.05)
        assert app.decided == []
        await send(pilot, key("y"))
        await app.pass_time(pilot, 0.05)
        assert app.decided == ["copy"]


async def test_what_opened_a_question_answers_it_only_when_it_cannot_be_its_repetition(tmp_path: Path) -> None:
    app = Timed(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 24)) as pilot:
        await send(pilot, key("2"))
        await app.pass_time(pilot, 2.0)

        async def press() -> None:
            await send(pilot, *clicked(1, 23))

        await press()
        await app.pass_time(pilot, 0.5)
        await press()  # a key that repeats, or a slow double click: Release and its Yes stand at the same place
        await app.pass_time(pilot, 0.03)
        await press()
        await app.pass_time(pilot, 2.0)
        assert app.decided == []
        assert "too fast for an answer. Press the letter again." in opened.text(app)
        await press()
        await app.pass_time(pilot, 2.0)
        assert app.decided == ["release"]


async def test_the_last_byte_of_a_paste_that_a_network_held_back_is_no_answer(tmp_path: Path) -> None:
    app = Timed(tmp_path, overviews.undecided(), asks=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await app.pass_time(pilot, 2.0)
        await send(pilot, *(key("e") for _ in range(40)))
        await app.pass_time(pilot, 0.5)
        await send(pilot, key("e"))
        await app.pass_time(pilot, 0.5)
        assert app.decided == []
        await app.pass_time(pilot, 1.0)
        await send(pilot, key("e"))
        await app.pass_time(pilot, 0.5)
        assert app.decided == ["ENABLE"]


async def test_an_answer_by_mouse_is_given_in_two_places(tmp_path: Path) -> None:
    app = Timed(tmp_path, overviews.undecided(), asks=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await app.pass_time(pilot, 2.0)
        row = next(y for y, row in enumerate(opened.text(app).splitlines()) if row.startswith("   e  Enable"))
        await send(pilot, *clicked(6, row))
        await app.pass_time(pilot, 2.0)
        assert app.decided == []
        await send(pilot, *clicked(3, 23))
        await app.pass_time(pilot, 2.0)
        assert app.decided == ["ENABLE"]


async def test_a_question_stands_anew_after_the_shell_and_when_another_process_decided(tmp_path: Path) -> None:
    app = Timed(tmp_path, DECLINED, asks=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await app.pass_time(pilot, 2.0)
        app.app_resume_signal.publish(app)  # back from Ctrl+Z
        await send(pilot, key("e"))
        await app.pass_time(pilot, 2.0)
        assert app.decided == []
        app.overview = overviews.idle()
        assert isinstance(app.screen, ConsentScreen)
        await app.screen.draw()  # e was "Enable", and is "Keep on" now
        await send(pilot, key("e"))
        await app.pass_time(pilot, 2.0)
        assert app.decided == []
        await send(pilot, key("e"))
        await app.pass_time(pilot, 2.0)
        assert app.decided == ["ENABLE"]


@pytest.mark.thorough
async def test_ten_kilobytes_of_the_enabling_key_as_keys_enable_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    show = ConsentScreen.show_message

    async def noted(screen: ConsentScreen, sentence: str) -> None:
        told.append(sentence)
        await show(screen, sentence)

    monkeypatch.setattr(ConsentScreen, "show_message", noted)
    app = opened.living(tmp_path, asks=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause(0.35)
        for _ in range(PASTE):
            app.post_message(events.Key("e", "e"))
        await pilot.pause(0.3)
        assert told == [TOO_FAST]  # once: the page is not drawn for each of them
        assert not opened.profile_of(tmp_path).config_path.exists()


async def test_the_countdown_ends_undecided_and_any_key_stops_it(tmp_path: Path) -> None:
    app = opened.living(tmp_path, asking=True, seconds=1)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "serve goes on in 1 s" in opened.text(app)
        await pilot.pause(1.3)
    assert not opened.profile_of(tmp_path).config_path.exists()
    app = opened.living(tmp_path, asking=True, seconds=60)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "j")
        assert "the server starts" not in opened.text(app)


async def test_asked_at_serve_a_yes_is_said_to_count_from_this_very_start(tmp_path: Path) -> None:
    app = opened.living(tmp_path, asking=True, seconds=60)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "Enable        measured from this start on" in opened.text(app)
        assert "Change your mind at any time: shimmy tui, c, then one letter" in opened.text(app)
    app = opened.living(tmp_path, asks=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "Enable        from the server's next start; behind --upstream at once" in opened.text(app)
        assert "Change your mind at any time: c, then one letter" in opened.text(app)


async def test_asked_at_serve_no_key_is_listed_that_leads_away_from_the_question(tmp_path: Path) -> None:
    app = opened.living(tmp_path, asking=True, seconds=60)
    async with app.run_test(size=(80, 30)) as pilot:
        await opened.press(pilot, "question_mark")
        listed = opened.text(app)
        assert "export what is kept here" in listed
        for away in ("Session: what is measured", "Fields: what there is", "your own figures, in all"):
            assert away not in listed
        await opened.press(pilot, "q", "1", "u")
        assert "May Shimmy report how it is used?" in opened.text(app)


async def test_the_letter_that_closed_a_question_says_nothing_to_the_screen_behind(tmp_path: Path) -> None:
    app = Timed(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 24)) as pilot:
        await send(pilot, key("c"))
        await app.pass_time(pilot, 2.0)
        await send(pilot, key("d"))
        await app.pass_time(pilot, 2.0)
        await send(pilot, key("n"))
        for _ in range(4):  # held down, or pressed again by somebody who was not sure: n is Withdraw here
            await app.pass_time(pilot, 0.6)
            await send(pilot, key("n"))
        await app.pass_time(pilot, 0.1)
        assert app.decided == []
        assert "That key just closed the question. Press it again." in opened.text(app)
        await app.pass_time(pilot, 1.0)
        await send(pilot, key("n"))
        await app.pass_time(pilot, 0.1)
        assert app.decided == ["DECLINE"]


async def test_the_letter_that_closed_a_question_answers_the_next_one(tmp_path: Path) -> None:
    app = Timed(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 24)) as pilot:
        await send(pilot, key("c"))
        await app.pass_time(pilot, 2.0)
        for _ in range(2):
            await send(pilot, key("d"))
            await app.pass_time(pilot, 0.2)
            asked = app.screen
            await send(pilot, key("n"))
            await app.pass_time(pilot, 0.2)
            assert (type(asked), type(app.screen)) == (Dialog, ConsentScreen)
