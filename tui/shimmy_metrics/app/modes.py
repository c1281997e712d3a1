"""The app's modes: a screen's room is entered when the screen is first opened, not when the app is.

The first frame waits for every module that is loaded before it; those of the other screens would be a tenth of it.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from textual.command import Provider

    from shimmy_metrics.app.ui.screen import BaseScreen


def session() -> "BaseScreen":
    """Return the screen Session."""
    from shimmy_metrics.app.screens.session.screen import SessionScreen

    return SessionScreen()


def outgoing() -> "BaseScreen":
    """Return the screen Outgoing."""
    from shimmy_metrics.app.screens.outgoing.screen import OutgoingScreen

    return OutgoingScreen()


def history() -> "BaseScreen":
    """Return the screen History."""
    from shimmy_metrics.app.screens.history.screen import HistoryScreen

    return HistoryScreen()


def fields() -> "BaseScreen":
    """Return the screen Fields."""
    from shimmy_metrics.app.screens.fields.screen import FieldsScreen

    return FieldsScreen()


def consent() -> "BaseScreen":
    """Return the page of consent."""
    from shimmy_metrics.app.screens.consent.screen import ConsentScreen

    return ConsentScreen()


def palette() -> "type[Provider]":
    """Return what the command palette offers."""
    from shimmy_metrics.app.palette import Actions

    return Actions


MODES: Final[dict[str, Callable[[], "BaseScreen"]]] = {
    "session": session,
    "outgoing": outgoing,
    "history": history,
    "fields": fields,
    "consent": consent,
}
