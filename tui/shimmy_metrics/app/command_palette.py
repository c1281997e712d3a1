"""Every action by its name, for the command palette: the bindings of the screen and of the app, and the colours."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, ClassVar, Final

from textual import events, on
from textual.app import App, ComposeResult
from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.screen import Screen
from textual.widgets import Input, LoadingIndicator

from shimmy_metrics.app.keys import EVERYWHERE, Button, asking, called
from shimmy_metrics.app.styles import sheet
from shimmy_metrics.app.terminal.app import TerminalApp
from shimmy_metrics.app.terminal.glyphs import Glyphs
from shimmy_metrics.app.ui.bottom_row import BottomRow
from shimmy_metrics.app.ui.key_button import KeyButton
from shimmy_metrics.app.ui.lines import COMPONENTS
from shimmy_metrics.app.ui.screen import BaseScreen

_ORDER: Final = ("outbox.", "history.", "fields.", "consent.", "report.", "app.", "page.")
"""What the screen in front can do comes first, then what every screen can, then moving."""

_EVERYWHERE: Final = [binding.id for binding in EVERYWHERE]
"""Among these the other screens come first, and the way out last."""


_MEANINGS: Final = {
    "app.consent": (
        "enable",
        "disable",
        "withdraw",
        "opt out",
        "turn off",
        "undo",
        "only for me",
        "hold",
        "files on disk",
        "delete all",
        "forget",
    ),
    "app.export": ("save", "backup", "json"),
    "app.fields": ("model name", "prompts", "privacy", "what is collected", "why", "memory", "location"),
    "app.history": (
        "receipts",
        "proof",
        "prove what was sent",
        "attempts",
        "network down",
        "offline",
        "unreachable",
        "receiver",
        "failed",
        "recall",
        "undo",
    ),
    "app.keys": ("help", "shortcuts"),
    "app.outgoing": ("next report", "release", "held", "waiting", "preview", "what changed", "diff"),
    "app.quit": ("exit",),
    "app.session": ("running", "live", "figures now", "server"),
    "app.theme": ("theme", "colours", "background"),
    "app.usage": ("tokens", "usage", "figures", "day", "week", "month", "requests", "statistics"),
    "app.validate": ("validate", "verify", "personal data", "every byte"),
    "consent.forget": ("files", "disk", "erase", "wipe", "delete all", "remove"),
    "consent.decline": ("withdraw", "disable", "opt out", "turn off"),
    "consent.fields": ("model name", "what is collected", "privacy"),
    "consent.wire": ("preview", "example", "bytes"),
    "history.base": ("diff", "what changed"),
    "history.save": ("proof", "prove what was sent", "week", "export", "sha256"),
    "history.recall": ("take back", "undo", "delete at the receiver"),
    "history.recall-all": ("take back", "undo", "delete at the receiver"),
    "outbox.release": ("send",),
    "report.copy": ("clipboard", "save"),
    "report.raw": ("bytes", "headers"),
}
"""What people look for an action by, besides its name."""


_OFFERED: Final = ("outbox.release", "outbox.delete", "outbox.hold", "history.recall")
"""What is possible only while the screen has a button for it: for a report that waits, or a request that left."""


@dataclass(frozen=True, slots=True)
class Command:
    """One line of the palette: its name, the help below it, what it does, and what else it is looked for by."""

    name: str
    help: str
    run: Callable[[], object]
    meanings: tuple[str, ...] = ()


class Palette(CommandPalette):
    """Opens over any screen; Enter does what is marked."""

    CSS_PATH: ClassVar[list[str | PurePath]] = [sheet("input"), sheet("command_palette")]

    COMPONENT_CLASSES: ClassVar[set[str]] = set(COMPONENTS)

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__(placeholder="Type the name of an action", id="--command-palette")
        self._glyphs = glyphs

    def compose(self) -> ComposeResult:
        """Build Textual's palette, and over the buttons of the screen behind it the keys that work here."""
        yield from super().compose()
        yield BottomRow(self._glyphs, *_typing(""))

    def on_mount(self) -> None:
        """Rest between keys: a blinking cursor sends bytes for ever, a hidden indicator wakes 16 times a second."""
        self.query_one(Input).cursor_blink = False
        self.query_one(LoadingIndicator).auto_refresh = None
        for button in self.query(KeyButton):
            button.can_focus = False

    @on(Input.Changed)
    async def show_keys(self, event: Input.Changed) -> None:
        """Show the keys that work with this text."""
        await self.query_one(BottomRow).show(*_typing(event.value))

    async def on_key(self, event: events.Key) -> None:
        """Close the palette by Backspace on nothing: Esc is not needed."""
        if event.key == "backspace" and not self.query_one(Input).value:
            event.stop()
            event.prevent_default()
            await self.run_action("escape")

    @on(KeyButton.Pressed)
    async def press(self, event: KeyButton.Pressed) -> None:
        """Do what was clicked."""
        event.stop()
        await self.run_action(event.button.action)


