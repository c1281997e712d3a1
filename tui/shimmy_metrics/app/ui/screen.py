"""The frame that all screens share: head, page, drawer, buttons; the mark, and how the page moves under it."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.geometry import Offset
from textual.reactive import Reactive
from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget

from shimmy_metrics.app.keys import PAGE
from shimmy_metrics.app.ui.buttons import Button, ButtonRow, KeyButton, fitted
from shimmy_metrics.app.ui.explanation import SHORT
from shimmy_metrics.app.ui.frame import rule
from shimmy_metrics.app.ui.layout import Canvas, Content, nearest, pointed, scrolled, stepped
from shimmy_metrics.app.ui.lines import COMPONENTS, Lines
from shimmy_metrics.app.ui.places import Places, drawer_rows, heading
from shimmy_metrics.app.ui.resizing import outdated
from shimmy_metrics.app.ui.text import BLANK, Line, line, marked, wrapped

if TYPE_CHECKING:
    from shimmy_metrics.app.app import ShimmyApp


class BaseScreen(Screen[None]):
    """A screen of the app. A subclass says what its page, its drawer and its buttons are."""

    AUTO_FOCUS = ""
    COMPONENT_CLASSES: ClassVar[set[str]] = set(COMPONENTS)
    BINDINGS: ClassVar[list[BindingType]] = [*PAGE]
    MODE: ClassVar[str] = ""
    """Which of the four it is; empty for a page of its own."""

    # As shipped, a change of focus paints the whole screen again: 2,900 bytes instead of 200.
    focused: Reactive[Widget | None] = Reactive(None, repaint=False)

    def __init__(self) -> None:
        super().__init__()
        # It brings no styles of its own: as shipped, every style sheet is read again when a screen is first shown.
        self._css_update_count = 0
        self.mark = ""
        self.search = ""
        """What the page is searched for, if it can be."""
        self.more = False
        self._top = 0
        self._said = ""
        self._resumed = False
        self._following: Timer | None = None

    # --- what a subclass says -----------------------------------------------------------------------------------

    def content(self, canvas: Canvas) -> Content:
        """Return what is shown."""
        raise NotImplementedError

    def explained(self, canvas: Canvas) -> tuple[Line, ...]:
        """Return what the drawer says about the marked line."""
        return ()

    def buttons(self) -> Sequence[Button]:
        """Return this screen's own buttons."""
        return ()

    # --- drawing ------------------------------------------------------------------------------------------------

    @property
    def shimmy(self) -> "ShimmyApp":
        """The app, by its own type."""
        return cast("ShimmyApp", self.app)

    def compose(self) -> ComposeResult:
        """Build the frame's four places, filled and in their size: so the first frame is whole."""
        places = self.places()
        glyphs = self.shimmy.glyphs
        yield Lines.standing(glyphs, places.head, id="head")
        yield Lines(glyphs, places.content, id="page")
        yield Lines.standing(glyphs, places.drawer, id="drawer")
        yield self.button_row()

    def button_row(self) -> ButtonRow:
        """Return the bottom row."""
        return ButtonRow(self.shimmy.glyphs, self.buttons(), self.shimmy.common_acts())

    async def on_screen_resume(self, event: events.ScreenResume) -> None:
        """Show what changed while another screen was in front."""
        # What was just mounted has its styles: as shipped, each widget takes them once more before it is first drawn.
        event.refresh_styles = self._resumed
        self._resumed = True
        await self.draw()

    def on_screen_suspend(self) -> None:
        """Forget what was said here: it was about then."""
        self._said = ""

    async def on_resize(self, event: events.Resize) -> None:
        """Draw for the new size."""
        if not outdated(event, self):
            await self.draw()

    def _compositor_refresh(self) -> None:
        # As shipped, what is drawn while the app holds drawing back is drawn all the same, and thrown away.
        if not self.app._batch_count:  # noqa: SLF001 - nothing public tells
            super()._compositor_refresh()

    async def draw(self) -> None:
        """Draw what there is now, unless the end has come: Textual takes the widgets away while messages still come."""
        if self.app.is_running and self.is_running and self in self.app.screen_stack:
            await self.fill()

    async def fill(self) -> None:
        """Fill the frame's places. Only rows that differ reach the terminal."""
        places = self.places()
        self.query_one("#head", Lines).stand(places.head)
        self.query_one("#drawer", Lines).stand(places.drawer)
        self.query_one("#page", Lines).show(places.content)
        await self.query_one(ButtonRow).show(*fitted(self.shimmy.canvas(), self.buttons(), self.shimmy.common_acts()))
        if self.focused is None and self.is_active:  # a question in front has the cursor
            self.shimmy.place_cursor(Offset(0, places.row))

    def places(self) -> Places:
        """Return what stands where. The mark goes to what is nearest to it, and stays in view."""
        canvas = self.shimmy.canvas()
        content = self.content(canvas)
        self.mark = nearest(content, self.mark)
        self.remember_mark()
        head = self._head(canvas, content)
        if self._following is None or self._said:
            drawer = self._drawer(canvas, len(head))
        else:
            drawer = self.query_one("#drawer", Lines).lines
        height = self.rows_for_page(canvas, len(head), len(drawer))
        self._top = scrolled(content, self.mark, self._top, height)
        shown = content.rows[self._top : self._top + height]
        glyphs = self.shimmy.glyphs
        lines = tuple(marked(row.line, glyphs) if row.key and row.key == self.mark else row.line for row in shown)
        if drawer:
            unseen = len(content.rows) - height
            place = f"{self._top + 1}-{self._top + len(shown)} of {len(content.rows)}" if unseen > 0 else ""
            if self.more and not self._said and self._overflows(canvas, len(head)):
                place = f"{canvas.keys.of('page.explain')}: all of it"
            drawer = (rule(canvas, more=place), *drawer[1:])
        row = next((index for index, each in enumerate(shown) if each.key and each.key == self.mark), 0)
        return Places(head, lines, drawer, len(head) + row)

    def rows_for_page(self, canvas: Canvas, head: int, drawer: int) -> int:
        """Return how many rows are left for the page."""
        return max(canvas.height - head - drawer - 1, 0)

    def _head(self, canvas: Canvas, content: Content) -> tuple[Line, ...]:
        return heading(canvas, self.shimmy.overview, self.MODE, self.title or "", content.head)

    def _drawer(self, canvas: Canvas, head: int) -> tuple[Line, ...]:
        if not self._said:
            return self.drawer(canvas, head)
        said = tuple(each for part in self._said.splitlines() for each in wrapped(part, canvas.width))
        told = said if canvas.low else (*said, *(BLANK,) * (SHORT - len(said)))
        return (line(), *told)[: max(drawer_rows(canvas, head), min(len(said) + 1, canvas.height - 3))]

    def drawer(self, canvas: Canvas, head: int) -> tuple[Line, ...]:
        """Return the drawer where nothing is said: a row for its rule, and the marked line explained."""
        if canvas.low and not self.more:
            return ()
        known = self.explained(canvas)
        told = known if self.more else known[:SHORT]
        told = (*told, *(BLANK,) * (SHORT - len(told)))
        return (line(), *told)[: drawer_rows(canvas, head)]

    # --- what people do -----------------------------------------------------------------------------------------

    async def give_up_search(self) -> None:
        """Show everything again."""
        self.search = ""
        await self.draw()

    async def say(self, sentence: str) -> None:
        """Say a sentence in the drawer, until the mark moves."""
        self._said = sentence
        await self.draw()

    async def on_click(self, event: events.Click) -> None:
        """Move the mark to the clicked line and explain it; on the marked line, do what Enter does."""
        place = next(
            (each.region for each in self.query("#page") if each.region.contains_point(event.screen_offset)), None
        )
        content = self.content(self.shimmy.canvas())
        key = pointed(content, self._top + event.screen_offset.y - place.y) if place else ""
        if not key:
            return
        if key == self.mark:
            await self.run_action("explain")
            return
        self.leave_mark()
        self._said = ""
        self.set_focus(None)
        self.mark = key
        self.more = self.more or self.shimmy.canvas().low  # the drawer is not there by itself then
        self._explain_now()
        await self.draw()

    def leave_mark(self) -> None:
        """Let go of what the mark stands on: a person moves it."""

    def remember_mark(self) -> None:
        """Tell the app what the mark stands on; a screen with marks of its own keeps them."""

    async def action_step(self, by: int) -> None:
        """Move the mark. A button that has the focus gives it back, so that Enter opens the marked line again."""
        self.leave_mark()
        self._said = ""
        self.set_focus(None)
        canvas = self.shimmy.canvas()
        content = self.content(canvas)
        if content.keys:
            self.mark = stepped(content, self.mark, by)
        else:
            self._top = max(self._top + by, 0)
        self._explain_soon()
        await self.draw()

    def _explain_soon(self) -> None:
        """Let the drawer follow the mark once no key came for a while: a key that is held down stays cheap."""
        self._explain_now()
        if self.shimmy.EXPLAIN_SECONDS:
            self._following = self.set_timer(self.shimmy.EXPLAIN_SECONDS, self._follow)

    def _explain_now(self) -> None:
        if self._following is not None:
            self._following.stop()
            self._following = None

    async def _follow(self) -> None:
        self._explain_now()
        await self.draw()

    async def action_leaf(self, by: int) -> None:
        """Move the mark by a page."""
        height = max(self.query_one("#page", Lines).size.height, 1)
        await self.action_step(by * max(height - 1, 1))

    async def action_ends(self, by: int) -> None:
        """Move the mark to the first or the last line."""
        await self.action_step(by * int(math.pow(10, 6)))

    async def action_explain(self) -> None:
        """Show all that is known about the marked line, or put it away again. What the drawer cuts has a page."""
        self._said = ""
        self._explain_now()
        canvas = self.shimmy.canvas()
        if self._overflows(canvas, len(self._head(canvas, self.content(canvas)))):
            from shimmy_metrics.app.screens.explanation.screen import ExplanationScreen

            await self.shimmy.push_screen(ExplanationScreen(self))
            return
        self.more = not self.more
        await self.draw()

    def _overflows(self, canvas: Canvas, head: int) -> bool:
        return len(self.all_known(canvas)) > max(drawer_rows(canvas, head) - 1, 0)

    def all_known(self, canvas: Canvas) -> tuple[Line, ...]:
        """Return all that is known about the marked line, whether or not the drawer is open."""
        before, self.more = self.more, True
        try:
            return self.explained(canvas)
        finally:
            self.more = before

    async def action_button(self, by: int) -> None:
        """Focus the button beside, and after the last one the page again."""
        chain = self.focus_chain
        outside = -1 if by > 0 else len(chain)
        place = by + (chain.index(self.focused) if self.focused in chain else outside)
        neighbour = chain[place] if 0 <= place < len(chain) else None
        self.set_focus(neighbour)
        # At once, so that the cursor comes with the frame that shows the focus.
        if neighbour is None:
            await self.draw()
        else:
            self.shimmy.place_cursor(neighbour.region.offset)

    @on(KeyButton.Pressed)
    async def press(self, event: KeyButton.Pressed) -> None:
        """Do what the button says."""
        event.stop()
        await self.run_action(event.act.action)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Put the terminal's cursor on what has the focus: screen readers follow it."""
        self.shimmy.place_cursor(event.widget.region.offset)

    async def on_descendant_blur(self) -> None:
        """Put the cursor back to the mark."""
        if self.focused is None:
            await self.draw()
