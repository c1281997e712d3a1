"""The app: its screens, what every screen shares, and what happens when something was changed or done."""

import gc
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import events, work
from textual.binding import BindingType
from textual.command import CommandPalette, Provider
from textual.reactive import Reactive
from textual.screen import Screen

from shimmy_metrics.actions.overview import Overview, SessionPreview, session_preview
from shimmy_metrics.app.doing import Doing
from shimmy_metrics.app.input_guard import Asks, InputGuard
from shimmy_metrics.app.keys import EVERYWHERE, action_of, called, own_keys
from shimmy_metrics.app.messages import Answered, Busy, Done, OverviewChanged
from shimmy_metrics.app.modes import MODES, palette
from shimmy_metrics.app.poller import Poller
from shimmy_metrics.app.preload import Start
from shimmy_metrics.app.terminal.glyphs import glyphs_for
from shimmy_metrics.app.ui.buttons import Button
from shimmy_metrics.app.ui.layout import LABELLED, Canvas
from shimmy_metrics.app.ui.screen import BaseScreen
from shimmy_metrics.consent.state import Consent
from shimmy_metrics.records import Departure, Session
from shimmy_metrics.system.profile import Profile

if TYPE_CHECKING:
    from shimmy_metrics.app.screens.report.view import Baseline

HEARD = (events.Key, events.Paste, events.MouseDown, events.MouseScrollDown, events.MouseScrollUp)
"""What comes from a person; a pointer that only moves may have been pushed."""

TICK_SECONDS = 1.0
"""The clock moves in minutes; the countdown wants a second."""


