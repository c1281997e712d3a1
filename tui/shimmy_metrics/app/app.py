"""The app: which screen is in front, and what it does when something has changed or a command is done."""

import gc
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, ClassVar

from textual import events, on
from textual.binding import BindingType
from textual.command import Provider
from textual.screen import Screen
from textual.worker import Worker, WorkerState

from shimmy_metrics.app.commands import Commands
from shimmy_metrics.app.host import overview_on
from shimmy_metrics.app.input_guard import AsksQuestion, InputGuard
from shimmy_metrics.app.keys import EVERYWHERE, called, own_keys
from shimmy_metrics.app.messages import Answered, Busy, Done, OverviewChanged
from shimmy_metrics.app.modes import MODES, NOT_WHILE_ASKING, OVER, palette_provider
from shimmy_metrics.app.poller import Poller
from shimmy_metrics.app.preload import Start, question_open
from shimmy_metrics.app.terminal.app import PERSONS_EVENTS, TerminalApp
from shimmy_metrics.app.terminal.glyphs import glyphs_for
from shimmy_metrics.app.ui.layout import Canvas
from shimmy_metrics.app.ui.notice import Notice
from shimmy_metrics.app.ui.screen import BaseScreen
from shimmy_metrics.app.ui.sending import SEEN_SECONDS, newly_ended
from shimmy_metrics.app.ui.text import Line
from shimmy_metrics.consent.state import Consent
from shimmy_metrics.limits import REPEAT_SECONDS
from shimmy_metrics.records import Departure
from shimmy_metrics.system.log import log_event
from shimmy_metrics.system.profile import Profile
from shimmy_metrics.wording.decision import FROM_NEXT_START

TICK_SECONDS = 1.0
"""The countdown's step."""

CLOCK_SECONDS = 5.0
"""Times are shown to the minute; a new one shows so late at most."""


