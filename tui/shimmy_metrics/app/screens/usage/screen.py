"""The screen of the person's own figures."""

from collections.abc import Sequence
from typing import ClassVar, Final

from textual.binding import BindingType

from shimmy_metrics.actions.usage import Period
from shimmy_metrics.app.host import Host
from shimmy_metrics.app.keys import PERIODS, Button
from shimmy_metrics.app.screens.usage.view import usage_view
from shimmy_metrics.app.ui.layout import Canvas, Content
from shimmy_metrics.app.ui.screen import BaseScreen
from shimmy_metrics.app.ui.text import BLANK, Line

_PERIODS: Final = tuple(Period)


class UsageScreen(BaseScreen):
    """What was counted, by day, week or month, and in all."""

    TITLE = "Your own figures"
    BINDINGS: ClassVar[list[BindingType]] = [*PERIODS]

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self._period = Period.DAY

    def content(self, canvas: Canvas) -> Content:
        """Return the total and a row for each period."""
        return usage_view(canvas, self.host.overview, self._period)

    def drawer(self, canvas: Canvas, head: int) -> tuple[Line, ...]:
        """Return a rule alone: nothing is marked, so nothing is explained."""
        return (BLANK,)

    def buttons(self) -> Sequence[Button]:
        """Return the button for the next period, where there is something to sum."""
        shown = self.host.overview
        return (self.host.keys.button("report.lens-beside", "View"),) if shown is not None and shown.days else ()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether there is something to sum: the list of keys and the palette name no key that does nothing."""
        if action in {"turn", "period"}:
            return bool(self.buttons())
        return super().check_action(action, parameters)

    async def action_turn(self, by: int) -> None:
        """Sum by the next period, or the one before."""
        await self.action_period(_PERIODS[(_PERIODS.index(self._period) + by) % len(_PERIODS)])

    async def action_period(self, period: str) -> None:
        """Sum by this period."""
        self._period = Period(period)
        await self.draw()