class ShimmyApp(Doing):
    """The app, opened on the session. `overview` is all that there is to show, None until it was read."""

    TITLE = "Shimmy metrics"
    MODES: ClassVar[dict[str, str | Callable[[], Screen[None]]]] = {**MODES}
    DEFAULT_MODE = "session"
    BINDINGS: ClassVar[list[BindingType]] = [*EVERYWHERE]
    ENABLE_COMMAND_PALETTE = True
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {palette}
    COMMAND_PALETTE_BINDING = ""
    EXPLAIN_SECONDS: ClassVar[float] = 0.08
    """How long after the last key the drawer follows the mark."""

    # The terminal's own focus coming and going changes nothing here, so it must cost nothing.
    app_focus = Reactive(default=True, compute=False, repaint=False)

    def __init__(self, profile: Profile, start: Start) -> None:
        super().__init__(profile.environment, outlived=start.asking or bool(start.notice))
        self.profile = profile
        self.start = start
        self.glyphs = glyphs_for(profile.environment)
        self.overview = start.overview
        self.guard = InputGuard()
        self.field = ""
        self.base: Departure | None = None
        self.seconds_left = start.seconds
        self.keys, self._keys_trouble = own_keys(start.keys)
        self.set_keymap(dict(self.keys.own))
        self._before_consent = "session"
        self._renewal_stands = start.asks
        self._looking = Poller(profile, start.facts, self._looked, start.overview)

    # --- what every screen shares -------------------------------------------------------------------------------

    def canvas(self) -> Canvas:
        """Return what a page is drawn on now."""
        return Canvas(
            self.size.width, self.size.height, self.glyphs, self.profile.clock.now(), keys=self.keys, notice=self.notice
        )

    def time(self) -> float:
        """Return the second by the clock that stamps events."""
        return events.Event().time

    @property
    def notice(self) -> str:
        """The notice's first clause: short enough for a rule."""
        return self.start.notice.partition(":")[0]

    def common_acts(self) -> Sequence[Button]:
        """Return the five buttons that are the same on every screen."""
        frames = [each for each in self.screen_stack if isinstance(each, BaseScreen)]
        leaving = "Back" if len(frames) > 1 or any(each.search for each in frames) else "Quit"
        buttons = (
            self.act("app.consent", "Consent"),
            self.act("app.export", "Export"),
            self.act("app.validate", "Validate"),
            self.act("app.keys", "Keys"),
            self.act("app.back", leaving),
        )
        return [Button(act.key, "", act.action) for act in buttons] if self.canvas().width < LABELLED else buttons

    def consent_acts(self) -> Sequence[Button]:
        """Return the two buttons at the right of the consent page."""
        narrow = self.canvas().narrow
        unread = self.overview and self.overview.unusable  # then nobody knows whether it is decided
        leaving = ("Quit" if unread else "Quit, undecided") if self.undecided else "Back"
        return (self.act("app.keys", "" if narrow else "Keys"), self.act("app.back", "" if narrow else leaving))

    def act(self, name: str, label: str) -> Button:
        """Return the button of the action with this id, under the key that it has now."""
        return Button(self.keys.of(name), label, action_of(name))

    @property
    def undecided(self) -> bool:
        """Whether the question is still open."""
        return self.overview is None or self.overview.consent.decision.consent is Consent.UNDECIDED

    @property
    def renewing(self) -> bool:
        """Whether the page of consent asks about new fields alone, as it does when the app opens on that question."""
        return self._renewal_stands and self.overview is not None and bool(self.overview.news)

    def session_preview(self, session: Session) -> SessionPreview:
        """Return an ended session as its page shows it."""
        return session_preview(self.profile, session, self.start.facts)

    def chosen_baseline(self) -> "Baseline | None":
        """Return the receipt that a person chose to compare with, or None."""
        if self.base is None:
            return None
        from shimmy_metrics.app.screens.outgoing.view import chosen_baseline

        return chosen_baseline(self.canvas(), self.base)

    # --- live ---------------------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Begin to look, and to count down where a question waits."""
        self.attach_terminal()
        self.call_after_refresh(self._first_frame_stands)
        if self._keys_trouble:
            self.post_message(Done(f"The keys of your config are not used: {self._keys_trouble}."))
        self.tell_purged(self.overview.purged if self.overview is not None else None)
        self.set_interval(TICK_SECONDS, self._tick)

    def _first_frame_stands(self) -> None:
        gc.enable()
        self.look()  # not before: it would read, and take its time, beside what is drawn

    def _looked(self, found: Overview) -> None:
        self.post_message(OverviewChanged(found))

    @work(thread=True, group="look", exit_on_error=False)
    def look(self) -> None:
        """Look in a thread for as long as the app is open."""
        self._looking.run()

    def look_now(self) -> None:
        """Look at once."""
        self._looking.now()

    async def on_overview_changed(self, message: OverviewChanged) -> None:
        """Show what changed, on the screen that is in front."""
        late = self.overview is None
        self.overview = message.overview
        if self.base not in message.overview.receipts:
            self.base = None  # its bytes were deleted, or it was folded into the chain's first link
        if late and self._question_open():
            self._renewal_stands = True
            await self._open("consent")
        self.tell_sent()
        self.tell_purged(message.overview.purged)
        await self._draw()

    def _question_open(self) -> bool:
        """Whether the question waits that could not be asked before the disk had answered."""
        shown = self.overview
        asks = shown is not None and not shown.trouble and (shown.consent.asks or bool(shown.news))
        return asks and not self.profile.environment.continuous_integration

    async def on_busy(self, message: Busy) -> None:
        """Say what is being done."""
        await self.say(message.sentence)

    async def on_done(self, message: Done) -> None:
        """Say what became of what a person asked for."""
        self.look_now()
        await self.say(message.sentence)

    async def on_answered(self, message: Answered) -> None:
        """Go on after an answer: the server starts, or the screen is shown from which the page was opened."""
        self.look_now()
        if self.start.asking:
            self.exit()
            return
        await self._leave_consent()
        await self.say(message.sentence)

    async def _draw(self) -> None:
        for screen in self.screen_stack:
            if isinstance(screen, BaseScreen) and screen.is_mounted:
                await screen.draw()

    async def _tick(self) -> None:
        if self.seconds_left is not None:
            self.seconds_left -= 1
            if self.seconds_left <= 0:
                self.exit()
                return
        await self._draw()

    # --- input --------------------------------------------------------------------------------------------------

    async def on_event(self, event: events.Event) -> None:
        """Hear every key, paste and click before anything acts on it."""
        if isinstance(event, events.AppFocus | events.AppBlur):
            return
        if isinstance(event, HEARD) and not event.is_forwarded:
            self.guard.hear(event.time, event.key if isinstance(event, events.Key) else type(event).__name__)
            if self.seconds_left is not None:
                self.seconds_left = None
                await self._draw()
        await super().on_event(event)
        if isinstance(event, events.Key):
            self.settle_cursor()  # a line to type in may have opened

    async def action_go(self, mode: str) -> None:
        """Go to a screen by its name. In the app's own turn: a screen that awaits its own end waits for ever."""
        self.call_next(self._go, mode)

    async def action_back(self) -> None:
        """Go back; from one of the four screens, quit."""
        self.call_next(self._back)

    async def _go(self, mode: str) -> None:
        if self.start.asking and mode != "consent":
            return  # the question alone
        if mode == "consent":
            self._renewal_stands = False  # whoever asks for the page wants every answer
            self._before_consent = self._before_consent if self.current_mode == mode else self.current_mode
        await self._open(mode)
        await self._draw()

    async def _back(self) -> None:
        if isinstance(self.screen, BaseScreen) and self.screen.search:
            await self.screen.give_up_search()
        elif len(self.screen_stack) > 1:
            await self.pop_screen()
        elif self.current_mode == "consent" and not self.undecided and not self.start.asking:
            await self._leave_consent()
        elif self.guard.what == "escape" and not self.start.asking and self.keys.of("app.back") != called("escape"):
            await self.say(f"Esc goes back and never out: {self.keys.of('app.back')} quits.")
        else:
            self.exit()

    async def _leave_consent(self) -> None:
        self._renewal_stands = False
        if self.current_mode == "consent":
            await self._open(self._before_consent)

    async def _open(self, mode: str) -> None:
        """Go to one of the screens; what was opened on the one before is closed, so that it is not met again later."""
        while len(self.screen_stack) > 1:
            await self.pop_screen()
        await self.switch_mode(mode)

    async def action_keys(self) -> None:
        """Show every key."""
        from shimmy_metrics.app.screens.help.screen import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            await self.push_screen(HelpScreen(self.screen))

    def action_command_palette(self) -> None:
        """Open the list of every action, in this program's words."""
        if not isinstance(self.screen, CommandPalette):
            from shimmy_metrics.app.palette import Palette

            _ = self.push_screen(Palette())

    def resumed(self) -> None:
        """Draw everything again. A question stands from now on: what was typed ahead was meant for the shell."""
        if isinstance(self.screen, Asks):
            self.screen.stand()
        super().resumed()

    def on_unmount(self) -> None:
        """Stop looking, so that the end waits for nothing."""
        self._looking.end()
        self.detach_terminal()


class Asking(ShimmyApp):
    """The app, opened on the question: a mode that is shown first is painted once, one that is switched to twice."""

    DEFAULT_MODE = "consent"


def app_for(profile: Profile, start: Start) -> ShimmyApp:
    """Return the app that opens where `start` says."""
    return (Asking if start.asks else ShimmyApp)(profile, start)
