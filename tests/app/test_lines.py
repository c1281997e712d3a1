"""Lines on the screen: what changed is drawn again, and nothing else."""

from textual.app import App, ComposeResult
from textual.strip import Strip

from shimmy_metrics.app.terminal.glyphs import glyphs_for
from shimmy_metrics.app.ui.lines import Lines
from shimmy_metrics.app.ui.text import line
from shimmy_metrics.system.environment import Environment


class _Watched(Lines):
    """Lines that note which rows are drawn."""

    drawn: list[int]

    def render_line(self, y: int) -> Strip:
        self.drawn.append(y)
        return super().render_line(y)


async def test_only_the_rows_that_changed_are_drawn_again() -> None:
    shown = _Watched(glyphs_for(Environment()), tuple(line(text) for text in ("one", "two", "three")))
    shown.drawn = []

    class Page(App[None]):
        def compose(self) -> ComposeResult:
            yield shown

    async with Page().run_test() as pilot:
        await pilot.pause()
        shown.drawn.clear()
        shown.show(tuple(line(text) for text in ("one", "2", "three")))
        await pilot.pause()
        assert set(shown.drawn) == {1}
        shown.drawn.clear()
        shown.show(tuple(line(text) for text in ("one", "2", "three")))
        await pilot.pause()
        assert shown.drawn == []
        shown.show(tuple(line(text) for text in ("one", "2")))
        await pilot.pause()
        assert {0, 1} <= set(shown.drawn)
