"""A question in the drawer: the screen behind it stays in view, nothing has the focus, Enter does nothing."""

from collections.abc import Callable, Sequence
from pathlib import PurePath
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.geometry import Offset
from textual.screen import ModalScreen

from shimmy_metrics.app.host import Host
from shimmy_metrics.app.keys import QUESTION, Button
from shimmy_metrics.app.styles import sheet
from shimmy_metrics.app.ui.bottom_row import BottomRow, buttons_width
from shimmy_metrics.app.ui.frame import rule
from shimmy_metrics.app.ui.key_button import KeyButton
from shimmy_metrics.app.ui.layout import Canvas
from shimmy_metrics.app.ui.lines import COMPONENTS, Lines
from shimmy_metrics.app.ui.question import TOO_FAST, Question
from shimmy_metrics.app.ui.resizing import is_outdated
from shimmy_metrics.app.ui.text import BLANK, Line, wrapped
from shimmy_metrics.limits import ALONE_SECONDS, SILENCE_SECONDS

ROWS = 3
"""Lines of a question; the drawer has as many."""

_BEFORE = 4
"""Columns of a rule besides its one text."""

_AROUND = 8
"""Columns of a rule besides its words."""

AGAIN = "too fast: press again"
"""In place of `TOO_FAST` where there is less room."""


def answers(canvas: Canvas, buttons: Sequence[Button]) -> Sequence[Button]:
    """Return the answers, yes first and no last, with their labels as far as the room goes; those two keep theirs."""
    first, *between, last = buttons
    short = [act._replace(label=act.label.partition(",")[0]) for act in (first, last)]
    words = [act._replace(label=act.label.split()[-1].capitalize()) for act in between]
    letters = [act._replace(label="") for act in between]
    wanted: tuple[list[Button], ...] = (
        [*buttons],
        *([short[0], *each, short[1]] for each in (between, words, letters, [])),
    )
    return next((each for each in wanted if buttons_width(each) <= canvas.width - 2), wanted[-1])


