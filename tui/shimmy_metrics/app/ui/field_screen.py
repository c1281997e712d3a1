"""What the screens of fields share: the mark stays on the same field across them, and the drawer explains it."""

from collections.abc import Mapping

from shimmy_metrics.app.screens.session.view import ROUTE
from shimmy_metrics.app.ui.explanation import explained, headed
from shimmy_metrics.app.ui.layout import Canvas
from shimmy_metrics.app.ui.places import Places
from shimmy_metrics.app.ui.screen import BaseScreen
from shimmy_metrics.app.ui.text import Line, wrapped
from shimmy_metrics.report.fields import BY_NAME
from shimmy_metrics.report.never import NEVER

_STAYS = {
    "tokens a second": "Tokens for each second of answering. It is in no report.",
    "server memory": "What the server's process uses now. It is in no report.",
}


class FieldFrame(BaseScreen):
    """A screen whose lines are fields."""

    def places(self) -> Places:
        """Return what stands where, with the mark on the field that another screen left it on."""
        if self.shimmy.field and self.is_current:
            self.mark = self.shimmy.field
        return super().places()

    def remember_mark(self) -> None:
        """Take the field along to the next screen; what is no field stays.

        A field that was taken along and is not listed here is not forgotten: the next screen or lens may have it.
        """
        if self.is_current and not self.shimmy.field and (self.mark in BY_NAME or self.mark in dict(NEVER)):
            self.shimmy.field = self.mark

    def leave_mark(self) -> None:
        """Leave the field behind that was taken along."""
        self.shimmy.field = ""

    def values(self) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """Return the report's values and the measured ones, by field."""
        return {}, {}

    def explained(self, canvas: Canvas) -> tuple[Line, ...]:
        """Return the marked field explained, with its value."""
        sent, measured = self.values()
        name = self.mark.partition(" (")[0]  # of a request's second report and on, a number follows
        known = explained(canvas, name, sent.get(name, ""), measured.get(name, ""), opened=self.more)
        return known or self.own_explanation(canvas)

    def own_explanation(self, canvas: Canvas) -> tuple[Line, ...]:
        """Return what there is to say about a line that is neither a field nor of the never-list."""
        return ()

    def stays_here(self, canvas: Canvas) -> tuple[Line, ...]:
        """Return the explanation of a session's other lines: a route is part of a field, the rest is only shown."""
        if self.mark.startswith(ROUTE):
            sent, measured = self.values()
            name = "api_endpoints_used"
            return explained(canvas, name, sent.get(name, ""), measured.get(name, ""), opened=self.more)
        if self.mark not in _STAYS:
            return ()
        return (*headed(canvas, self.mark, "stays here"), *wrapped(_STAYS[self.mark], canvas.width))
