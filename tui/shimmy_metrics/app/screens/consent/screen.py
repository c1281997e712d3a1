"""The question, and later the same page to change one's mind. No answer has the focus; Enter alone decides nothing."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.geometry import Offset

from shimmy_metrics.app.keys import CONSENT, asking
from shimmy_metrics.app.screens.consent import renewal
from shimmy_metrics.app.screens.consent import view as consent
from shimmy_metrics.app.screens.consent.choice import Choice, answer_lines
from shimmy_metrics.app.ui.buttons import Button, ButtonRow, KeyButton, fitted, show_buttons
from shimmy_metrics.app.ui.frame import rule, tiny, title
from shimmy_metrics.app.ui.layout import READING, Canvas, Content
from shimmy_metrics.app.ui.lines import Lines
from shimmy_metrics.app.ui.screen import BaseScreen
from shimmy_metrics.app.ui.text import Line, line, muted, wrapped
from shimmy_metrics.limits import SILENCE_SECONDS

TOO_FAST = "That came too fast to be an answer: press the letter once more."


class ConsentScreen(BaseScreen):
    """Asked once, and open for a change of mind at any time."""

    BINDINGS: ClassVar[list[BindingType]] = [*CONSENT]

    def __init__(self) -> None:
        super().__init__()
        self.stood = float("inf")
        self._choices: tuple[Choice, ...] = ()

    def compose(self) -> ComposeResult:
        """Build head, the scrolling page with the answers as buttons, and the bottom row."""
        glyphs = self.shimmy.glyphs
        canvas = self.shimmy.canvas()
        self._choices = self._answers()
        yield Lines.standing(glyphs, self._heading(canvas), id="head")
        with VerticalScroll(id="body", can_focus=False):
            yield Lines(glyphs, self._before(canvas), id="before")
            for choice in self._choices:
                yield KeyButton(glyphs, self.shimmy.act(choice.name, choice.label), answer_lines(canvas, choice))
            yield Lines(glyphs, self._after(canvas), id="after")
        yield Lines.standing(glyphs, self._foot(canvas), id="drawer")
        yield ButtonRow(glyphs, self.buttons(), self.shimmy.consent_acts())

    @on(events.ScreenResume)
    def stand(self) -> None:
        """Note that the question stands from now on."""
        self.stood = self.shimmy.time()

    async def fill(self) -> None:
        """Fill the page's places."""
        canvas = self.shimmy.canvas()
        body = self.query_one("#body", VerticalScroll)
        self.query_one("#head", Lines).stand(self._heading(canvas))
        self.query_one("#before", Lines).show(self._before(canvas))
        self.query_one("#after", Lines).show(self._after(canvas))
        before, self._choices = self._choices, self._answers()
        if [(each.name, each.label) for each in before] != [(each.name, each.label) for each in self._choices]:
            self.stand()  # another process decided something: this is another question now
        wanted = [(self.shimmy.act(each.name, each.label), answer_lines(canvas, each)) for each in self._choices]
        await show_buttons(body, self.shimmy.glyphs, wanted, before="#after")
        self.query_one("#drawer", Lines).stand(self._foot(canvas))
        await self.query_one(ButtonRow).show(*fitted(canvas, self.buttons(), self.shimmy.consent_acts()))
        if self.focused is None and self.is_active:  # a question in front has the cursor
            self.shimmy.place_cursor(Offset(1, HEAD if canvas.height > 4 else 1))

    def content(self, canvas: Canvas) -> Content:
        """Return nothing: this page is drawn in its own way, since its answers are buttons."""
        return Content((), ())

    def buttons(self) -> Sequence[Button]:
        """Return the two ways to know more before deciding, and the one to leave nothing here."""
        more = (
            self.shimmy.act("consent.wire", "What would be sent"),
            self.shimmy.act("consent.fields", "Every field, and why"),
        )
        forget = (self.shimmy.act("consent.forget", "Forget all"),)
        return (*more, *forget) if consent.forgets(self.shimmy.overview) else more

    # --- answering ----------------------------------------------------------------------------------------------

    async def action_answer(self, name: str) -> None:
        """Take an answer by its letter: at once, if it is certain that a person pressed it."""
        choice = self._choice(name)
        if choice is None:
            return
        guard = self.shimmy.guard
        if not guard.may_answer(self.stood):
            await self.say(TOO_FAST)
            return
        heard, stood = guard.heard, self.stood

        async def certain() -> None:
            if (guard.heard, self.stood) != (heard, stood):
                await self.say(TOO_FAST)
            elif self.is_current:
                self.shimmy.answer(choice.answer)

        self.app.set_timer(SILENCE_SECONDS, certain)

    @on(KeyButton.Pressed)
    async def press(self, event: KeyButton.Pressed) -> None:
        """By button an answer is asked for once more: no Enter alone ever decides."""
        event.stop()
        await self.run_action(asking(event.act.action))

    def action_ask(self, name: str) -> None:
        """Ask once more: the answer was not given by its letter."""
        choice = self._choice(name)
        if choice is not None:
            self.shimmy.ask_again(choice)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether there is such an answer now: the page of keys and the palette list no other."""
        if action in {"answer", "ask"}:
            return any(choice.name in parameters for choice in self._choices)
        return super().check_action(action, parameters)

    def _choice(self, name: str) -> Choice | None:
        return next((choice for choice in self._choices if choice.name == name), None)

    async def action_wire(self) -> None:
        """Show the exact report that this machine would send."""
        from shimmy_metrics.app.screens.consent.preview import PreviewScreen  # as the other screens: when it is wanted

        await self.shimmy.push_screen(PreviewScreen())

    async def action_fields(self) -> None:
        """Show every field, and why."""
        from shimmy_metrics.app.screens.fields.screen import FieldsScreen

        await self.shimmy.push_screen(FieldsScreen())

    def action_forget(self) -> None:
        """Ask whether everything of ours on this disk may be deleted."""
        self.shimmy.ask_to_forget()

    # --- moving -------------------------------------------------------------------------------------------------

    async def action_step(self, by: int) -> None:
        """Scroll."""
        self._said = ""
        self.query_one("#body", VerticalScroll).scroll_relative(y=by, animate=False)
        await self.draw()

    async def action_leaf(self, by: int) -> None:
        """Scroll by a page."""
        body = self.query_one("#body", VerticalScroll)
        body.scroll_relative(y=by * max(body.size.height - 1, 1), animate=False)

    async def action_ends(self, by: int) -> None:
        """Scroll to the beginning or to the end."""
        body = self.query_one("#body", VerticalScroll)
        if by < 0:
            body.scroll_home(animate=False)
        else:
            body.scroll_end(animate=False)

    async def action_explain(self) -> None:
        """Enter alone does nothing here."""

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Put the cursor on the answer that has the focus."""
        self.call_after_refresh(lambda: self.shimmy.place_cursor(event.widget.region.offset))

    # --- lines --------------------------------------------------------------------------------------------------

    def _answers(self) -> tuple[Choice, ...]:
        overview = self.shimmy.overview
        if overview is None:
            return ()
        if self.shimmy.renewing:
            return renewal.choices(overview)
        return consent.choices(overview, starting=self.shimmy.start.asking)

    def _heading(self, canvas: Canvas) -> tuple[Line, ...]:
        overview = self.shimmy.overview
        named = tiny(canvas, overview) if canvas.tiny else title(canvas, overview)
        return named if canvas.height > 4 else named[:1]

    def _before(self, canvas: Canvas) -> tuple[Line, ...]:
        overview = self.shimmy.overview
        if overview is None:
            return (line(muted(READING)),)
        seconds = self.shimmy.seconds_left
        if self.shimmy.renewing:
            return renewal.before(canvas, overview, seconds=seconds)
        return consent.before(canvas, overview, seconds=seconds)

    def _after(self, canvas: Canvas) -> tuple[Line, ...]:
        overview = self.shimmy.overview
        if overview is not None and self.shimmy.renewing:
            return renewal.after(canvas, overview)
        return consent.after(canvas, overview)

    def _foot(self, canvas: Canvas) -> tuple[Line, ...]:
        said = tuple(wrapped(self._said, canvas.width)) if self._said else ()
        if canvas.height < LEAST:
            return said[:1]
        answers = [each for choice in self._choices for each in answer_lines(canvas, choice)]
        needed = len(self._before(canvas)) + len(answers) + len(self._after(canvas)) + HEAD + 2
        letters = " ".join(canvas.keys.of(choice.name) for choice in self._choices)
        leaf = canvas.keys.of("page.leaf-down").lower()
        more = f"{letters}: answers; {leaf}: more" if needed > canvas.height else ""
        return (rule(canvas, more=more), *said)


HEAD = 2
"""Title and rule."""

LEAST = 8
"""Rows below which there is no rule above the buttons."""
