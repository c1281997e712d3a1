"""The question, and later the screen to change one's mind. No answer has the focus; Enter alone decides nothing."""

from collections.abc import Sequence
from typing import ClassVar, Final

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, VerticalScroll
from textual.geometry import Offset
from textual.widget import Widget

from shimmy_metrics.app.commands import Commands
from shimmy_metrics.app.host import Host
from shimmy_metrics.app.keys import CONSENT, Button, asking
from shimmy_metrics.app.screens.consent.answer_line import Choice
from shimmy_metrics.app.screens.consent.answers import can_delete_all, server_may_keep_files
from shimmy_metrics.app.screens.consent.layout import ConsentRows, consent_rows
from shimmy_metrics.app.screens.consent.view import other_operator
from shimmy_metrics.app.ui.bottom_row import BottomRow, fit_buttons
from shimmy_metrics.app.ui.key_button import KeyButton, show_buttons
from shimmy_metrics.app.ui.layout import Canvas, Content
from shimmy_metrics.app.ui.lines import Lines
from shimmy_metrics.app.ui.notice import Notice
from shimmy_metrics.app.ui.question import TOO_FAST
from shimmy_metrics.app.ui.screen import BaseScreen
from shimmy_metrics.consent.answer import Answer
from shimmy_metrics.consent.state import Consent
from shimmy_metrics.limits import ALONE_SECONDS, SILENCE_SECONDS

_NO: Final = (Answer.DECLINE, Answer.LEAVE_FIELDS, Answer.LATER)
"""Nothing is switched on or sent by these, so they need no wait."""