class ShimmyApp(TerminalApp):
    """The app; it implements `Host`."""

    TITLE = "Shimmy metrics"
    BINDINGS: ClassVar[list[BindingType]] = [*EVERYWHERE]
    # `OVER` opens the palette; Textual would bind a second one, to a key without a name.
    ENABLE_COMMAND_PALETTE = False
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {palette_provider}
    EXPLAIN_SECONDS: ClassVar[float] = 0.08
    """How long after the last key the drawer follows the mark."""

    def __init__(self, profile: Profile, start: Start, poller: Poller) -> None:
        # The first mode is painted once, one that is switched to twice: so it is chosen here, for each app.
        self.DEFAULT_MODE = "consent" if start.asks else "session"  # type: ignore[misc]  # Textual's is the class's
        super().__init__(profile.environment, theme=start.theme, outlived=start.asking or bool(start.notice))
        self.profile = profile
        self.start = start
        self.glyphs = glyphs_for(profile.environment)
        self.overview = start.overview
        self.input_guard = InputGuard()
        self.field = ""
        self.baseline: Departure | None = None
        self.seconds_left = start.seconds
        self._departed: Departure | None = None
        self._departed_at = 0.0
        self.renewal_open = start.asks
        self.keys, self._keys_fault = own_keys(start.keys)
        self.set_keymap(dict(self.keys.own))
        self.commands = Commands(self)
        self._poller = poller
        self._before_consent = "session"
        self._went_back = ("", 0.0)
        """The key that last went back, and when."""
        for mode, screen in MODES.items():
            self.add_mode(mode, partial(screen, self, self.commands))

    # --- what screens ask for -----------------------------------------------------------------------------------

    def canvas(self) -> Canvas:
        """Return what a screen is drawn on now. The notice's first clause is short enough for a rule."""
        notice = self.start.notice.partition(":")[0]
        now = self.profile.clock.now()
        return Canvas(
            self.size.width, self.size.height, self.glyphs, now, keys=self.keys, notice=notice, departed=self._departed
        )

    def time(self) -> float:
        """Return the time in seconds, by the clock that stamps events."""
        return events.Event().time

    # --- what has changed ---------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Start the clock and, once the first frame is shown, polling, which would otherwise delay that frame."""

        def poll() -> None:
            self._poller.run(lambda found: self.post_message(OverviewChanged(found)))

        def first_frame_shown() -> None:
            gc.freeze()  # what was made until here stays; the first searches would walk all of it, a frame's time each
            gc.enable()
            self.run_worker(poll, thread=True, group="poll", exit_on_error=False)

        self.attach_terminal()
        self.call_after_refresh(first_frame_shown)
        if self._keys_fault:
            self.post_message(Done(f"The keys of your config are not used: {self._keys_fault}."))
        self.commands.report_purged(overview_on(self, "session"))
        self.set_interval(CLOCK_SECONDS, self._draw)
        if self.seconds_left is not None:
            self.set_interval(TICK_SECONDS, self._tick)

    def on_unmount(self) -> None:
        """Stop polling, so that the end waits for nothing."""
        self._poller.stop()
        self.detach_terminal()

    async def on_overview_changed(self, message: OverviewChanged) -> None:
        """Show what has changed on the screens that are open."""
        before = overview_on(self, "session")
        departed = newly_ended(before, message.overview)
        if departed is not None:
            self._departed, self._departed_at = departed, self.time()
        elif self._departed not in message.overview.entries:
            self._departed = None  # its record was deleted, with everything else
        if len(message.overview.running) > (len(before.running) if before is not None else 0):
            _drop_outdated(self.screen_stack)
        self.overview = message.overview
        if self.baseline is not None and self.baseline not in message.overview.receipts:
            self.baseline = None  # its bytes were deleted, or it was folded into the chain's first link
        if before is None and question_open(message.overview, self.profile):
            self.renewal_open = True
            await self._open("consent")
        self.commands.outbox.report_sent()
        self.commands.report_purged(message.overview)
        await self._draw()

    @on(Busy)
    @on(Done)
    async def on_command(self, message: Busy | Done) -> None:
        """Show what a command is doing, or did."""
        if isinstance(message, Done):
            self._poller.poll_now()
        await self.report(message.sentence)

    async def on_answered(self, message: Answered) -> None:
        """Go on after an answer: to the server that waits for it, or to the screen before."""
        self._poller.poll_now()
        if self.start.asking:
            self.exit()
            return
        if self.current_mode == "consent":
            await self._open(self._before_consent)
        await self.report(message.sentence)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Report an unexpected error in a thread; silence would look like success."""
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            log_event(self.profile, "the app could not do something", event.worker.error)
            kind = type(event.worker.error).__name__
            self.post_message(Done(f"That failed unexpectedly ({kind})."))

    async def report(self, sentence: str, *, briefly: bool = False) -> None:
        """Show a sentence on the screen in front; while a dialog is open, on the one behind it."""
        screen = next((each for each in reversed(self.screen_stack) if isinstance(each, BaseScreen)), None)
        if screen is not None:
            await screen.show_message(sentence, briefly=briefly)

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
        """Note every key, paste and click before anything acts on it."""
        if isinstance(event, events.AppFocus | events.AppBlur):
            return
        if isinstance(event, PERSONS_EVENTS) and not event.is_forwarded:
            self.input_guard.note(event.time, event.key if isinstance(event, events.Key) else type(event).__name__)
            seen = self._departed is not None and event.time - self._departed_at >= SEEN_SECONDS
            if self.seconds_left is not None or seen:
                self.seconds_left = None
                self._departed = None if seen else self._departed
                await self._draw()
            if isinstance(event, events.Key) and self.input_guard.repeats_answer():
                await self.report("That key just closed the question. Press it again.", briefly=True)
                return
        await super().on_event(event)
        if isinstance(event, events.Key):
            self.settle_cursor()  # an input may have opened

    def resumed(self) -> None:
        """Draw everything again. A question is asked anew: what was typed before was meant for the shell."""
        if isinstance(self.screen, AsksQuestion):
            self.screen.ask_anew()
        super().resumed()

    # --- navigation ---------------------------------------------------------------------------------------------

    def action_go(self, mode: str) -> None:
        """Go to a screen by its name: as the app's next task, since a screen that awaits its own end waits for ever."""
        self.call_next(self._go, mode)

    async def action_switch_background(self) -> None:
        """Switch between light and dark, until the app is closed."""
        if not self.switch_background():
            await self.report("Light or dark is your terminal's choice here: no colours are used.")

    async def action_back(self) -> None:
        """Go back; from one of the four screens, quit."""
        self.call_next(self._back)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether there is more than the question: the list of keys and the palette name no key that does nothing."""
        if self.start.asking and (action, parameters) in NOT_WHILE_ASKING:
            return False
        return super().check_action(action, parameters)

    async def _go(self, mode: str) -> None:
        if mode == "consent":
            self.renewal_open = False  # whoever asks for the screen wants every answer
            self._before_consent = self._before_consent if self.current_mode == mode else self.current_mode
        elsewhere = self.current_mode != mode
        await self._open(mode)
        if mode == "consent" and elsewhere:
            await self.screen.run_action("edge(-1)")  # it is a page to be read, from its top
        await self._draw()

    async def _back(self) -> None:
        undecided = self.overview is None or self.overview.consent.decision.consent is Consent.UNDECIDED
        guard, went_back = self.input_guard, self._went_back
        # A key that was pressed once too often, or is held down, goes back no further, and not out.
        again = went_back == (guard.what, guard.previous) and guard.last - guard.previous < REPEAT_SECONDS
        self._went_back = (guard.what, guard.last)
        if isinstance(self.screen, BaseScreen) and self.screen.step_back is not None:
            self.screen.step_back()
            await self.screen.draw()
        elif len(self.screen_stack) > 1:
            await self.pop_screen()
        elif self.current_mode == "consent" and not undecided and not self.start.asking:
            await self._open(self._before_consent)
        elif again and guard.what != "escape":
            await self.report(f"{self.keys.of('app.back')} once more quits.", briefly=True)
        elif guard.what == "escape" and not self.start.asking and self.keys.of("app.back") != called("escape"):
            await self.report(f"Esc only goes back; {self.keys.of('app.back')} quits.", briefly=True)
        else:
            self.exit()

    async def _open(self, mode: str) -> None:
        """Go to one of the screens; what was opened over the one before is closed, so that it is not met again."""
        if mode != "consent":
            self.renewal_open = False
        while len(self.screen_stack) > 1:
            await self.pop_screen()
        await self.switch_mode(mode)

    async def open_explanation(self, explained: Callable[[Canvas], tuple[Line, ...]]) -> None:
        """Open a screen with an explanation for which the drawer has no room."""
        from shimmy_metrics.app.screens.explanation.screen import ExplanationScreen

        await self.push_screen(ExplanationScreen(self, explained))

    async def action_over(self, name: str) -> None:
        """Open a screen over the one in front, by its name; once."""
        screen = OVER[name](self)
        if not isinstance(self.screen, type(screen)):
            await self.push_screen(screen)

    def action_export(self) -> None:
        """Export everything that is held."""
        self.commands.files.export()

    def action_validate(self) -> None:
        """Check every byte that is held."""
        self.commands.files.validate()


def app_for(profile: Profile, start: Start) -> ShimmyApp:
    """Return the app that opens where `start` says and shows what changes on the disk."""
    return ShimmyApp(profile, start, Poller(profile, start.facts, start.overview))


def _drop_outdated(screens: Iterable[Screen[Any]]) -> None:
    """Drop the notice that a server is measured from its next start on: it has started."""
    for screen in screens:
        if isinstance(screen, BaseScreen) and FROM_NEXT_START in screen.notice.text:
            screen.notice = Notice(" ".join(screen.notice.text.replace(FROM_NEXT_START, "").split()))
