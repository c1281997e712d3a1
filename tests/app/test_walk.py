"""A walk of keys over the whole app: every action is reached, every state is left by `q`, none crashes."""

import itertools
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.geometry import Size
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input

from shimmy_metrics.app import keys
from shimmy_metrics.app.ui.dialog import Dialog
from shimmy_metrics.app.ui.key_button import KeyButton
from shimmy_metrics.app.ui.screen import BaseScreen
from shimmy_metrics.counters import DaySums
from shimmy_metrics.records import Day
from support import overviews
from support.drawn_on_demand import draw, draws_on_demand
from support.simulated_time import Timed, clicked, key, quiet, send
from support.walking import OUT, State, Walk

ON_A_BUTTON = ("tab", "shift+tab", "enter", "q")
BACK_FROM_INPUT = "escape"
IN_AN_INPUT = ("x", "enter", "backspace", BACK_FROM_INPUT)
"""What is tried there: the other keys do what they do elsewhere, or write."""

GROUPS = [each for each in vars(keys).values() if isinstance(each, list)]
IDS = {binding.id for binding in itertools.chain(*GROUPS)}


def named(screen: Screen[Any]) -> str:
    """Return what tells a screen from the others: one class shows several kinds of reports."""
    return f"{type(screen).__name__} {screen.title}"


class Walked(Walk):
    """The walk over an app, and what it met: actions by the id of their key, buttons seen and pressed."""

    def __init__(self, pilot: Pilot[None], app: Timed) -> None:
        super().__init__(self._state, self._moves, self._make, self._home)
        self._pilot = pilot
        self._app = app
        self._kinds: set[State] = set()
        self._tried: set[str] = set()
        self._beneath: set[str] = set()
        self.ids: set[str] = set()
        self.seen: set[str] = set()
        self.pressed: set[str] = set()

    def _state(self) -> State:
        app = self._app
        self.seen |= {each.button.action for each in app.screen.query(KeyButton) if each.region}
        within = any(isinstance(each, BaseScreen) and each.step_back is not None for each in app.screen_stack)
        searched = ("searched",) * within
        return (
            app.current_mode,
            *map(named, app.screen_stack),
            *searched,
            *self._focus(),
        )

    def _focus(self) -> State:
        """Return what has the focus, by its action or its id; of a question, what its answers are called."""
        screen, on = self._app.screen, self._app.focused
        if on is not None:
            return (on.button.action if isinstance(on, KeyButton) else on.id,)
        return tuple(each.label for each in screen.buttons()) if isinstance(screen, Dialog) else ()

    async def _home(self) -> None:
        raise AssertionError(self._state(), "no key leads on")

    def _moves(self) -> Sequence[str]:
        draw(self._app)
        screen, on = self._app.screen, self._app.focused
        # What a key does depends on the screen in front, and whether there is one behind it, not on which.
        kind = (named(screen), len(self._app.screen_stack) > 1, *self._focus())
        if isinstance(on, KeyButton) and on.button.action.startswith("app."):
            kind = kind[1:]  # a button that every screen has
        if isinstance(on, Input):
            kind = (*kind, "typed" if on.value else "empty")
        known = kind in self._kinds
        self._kinds.add(kind)
        if isinstance(on, Input):
            clicks = (f"click {each.button.action}" for each in screen.query(KeyButton) if each.region)
            return (BACK_FROM_INPUT,) if known else (*IN_AN_INPUT, *clicks)
        if isinstance(on, KeyButton):
            return ("tab",) if known else ON_A_BUTTON  # also q was tried on that button of such a screen
        if known:
            return ("q",)
        clickable = screen.query(KeyButton) if isinstance(screen, Dialog) else ()
        return (*self._keys(), *(f"click {each.button.action}" for each in clickable))

    def _keys(self) -> Iterator[str]:
        """Yield a key for each thing that can be done here, and every other key for it once in the whole walk.

        What every screen can do does not depend on which screen it is once there is one behind it.
        """
        here = self._beneath if len(self._app.screen_stack) > 1 else set()
        for pressed, active in self._app.screen.active_bindings.items():
            name = active.binding.id or active.binding.action
            if name not in here or pressed not in self._tried or pressed == "q":
                yield pressed
            self._tried.add(pressed)
            if name.startswith("app."):
                here.add(name)

    async def _make(self, move: str) -> State:
        app, pilot = self._app, self._pilot
        left = app.left
        active = app.screen.active_bindings.get(move)
        if move.startswith("click "):
            button = next(each for each in app.screen.query(KeyButton) if each.button.action == move[6:])
            self.pressed.add(button.button.action)
            await send(pilot, *clicked(*button.region.offset))
        else:
            if isinstance(app.focused, KeyButton) and move == "enter":
                self.pressed.add(app.focused.button.action)
            elif active is not None and active.binding.id:
                self.ids.add(active.binding.id)
            await send(pilot, key(move))
        await app.pass_idle_time(pilot, 2.0)
        return OUT if app.left > left else self._state()