class ConsentScreen(BaseScreen):
    """Asked once, and open for a change of mind at any time."""

    BINDINGS: ClassVar[list[BindingType]] = [*CONSENT]

    def __init__(self, host: Host, commands: Commands) -> None:
        super().__init__(host)
        self.asked_at = float("inf")
        self._commands = commands
        self._choices: tuple[Choice, ...] = ()

    def compose(self) -> ComposeResult:
        """Build the head, the scrolling content with the answers as buttons, and the bottom row."""
        glyphs = self.host.glyphs
        rows = self._rows()
        self._offer(rows)
        yield Lines.of_height(glyphs, rows.head, id="head")
        with VerticalScroll(id="body", can_focus=False) as body:
            body.styles.height = rows.height
            yield Lines(glyphs, rows.text, id="text")
        yield Lines.of_height(glyphs, rows.foot, id="drawer")
        with Container(id="answers") as answers:
            answers.display = bool(rows.answers)
            for choice, lines in zip(rows.choices, rows.answers, strict=False):
                yield KeyButton(glyphs, self._button(choice), lines)
        yield BottomRow(glyphs, self.buttons(), _common_buttons(self.host))

    @on(events.ScreenResume)
    def ask_anew(self) -> None:
        """Let the question stand from now on."""
        self.asked_at = self.host.time()

    def _offer(self, rows: ConsentRows) -> None:
        self._choices = rows.choices
        self.labels = {each.name: f"{each.label[:1].lower()}{each.label[1:]}" for each in rows.choices}
        self.labels["page.explain"] = "press the chosen button"
        overview = self.host.overview
        if overview is not None and overview.files:
            if len(rows.text) > rows.height:  # else all of them are in view
                self.labels["page.leaf-down"] = "more: the files on disk"
            if server_may_keep_files(overview):
                self.labels["consent.forget"] = "delete all that can go"
        if self.host.start.asking:  # Esc leaves this question too
            self.labels["app.back"] = "quit without deciding"

    async def fill(self) -> None:
        """Fill the screen's places."""
        canvas = self.host.canvas()
        rows = self._rows()
        self.query_one("#head", Lines).show_all(rows.head)
        self.query_one("#body").styles.height = rows.height
        self.query_one("#text", Lines).show(rows.text)
        before = _offered(self._choices)
        self._offer(rows)
        if before != _offered(self._choices):
            self.ask_anew()  # another process decided something: this is another question now
        # Where there is no room for the answers they stand in the text.
        wanted = [(self._button(each), lines) for each, lines in zip(rows.choices, rows.answers, strict=False)]
        answers = self.query_one("#answers")
        answers.display = bool(wanted)
        await show_buttons(answers, self.host.glyphs, wanted)
        self.query_one("#drawer", Lines).show_all(rows.foot)
        await self.query_one(BottomRow).show(*fit_buttons(canvas, self.buttons(), _common_buttons(self.host)))
        if not self.is_active:
            return  # a dialog in front has the cursor
        if self.focused is None:
            self.host.place_cursor(Offset(1, len(rows.head)))
        else:
            self._follow_focus(self.focused)

    def content(self, canvas: Canvas) -> Content:
        """Return nothing: this screen fills its places in its own way, since its answers are buttons."""
        return Content((), ())

    def buttons(self) -> Sequence[Button]:
        """Return the buttons that show more before deciding, and the one that deletes everything."""
        keys = self.host.keys
        more = (
            keys.button("consent.wire", "What would be sent", "Report"),
            keys.button("consent.fields", "Every field, and why", "Fields"),
        )
        operator = (keys.button("consent.operator", "Who runs it"),) if other_operator(self.host.overview) else ()
        forget = (keys.button("consent.forget", "Delete all"),) if can_delete_all(self.host.overview) else ()
        return (*more, *operator, *forget)

    # --- answering ----------------------------------------------------------------------------------------------

    async def action_answer(self, name: str) -> None:
        """Take an answer by its letter, if a person certainly pressed it; a no as soon as its letter came alone."""
        choice = self._choice(name)
        if choice is None:
            return
        guard = self.host.input_guard
        no = choice.answer in _NO
        if not (guard.may_answer_at_once(self.asked_at) if no else guard.may_answer(self.asked_at)):
            await self._say_too_fast()
            return
        count, asked_at = guard.count, self.asked_at

        async def certain() -> None:
            if (guard.count, self.asked_at) != (count, asked_at):
                await self._say_too_fast()
            elif self.is_current:
                self._commands.consent.answer(choice.answer)

        self.app.set_timer(ALONE_SECONDS if no else SILENCE_SECONDS, certain)

    async def _say_too_fast(self) -> None:
        """Say it once: a paste is thousands of letters."""
        if self.notice.text != TOO_FAST:
            await self.show_message(TOO_FAST)

    @on(KeyButton.Pressed)
    async def press(self, event: KeyButton.Pressed) -> None:
        """Ask once more for an answer that came by a button: no Enter alone ever decides."""
        event.stop()
        await self.run_action(asking(event.button.action))

    def action_ask(self, name: str) -> None:
        """Ask once more: the answer did not come by its letter."""
        choice = self._choice(name)
        if choice is not None:
            self._commands.consent.ask_again(choice, lambda: (name, choice.label) in _offered(self._choices))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether there is such an answer, or such a receiver: the list of keys and the palette have no others."""
        if action in {"answer", "ask"}:
            return any(choice.name in parameters for choice in self._choices)
        if action == "operator":
            return other_operator(self.host.overview)
        if action == "explain":
            return None  # the list of keys names it for the buttons; without one Enter does nothing: it never decides
        return super().check_action(action, parameters)

    async def action_wire(self) -> None:
        """Show the exact report that this machine would send."""
        from shimmy_metrics.app.screens.consent.example import example_screen  # when it is wanted, as all screens

        await self.app.push_screen(example_screen(self.host, self._commands))

    async def action_fields(self) -> None:
        """Show every field, and why."""
        from shimmy_metrics.app.screens.fields.screen import FieldsScreen

        await self.app.push_screen(FieldsScreen(self.host))

    def action_operator(self) -> None:
        """Ask the receiver that is set who runs it."""
        self._commands.operator.ask_first()

    def action_forget(self) -> None:
        """Ask whether everything of ours on this disk may be deleted."""
        self._commands.files.ask_to_forget()

    # --- moving -------------------------------------------------------------------------------------------------

    async def action_step(self, by: int) -> None:
        """Scroll; drop the notice."""
        self.notice = Notice()
        self.query_one("#body", VerticalScroll).scroll_relative(y=by, animate=False, immediate=True)
        await self.draw()

    async def action_page(self, by: int) -> None:
        """Scroll by as many lines as are shown; a notice of which not all is in view first."""
        if by > 0 and self._rows().unread:
            self.notice = self.notice.turned(max(self.query_one("#drawer").size.height - 1, 1))
            await self.draw()
            return
        await self.action_step(by * max(self.query_one("#body").size.height - 1, 1))

    async def action_edge(self, by: int) -> None:
        """Scroll to the beginning or to the end."""
        body = self.query_one("#body", VerticalScroll)
        if by < 0:
            body.scroll_home(animate=False, immediate=True)
        else:
            body.scroll_end(animate=False, immediate=True)
        await self.draw()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Move the cursor to the answer that has the focus."""
        self._follow_focus(event.widget)

    def _follow_focus(self, focused: Widget) -> None:
        self.call_after_refresh(lambda: self.host.place_cursor(focused.region.offset))

    # --- the answers --------------------------------------------------------------------------------------------

    def _rows(self) -> ConsentRows:
        host = self.host
        renewing = host.renewal_open and host.overview is not None and bool(host.overview.news)
        return consent_rows(
            host.canvas(),
            host.overview,
            self.notice,
            renewing=renewing,
            starting=host.start.asking,
            seconds=host.seconds_left,
            top=sum(round(body.scroll_y) for body in self.query("#body")),
        )

    def _choice(self, name: str) -> Choice | None:
        return next((choice for choice in self._choices if choice.name == name), None)

    def _button(self, choice: Choice) -> Button:
        return self.host.keys.button(choice.name, choice.label)


def _offered(choices: Sequence[Choice]) -> list[tuple[str, str]]:
    """Return what tells whether it is the same question: the answers, but for the numbers in their consequences."""
    return [(each.name, each.label) for each in choices]


def _common_buttons(host: Host) -> Sequence[Button]:
    """Return the two buttons at the right."""
    narrow = host.canvas().narrow
    undecided = host.overview is None or host.overview.consent.decision.consent is Consent.UNDECIDED
    unread = host.overview is not None and host.overview.unusable  # then nobody knows whether it is decided
    leaving = ("Quit" if unread else "Quit without deciding") if undecided else "Back"
    return (
        host.keys.button("app.keys", "" if narrow else "Keys"),
        host.keys.button("app.back", "" if narrow else leaving),
    )
