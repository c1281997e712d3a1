"""The marked line explained on a page of its own, where the drawer has not the rows for all of it."""

from shimmy_metrics.app.ui.layout import Canvas, Content, Row
from shimmy_metrics.app.ui.screen import BaseScreen
from shimmy_metrics.app.ui.text import BLANK, Line


class ExplanationScreen(BaseScreen):
    """All that the screen behind says about its marked line; Enter goes back, as it opened it."""

    TITLE = "Explained"

    def __init__(self, behind: BaseScreen) -> None:
        super().__init__()
        self._behind = behind

    def content(self, canvas: Canvas) -> Content:
        """Return the explanation: its first line stays, the rest can be scrolled."""
        lines = self._behind.all_known(canvas)
        return Content(lines[:1], tuple(map(Row, lines[1:])))

    def drawer(self, canvas: Canvas, head: int) -> tuple[Line, ...]:
        """Return a rule, which tells the place, where there is more than is shown; the rows are worth more else."""
        return (BLANK,) if len(self.content(canvas).rows) > self.rows_for_page(canvas, head, 0) else ()

    async def action_explain(self) -> None:
        """Go back."""
        await self.shimmy.action_back()