class Dialog(ModalScreen[bool]):
    """Asks a question; the result is True for a yes. Anything but a certain yes is a no, or nothing."""

    AUTO_FOCUS = ""
    CSS_PATH: ClassVar[list[str | PurePath]] = [sheet("dialog"), sheet("input")]
    COMPONENT_CLASSES: ClassVar[set[str]] = set(COMPONENTS)
    BINDINGS: ClassVar[list[BindingType]] = [*QUESTION]

    def __init__(self, host: Host, question: Question) -> None:
        super().__init__()
        self.host = host
        self._question = question
        self.asked_at = float("inf")
        self._opened_by = ""
        self._again = False
        """Whether the last answer did not count."""
        self._answer_first = False
        """Whether the last key answers nothing."""
        self._top = 0
        """The first line of the question in view."""

    def compose(self) -> ComposeResult:
        """Build the drawer's rows with the question in them."""
        glyphs = self.host.glyphs
        with Vertical(id="question"):
            yield Lines(glyphs, self.lines(), id="asked")
            yield from self.below()
            yield BottomRow(glyphs, answers(self.host.canvas(), self.buttons()), ())

    def below(self) -> ComposeResult:
        """Build what is shown between the question and its answers."""
        yield from ()

    def lines(self) -> tuple[Line, ...]:
        """Return the question's lines."""
        canvas = self.host.canvas()
        text = tuple(wrapped(self._question.text, canvas.width))
        room = canvas.height - 1  # the answers stay in view
        if len(text) <= room < ROWS + 3:
            return text
        shown = text[self._top :][: max(room - 1, 1)]
        head = self.title_rule(canvas, self._question.title, turns=len(shown) < len(text))
        return (head, *shown, *(BLANK,) * (ROWS - len(shown)))[:room] if room > 1 else shown

    async def on_key(self, event: events.Key) -> None:
        """Tell, after a key that does nothing here, which keys do; until the next key."""
        answers_nothing = self.focused is None and event.key not in self.active_bindings
        if answers_nothing or self._answer_first:
            self._answer_first = answers_nothing
            self._again = self._again and not answers_nothing
            self.draw()

    def action_more(self) -> None:
        """Show the part of the question that has no room, then its beginning again."""
        canvas = self.host.canvas()
        self._top += max(canvas.height - 2, 1)
        if self._top >= len(wrapped(self._question.text, canvas.width)):
            self._top = 0
        self.draw()

    def title_rule(self, canvas: Canvas, title: str, *, turns: bool = False) -> Line:
        """Return the rule with the question in it, that the last answer did not count, or which keys answer.

        `turns`: not all of the question is in view, and its rule names the key that shows the rest.
        """
        more = f"{canvas.keys.of('question.more').lower()}: more" if turns else ""
        answers = f"{canvas.keys.of('question.yes')} is yes, {canvas.keys.of('question.no')} is no"
        first = (f"{title} This key does nothing here: {answers}.", f"This key does nothing here: {answers}.", answers)
        told = (TOO_FAST, AGAIN) if self._again else first if self._answer_first else ()
        title = canvas.fullest(canvas.width - len(more) - _AROUND, *told) if told else title
        fits = canvas.width - len(title) - len(more) >= _AROUND
        if turns and not fits:
            return rule(canvas, more=more)
        return rule(canvas, canvas.fitting(title, canvas.width - _BEFORE), more=more if fits else "")

    def buttons(self) -> Sequence[Button]:
        """Return the answers. They are clicked or typed, never reached by Tab."""
        return (
            self.host.keys.button("question.yes", self._question.yes),
            self.host.keys.button("question.no", self._question.no),
        )

    def on_mount(self) -> None:
        """Keep the focus away from the answers."""
        self._unfocus()
        self._opened_by = self.host.input_guard.what  # it may be repeating still
        # A yes that was pressed while the question was still being put together reached nothing.
        self._again = self._opened_by == self.host.keys.of("question.yes")
        self.draw()
        self.host.input_guard.opens_question()
        self.ask_anew()
        # Whenever its rows have moved, as below a line that came or went.
        self.screen_layout_refresh_signal.subscribe(self, lambda _: self._show_cursor())

    def on_screen_resume(self) -> None:
        """Ask anew: another screen may have been in front."""
        self.ask_anew()

    def ask_anew(self) -> None:
        """Let the question stand from now on."""
        self.asked_at = self.host.time()
        self.call_after_refresh(self._show_cursor)

    async def on_resize(self, event: events.Resize) -> None:
        """Draw for the new size, from the question's beginning."""
        if not is_outdated(event, self):
            self._top = 0
            await self.show_answers()

    async def show_answers(self) -> None:
        """Draw the question with the answers that it has now."""
        self.draw()
        for row in self.query(BottomRow):
            await row.show(answers(self.host.canvas(), self.buttons()), ())
        self._unfocus()

    def _unfocus(self) -> None:
        for button in self.query(KeyButton):
            button.can_focus = False

    def draw(self) -> None:
        """Draw the question again. A key or a resize may come while its widgets are not mounted."""
        for asked in self.query("#asked").results(Lines):
            asked.show(self.lines())
            self.call_after_refresh(self._show_cursor)

    @on(KeyButton.Pressed)
    async def press(self, event: KeyButton.Pressed) -> None:
        """Take a clicked answer."""
        event.stop()
        await self.run_action(event.button.action)

    async def action_yes(self) -> None:
        """Take the yes, if a person certainly gave it."""
        self.when_certain(self._yes)

    def action_no(self) -> None:
        """Take the no: nothing happens."""
        self.host.input_guard.closes_question()
        _ = self.dismiss(result=False)

    def when_certain(self, then: Callable[[], None]) -> None:
        """Call `then` if a person certainly meant the key: no paste, no repetition, not typed before the question."""
        may = self.host.input_guard.may_answer(self.asked_at, self._opened_by)
        self._after_silence(SILENCE_SECONDS, then, may=may)

    def when_alone(self, then: Callable[[], None]) -> None:
        """Call `then` if the key came alone: for what can do no harm."""
        self._after_silence(ALONE_SECONDS, then, may=self.host.input_guard.may_answer_at_once(self.asked_at))

    def _after_silence(self, seconds: float, then: Callable[[], None], *, may: bool) -> None:
        """Call `then` if the last event `may` answer and no other one comes within so many seconds."""
        guard = self.host.input_guard
        self._again = not may
        self.draw()
        if self._again:
            return
        count, asked_at = guard.count, self.asked_at

        def certain() -> None:
            if self.is_current and (guard.count, self.asked_at) == (count, asked_at):
                then()
                return
            self._again = True
            self.draw()

        self.app.set_timer(seconds, certain)

    def _yes(self) -> None:
        self.host.input_guard.closes_question()
        _ = self.dismiss(result=True)

    def _show_cursor(self) -> None:
        for asked in self.query("#asked").results(Lines):
            if self.is_active and self.focused is None:
                self.host.place_cursor(Offset(asked.region.x + 1, asked.region.y))