DAYS = (Day(date(2026, 11, 23), DaySums(1, 0, 10, 20)),)

DONE = {
    *("ENABLE", "ENABLE_HELD", "ONLY_FOR_ME", "DECLINE", "HOLD", "LATER"),
    *("release", "delete", "delete session", "save", "copy", "validate", "forget", "suspend"),
    *("recall", "operator"),
}
"""All that the app can do, each by its name in `support.simulated_time`."""


@pytest.mark.thorough
@pytest.mark.parametrize(("width", "height"), [(80, 24), (40, 12)])
async def test_keys_alone_reach_every_action_and_lead_out_of_every_screen(
    tmp_path: Path, width: int, height: int
) -> None:
    ids: set[str] = set()
    done: set[str] = set()
    undecided = overviews.undecided()
    elsewhere = undecided.consent._replace(endpoint="https://metrics.example.org/v1/usage")
    apps = (
        Timed(tmp_path, overviews.busy()),
        Timed(tmp_path, undecided._replace(consent=elsewhere), asks=True),
        Timed(tmp_path, overviews.only_for_me()._replace(days=DAYS)),
    )
    for app in apps:
        async with app.run_test(size=(width, height)) as pilot:
            await app.pass_time(pilot, 2.0)
            walk = Walked(pilot, app)
            with draws_on_demand():
                await walk.explore(2_000)
            assert not walk.unreached()
            assert not walk.stuck(("q", BACK_FROM_INPUT))
            assert walk.seen == walk.pressed
        ids |= walk.ids
        done |= {*app.decided}
    assert ids >= IDS
    assert done == DONE


async def test_a_button_of_a_screen_above_another_does_what_its_key_does(tmp_path: Path) -> None:
    app = Timed(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 24)) as pilot:
        await send(pilot, key("question_mark"), key("tab"), key("enter"))
        assert (app.current_mode, len(app.screen_stack)) == ("consent", 1)


async def test_the_page_has_its_turn_among_the_buttons_and_any_step_goes_back_to_it(tmp_path: Path) -> None:
    app = Timed(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 24)) as pilot:
        await send(pilot, key("3"))
        buttons = len(app.screen.focus_chain)
        await send(pilot, *(key("tab") for _ in range(buttons)))
        assert app.focused is app.screen.focus_chain[-1]
        await send(pilot, key("tab"))
        assert app.screen.focused is None
        await send(pilot, key("shift+tab"))
        assert app.focused is app.screen.focus_chain[-1]
        await send(pilot, key("j"), key("enter"))
        assert len(app.screen_stack) == 2  # Enter opened the marked receipt


async def test_a_size_that_the_terminal_has_no_more_is_not_laid_out(tmp_path: Path) -> None:
    """Two sizes at once would follow each other through a screen's queue for ever, at full load."""
    app = Timed(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 24)) as pilot:
        for opener in ("c", "question_mark", "x"):
            await send(pilot, key(opener))
            app.screen.post_message(events.Resize(Size(40, 12), Size(40, 12)))
            await quiet(pilot)
            assert {each.size.width for each in app.screen.query("#head, #asked")} == {80}
