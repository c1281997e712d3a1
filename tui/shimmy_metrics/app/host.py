"""What screens and commands may ask of the app: so that they can be read, and the imports followed, without it."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, ClassVar, Protocol

from textual.geometry import Offset
from textual.message import Message
from textual.screen import Screen

from shimmy_metrics.actions.overview import Overview
from shimmy_metrics.app.input_guard import InputGuard
from shimmy_metrics.app.keys import Keys
from shimmy_metrics.app.preload import Start
from shimmy_metrics.app.terminal.glyphs import Glyphs
from shimmy_metrics.app.ui.layout import Canvas
from shimmy_metrics.app.ui.text import Line
from shimmy_metrics.records import Departure
from shimmy_metrics.system.profile import Profile


class Host(Protocol):
    """The app, as its screens and commands know it.

    `overview` is everything there is to show, None until it has been read. `field` is the field that is marked on the
    screens that list fields, empty for none. `baseline` is the receipt that a person chose to compare with.
    `seconds_left` counts down to the end of a question that nobody answers. `renewal_open`: the screen of consent asks
    about new fields alone.
    """

    EXPLAIN_SECONDS: ClassVar[float]

    profile: Profile
    start: Start
    glyphs: Glyphs
    keys: Keys
    input_guard: InputGuard
    overview: Overview | None
    field: str
    baseline: Departure | None
    seconds_left: int | None
    renewal_open: bool

    def canvas(self) -> Canvas:
        """Return what a screen is drawn on now."""
        ...

    def time(self) -> float:
        """Return the time in seconds, by the clock that stamps events."""
        ...

    async def open_explanation(self, explained: Callable[[Canvas], tuple[Line, ...]]) -> None:
        """Open a screen with an explanation for which the drawer has no room."""
        ...

    def place_cursor(self, place: Offset) -> None:
        """Put the terminal's cursor there."""
        ...

    # What follows is Textual's own, in the form in which it is used here.

    @property
    def screen(self) -> Screen[Any]:
        """The screen in front."""
        ...

    @property
    def screen_stack(self) -> Sequence[Screen[Any]]:
        """The screens of the open mode, the one in front last."""
        ...

    def push_screen(self, screen: Screen[Any], callback: Callable[[Any], None] | None = None) -> Awaitable[object]:
        """Open a screen over the others; `callback` gets its result."""
        ...

    def pop_screen(self) -> Awaitable[object]:
        """Close the screen in front."""
        ...

    def post_message(self, message: Message) -> bool:
        """Queue a message for the app; from any thread."""
        ...

    def run_worker(self, work: Callable[[], object], *, group: str, exit_on_error: bool, thread: bool) -> object:
        """Run a function in a thread."""
        ...

    def call_from_thread(self, callback: Callable[..., object], *args: object) -> object:
        """Run a function in the app's own thread and wait for it."""
        ...

    def set_timer(self, delay: float, callback: Callable[[], None]) -> object:
        """Call a function after `delay` seconds."""
        ...

    def copy_to_clipboard(self, text: str) -> None:
        """Hand a text to the terminal's clipboard."""
        ...


def overview_on(host: Host, mode: str) -> Overview | None:
    """Return what a mode's screen shows. On Session that is what was read first, until a long history has been read."""
    return host.overview or (host.start.first if mode == "session" else None)
