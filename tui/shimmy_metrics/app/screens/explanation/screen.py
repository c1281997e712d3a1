"""The marked line explained, where the drawer has no room for all of it."""

from collections.abc import Callable

from shimmy_metrics.app.host import Host
from shimmy_metrics.app.ui.frame import content_height
from shimmy_metrics.app.ui.layout import Canvas, Content, Row
from shimmy_metrics.app.ui.screen import BaseScreen
from shimmy_metrics.app.ui.text import BLANK, Line


class ExplanationScreen(BaseScreen):
    """All that the screen behind it knows about its marked line. Enter goes back, as it came."""

    TITLE = "Explained"

    def __init__(self, host: Host, explained: Callable[[Canvas], tuple[Line, ...]]) -> None:
        super().__init__(host)
        self._lines = explained
        self.labels = {"page.explain": "go back"}

    def content(self, canvas: Canvas) -> Content:
        """Return the explanation: its first line stays, the others scroll."""
        first, *rest = self._lines(canvas)
        return Content((first,), tuple(map(Row, rest)))

    def drawer(self, canvas: Canvas, head: int) -> tuple[Line, ...]:
        """Return a rule, which shows the place, if there is more than fits; otherwise the content needs the row."""
        return (BLANK,) if len(self.content(canvas).rows) > content_height(canvas, head, 0) else ()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether the action applies here: the key that opens the explanation closes it too."""
        return action == "explain" or super().check_action(action, parameters)

    async def action_explain(self) -> None:
        """Go back."""
        await self.run_action("app.back")