def _typing(text: str) -> tuple[Sequence[Button], Sequence[Button]]:
    """Return the keys that work while `text` stands in the line, at the left and at the right."""
    away = called("escape") if text else f"{called('escape')}, {called('backspace')}"
    marked = Button(called("enter"), "Do it", "screen.command_list('select')")
    return (marked,), (Button(away, "Close", "screen.escape"),)


class Actions(Provider):
    """Finds actions for the palette. Textual's own provider sorts them by the alphabet."""

    async def discover(self) -> Hits:
        """Yield every action, in their order."""
        for command in commands(self.app, self.screen):
            yield DiscoveryHit(command.name, command.run, help=command.help)

    async def search(self, query: str) -> Hits:
        """Yield the actions that a word means, each with what it was found by where its name lacks that."""
        matcher = self.matcher(query)
        wanted = query.casefold()
        for command in commands(self.app, self.screen):
            score = matcher.match(command.name)
            meaning = next((each for each in command.meanings if wanted in each), "")
            if meaning and wanted not in command.name.casefold():
                yield Hit(2.0, matcher.highlight(f"{command.name} ({meaning})"), command.run, help=command.help)
            elif score > 0:
                yield Hit(score, matcher.highlight(command.name), command.run, help=command.help)


def commands(app: App[Any], screen: Screen[Any]) -> Iterator[Command]:
    """Yield each action that is possible now once, with the keys that do the same."""
    keys: dict[str, list[str]] = {}
    found: dict[str, tuple[str, Callable[[], Awaitable[bool]]]] = {}
    front = screen if isinstance(screen, BaseScreen) else None
    offered = {button.action for button in front.buttons()} if front is not None else set()
    labels = front.labels if front is not None else {}
    for active in screen.active_bindings.values():
        binding = active.binding
        possible = binding.id not in _OFFERED or f"screen.{binding.action}" in offered
        if binding.id and binding.description and possible and active.enabled:
            keys.setdefault(binding.id, []).append(called(binding.key))
            called_now = labels.get(binding.id, binding.description)
            found[binding.id] = (called_now, _runner(app, active.node, asking(binding.action)))
    for name in sorted(found, key=_place):
        description, run = found[name]
        named = f"{description[:1].upper()}{description[1:]}"
        yield Command(named, f"key {' '.join(keys[name])}", run, _MEANINGS.get(name, ()))
    assert isinstance(app, TerminalApp)
    for theme in app.shown_themes:
        label = theme.name.removeprefix("shimmy-")
        yield Command(f"Colours: {label}", "until you close the app", _themed(app, theme.name))


def _place(name: str) -> tuple[int, int]:
    group = next((place for place, begin in enumerate(_ORDER) if name.startswith(begin)), len(_ORDER))
    return group, _EVERYWHERE.index(name) if name in _EVERYWHERE else 0


def _runner(app: App[Any], node: Any, action: str) -> Callable[[], Awaitable[bool]]:  # noqa: ANN401 - Textual's DOMNode
    async def run() -> bool:
        return await app.run_action(action, default_namespace=node)

    return run


def _themed(app: App[Any], name: str) -> Callable[[], None]:
    def choose() -> None:
        app.theme = name

    return choose
