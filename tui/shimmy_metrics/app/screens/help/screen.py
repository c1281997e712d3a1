"""The screen of keys: those of the screen behind it, and those of every screen."""

from collections.abc import Iterable, Mapping

from textual.binding import ActiveBinding
from textual.screen import Screen

from shimmy_metrics.app.host import Host
from shimmy_metrics.app.keys import called
from shimmy_metrics.app.screens.help.view import KeyLine, help_view
from shimmy_metrics.app.ui.layout import Canvas, Content
from shimmy_metrics.app.ui.screen import BaseScreen
from shimmy_metrics.app.ui.text import BLANK, Line


class HelpScreen(BaseScreen):
    """Every key as it is bound now, remapped ones too."""

    TITLE = "Keys"

    def __init__(self, host: Host, behind: Screen[object]) -> None:
        super().__init__(host)
        active = list(behind.active_bindings.values())
        labels = behind.labels if isinstance(behind, BaseScreen) else {}
        self._here = _lines((each for each in active if each.node is not behind.app), labels)
        self._everywhere = _lines((each for each in active if each.node is behind.app), labels)

    def drawer(self, canvas: Canvas, head: int) -> tuple[Line, ...]:
        """Return a rule alone: nothing is marked, so nothing is explained."""
        return (BLANK,)

    def content(self, canvas: Canvas) -> Content:
        """Return the keys."""
        return help_view(canvas, self._here, self._everywhere, self.host.start.notice)


def _lines(bindings: Iterable[ActiveBinding], labels: Mapping[str, str]) -> list[KeyLine]:
    """Return a line for each action, all its keys on it, in the order in which they are bound.

    `labels` are what actions are called now, by id, where that is not their description.
    """
    keys: dict[str, list[str]] = {}
    descriptions: dict[str, str] = {}
    for active in bindings:
        name = active.binding.id or active.binding.action
        if not active.binding.description or not active.binding.id:
            continue
        keys.setdefault(name, []).append(called(active.binding.key))
        descriptions[name] = labels.get(name, active.binding.description)
    # What is special to a screen comes first, then what every screen has, then what needs Ctrl.
    names = sorted(keys, key=lambda name: (keys[name][0].startswith("Ctrl"), name.startswith("page.")))
    return [KeyLine(" ".join(keys[name]), descriptions[name]) for name in names]
