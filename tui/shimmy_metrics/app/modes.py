"""The app's modes, one for each of its screens.

A screen's module is imported when the screen is first opened: importing all of them is a tenth of the time to the
first frame.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from shimmy_metrics.app.commands import Commands
from shimmy_metrics.app.host import Host
from shimmy_metrics.app.ui.screen import BaseScreen

if TYPE_CHECKING:
    from textual.command import Provider
    from textual.screen import Screen


def _session(host: Host, commands: Commands) -> BaseScreen:
    from shimmy_metrics.app.screens.session.screen import SessionScreen

    return SessionScreen(host, commands)


def _outgoing(host: Host, commands: Commands) -> BaseScreen:
    from shimmy_metrics.app.screens.outgoing.screen import outgoing_screen

    return outgoing_screen(host, commands)


def _history(host: Host, commands: Commands) -> BaseScreen:
    from shimmy_metrics.app.screens.history.screen import HistoryScreen

    return HistoryScreen(host, commands)


def _fields(host: Host, _: Commands) -> BaseScreen:
    from shimmy_metrics.app.screens.fields.screen import FieldsScreen

    return FieldsScreen(host)


def _consent(host: Host, commands: Commands) -> BaseScreen:
    from shimmy_metrics.app.screens.consent.screen import ConsentScreen

    return ConsentScreen(host, commands)


def _keys(host: Host) -> BaseScreen:
    from shimmy_metrics.app.screens.help.screen import HelpScreen

    return HelpScreen(host, host.screen)


def _usage(host: Host) -> BaseScreen:
    from shimmy_metrics.app.screens.usage.screen import UsageScreen

    return UsageScreen(host)


def _actions(host: Host) -> "Screen[Any]":
    from shimmy_metrics.app.command_palette import Palette

    return Palette(host.glyphs)


def palette_provider() -> "type[Provider]":
    """Return the class that finds actions for the command palette."""
    from shimmy_metrics.app.command_palette import Actions

    return Actions


MODES: Final[dict[str, Callable[[Host, Commands], BaseScreen]]] = {
    "session": _session,
    "outgoing": _outgoing,
    "history": _history,
    "fields": _fields,
    "consent": _consent,
}
"""Returns each mode's screen, by the mode's name."""

OVER: Final[dict[str, Callable[[Host], "Screen[Any]"]]] = {"actions": _actions, "keys": _keys, "usage": _usage}
"""Returns each screen that opens over the others, by its name."""

_WHILE_ASKING: Final = ("consent", "actions", "keys")

NOT_WHILE_ASKING: Final = (
    *(("go", (mode,)) for mode in MODES if mode not in _WHILE_ASKING),
    *(("over", (name,)) for name in OVER if name not in _WHILE_ASKING),
)
"""The actions that there are not where a server waits for the answer: the question is asked alone."""
