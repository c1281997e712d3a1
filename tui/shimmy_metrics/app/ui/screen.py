"""The base class of the screens: the head, the content with its mark, the drawer, the buttons."""

from collections.abc import Callable, Sequence
from typing import ClassVar, Final

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.geometry import Offset
from textual.screen import Screen

from shimmy_metrics.app.host import Host, overview_on
from shimmy_metrics.app.keys import PAGE, Button
from shimmy_metrics.app.ui.bottom_row import BottomRow, fit_buttons
from shimmy_metrics.app.ui.debounce import Debounce
from shimmy_metrics.app.ui.frame import (
    FrameRows,
    content_height,
    explanation_drawer,
    heading,
    notice_drawer,
    overflows,
    rule,
)
from shimmy_metrics.app.ui.key_button import KeyButton
from shimmy_metrics.app.ui.layout import Canvas, Content, in_view, key_at, nearest, scroll_to, side_by_side, step_to
from shimmy_metrics.app.ui.lines import COMPONENTS, Lines
from shimmy_metrics.app.ui.notice import Notice
from shimmy_metrics.app.ui.resizing import is_outdated
from shimmy_metrics.app.ui.shared_field import SharedField
from shimmy_metrics.app.ui.text import Line

_EVERYTHING: Final = 1_000_000
"""More lines than any content has."""


class BaseScreen(Screen[None]):
    """A screen of the app. A subclass defines its content, its buttons, and what the drawer explains.

    `mode` is the tab that is open, empty for a screen without one. `field`: the mark is shared with other screens.
    `EXPLAINS`: the marked line is explained, in the drawer or, where it is wide, beside the list.
    """

    EXPLAINS: ClassVar[bool] = False
    BOTTOM_ROW: ClassVar[type[BottomRow]] = BottomRow

    AUTO_FOCUS = ""
    COMPONENT_CLASSES: ClassVar[set[str]] = set(COMPONENTS)
    BINDINGS: ClassVar[list[BindingType]] = [*PAGE]

    def __init__(self, host: Host, *, mode: str = "", field: SharedField | None = None) -> None:
        super().__init__()
        # It has no styles of its own; Textual reads every style sheet again when a screen is first shown.
        self._css_update_count = 0
        self.host = host
        self.mark = ""
        """The key of the marked row."""
        self.step_back: Callable[[], None] | None = None
        """What going back does here before it leaves the screen, None where it leaves it."""
        self.expanded = False
        """Whether the drawer shows all that it has."""
        self.labels: dict[str, str] = {}
        """What keys do here now, by id, where that is told more exactly than for every state."""
        self._mode = mode
        self._field = field
        self._top = 0
        self._beside: tuple[Line, ...] = ()
        self.notice = Notice()
        """What is said until the mark moves."""
        self._resumed = False
        self._explain = Debounce(self.set_timer, self.draw)

    # --- what a subclass defines --------------------------------------------------------------------------------

    def content(self, canvas: Canvas) -> Content:
        """Return what is shown."""
        raise NotImplementedError

    def explained(self, canvas: Canvas, *, expanded: bool) -> tuple[Line, ...]:
        """Return the explanation of the marked line: the three lines that matter most, or all if `expanded`."""
        return ()

    def drawer(self, canvas: Canvas, head: int) -> tuple[Line, ...]:
        """Return the drawer below `head` rows while there is no message."""
        explained = self.explained(canvas, expanded=self.expanded)
        return explanation_drawer(canvas, head, explained, expanded=self.expanded)

    def buttons(self) -> Sequence[Button]:
        """Return this screen's own buttons."""
        return ()

    def common_buttons(self) -> Sequence[Button]:
        """Return the buttons at the right."""
        return common_buttons(self.host)

    # --- drawing ------------------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """Build the frame with its content and size, so that the first frame is complete."""
        rows, glyphs = self.frame_rows(), self.host.glyphs
        yield Lines.of_height(glyphs, rows.head, id="head")
        yield Lines(glyphs, rows.content, id="page")
        yield Lines.of_height(glyphs, rows.drawer, id="drawer")
        yield self.BOTTOM_ROW(glyphs, self.buttons(), self.common_buttons())

    async def on_screen_resume(self, event: events.ScreenResume) -> None:
        """Show what has changed while another screen was in front."""
        # Widgets that have just been mounted have their styles; Textual would apply them once more.
        event.refresh_styles = self._resumed
        self._resumed = True
        await self.draw()

    def on_screen_suspend(self) -> None:
        """Drop what belongs to the time before: the notice, and the explanation that was opened."""
        self.notice, self.expanded = Notice(), False

    async def on_resize(self, event: events.Resize) -> None:
        """Draw for the new size."""
        if not is_outdated(event, self):
            await self.draw()

    def _compositor_refresh(self) -> None:
        # Textual renders even inside a batch and discards the result; skip that.
        if not self.app._batch_count:  # noqa: SLF001 - nothing public tells
            super()._compositor_refresh()

    async def draw(self) -> None:
        """Draw what there is now; not at the end, when messages still come after the widgets have gone."""
        if self.app.is_running and self.is_running and self in self.app.screen_stack:
            await self.fill()

    async def fill(self) -> None:
        """Fill the frame's places."""
        rows = self.frame_rows()
        self.query_one("#head", Lines).show_all(rows.head)
        self.query_one("#drawer", Lines).show_all(rows.drawer)
        self.query_one("#page", Lines).show(rows.content)
        await self.query_one(BottomRow).show(*fit_buttons(self.host.canvas(), self.buttons(), self.common_buttons()))
        if self.focused is None and self.is_active:  # a dialog in front has the cursor
            self.host.place_cursor(Offset(0, rows.cursor))

    def frame_rows(self) -> FrameRows:
        """Return what stands where. The mark moves to what is nearest to it, and stays in view."""
        canvas = _canvas(self)
        self.notice = self.notice.after(self.host.input_guard.count)
        shared = self._field if self.is_current else None
        mark = shared.mark(self.mark) if shared is not None else self.mark
        content = self.content(canvas)
        self.mark = nearest(content, mark)
        if shared is not None:
            shared.keep(self.mark)
        whole = canvas.across
        head = heading(whole, overview_on(self.host, self._mode), self._mode, self.title or "", content.head)
        unread = False
        if self.notice.text:
            drawer, unread = notice_drawer(whole, len(head), self.notice)
        elif self._explain.waiting:
            drawer = self.query_one("#drawer", Lines).lines
        else:
            drawer = self.drawer(canvas, len(head))
        height = content_height(canvas, len(head), len(drawer))
        self._top = scroll_to(content, self.mark, self._top, height)
        lines, place, marked = in_view(canvas, content, self.mark, self._top, height)
        if drawer:
            if unread:
                place = f"{canvas.keys.of('page.leaf-down').lower()}: more"
            elif self.expanded and not (self.notice.text or canvas.beside):
                more = overflows(canvas, len(head), self.explained(canvas, expanded=True))
                place = f"{canvas.keys.of('page.explain')}: all of it" if more else place
            drawer = (rule(whole, more=place), *drawer[1:])
        if canvas.beside:
            if not self._explain.waiting:
                self._beside = self.explained(canvas.explanation, expanded=True)
            lines = side_by_side(canvas, lines, self._beside, height)
        return FrameRows(head, lines, drawer, len(head) + marked, unread)

    async def show_message(self, sentence: str, *, briefly: bool = False) -> None:
        """Show a sentence in the drawer, until the mark moves, or only until the next key."""
        self.notice = Notice(sentence, keys=self.host.input_guard.count if briefly else None)
        await self.draw()

    # --- what people do -----------------------------------------------------------------------------------------

    async def on_click(self, event: events.Click) -> None:
        """Move the mark to the clicked line and explain it; on the marked line, do what Enter does."""
        canvas, place = _canvas(self), event.screen_offset
        region = next((each.region for each in self.query("#page") if each.region.contains_point(place)), None)
        if region is None or place.x >= canvas.width:
            return
        key = key_at(self.content(canvas), self._top + place.y - region.y)
        if not key:
            return
        if key == self.mark:
            await self.run_action("explain")
            return
        self._leave_line()
        self.mark = key
        self.expanded = self.expanded or canvas.low  # the drawer is not there by itself then
        self._explain.cancel()
        await self.draw()

    def _leave_line(self) -> None:
        """Drop what belongs to the marked line, and the focus, so that Enter opens the next marked line."""
        if self._field is not None:
            self._field.release()
        self.notice = Notice()
        self.set_focus(None)

    async def action_step(self, by: int) -> None:
        """Move the mark. The drawer follows once no key came for a while: a key that is held down stays cheap."""
        self._leave_line()
        content = self.content(_canvas(self))
        if content.keys:
            self.mark = step_to(content, self.mark, by)
        else:
            self._top = max(self._top + by, 0)
        self._explain.restart(self.host.EXPLAIN_SECONDS)
        await self.draw()

    async def action_page(self, by: int) -> None:
        """Move the mark by as many lines as are shown; a notice of which not all is in view comes first."""
        if by > 0 and self.frame_rows().unread:
            self.notice = self.notice.turned(max(self.query_one("#drawer").size.height - 1, 1))
            await self.draw()
            return
        await self.action_step(by * max(self.query_one("#page", Lines).size.height - 1, 1))

    async def action_edge(self, by: int) -> None:
        """Move the mark to the first or the last line."""
        await self.action_step(by * _EVERYTHING)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether something is marked of which more is known: the list of keys names no key that does nothing."""
        if action == "explain":
            return bool(self.explained(_canvas(self), expanded=True))
        return super().check_action(action, parameters)

    async def action_explain(self) -> None:
        """Show all that is known about the marked line, or put it away. What the drawer cuts has its own screen."""
        self.notice = Notice()
        self._explain.cancel()
        canvas, shown = _canvas(self), overview_on(self.host, self._mode)
        head = heading(canvas.across, shown, self._mode, self.title or "", self.content(canvas).head)
        explained = self.explained(canvas.explanation, expanded=True)
        if canvas.beside and 0 < len(explained) <= self.query_one("#page").size.height:
            await self.show_message("All of it stands beside the list.")
            return
        if explained and (canvas.beside or overflows(canvas, len(head), explained)):
            await self.host.open_explanation(lambda canvas: self.explained(canvas, expanded=True))
            return
        self.expanded = not self.expanded
        await self.draw()

    async def action_button(self, by: int) -> None:
        """Focus the next button or the one before; after the last one, the content again."""
        chain = self.focus_chain
        outside = -1 if by > 0 else len(chain)
        place = by + (chain.index(self.focused) if self.focused in chain else outside)
        neighbour = chain[place] if 0 <= place < len(chain) else None
        self.set_focus(neighbour)
        # At once, so that the cursor moves with the frame that shows the focus.
        if neighbour is None:
            await self.draw()
        else:
            self.host.place_cursor(neighbour.region.offset)

    @on(KeyButton.Pressed)
    async def press(self, event: KeyButton.Pressed) -> None:
        """Run the button's action."""
        event.stop()
        await self.run_action(event.button.action)

    @on(events.DescendantFocus)
    @on(events.DescendantBlur)
    async def follow_focus(self, event: events.DescendantFocus | events.DescendantBlur) -> None:
        """Move the terminal's cursor to what has the focus, or back to the mark: screen readers follow it."""
        if isinstance(event, events.DescendantFocus):
            self.host.place_cursor(event.widget.region.offset)
        elif self.focused is None:
            await self.draw()


def _canvas(screen: BaseScreen) -> Canvas:
    """Return the canvas of a screen's list."""
    canvas = screen.host.canvas()
    return canvas.with_explanation() if screen.EXPLAINS else canvas


def common_buttons(host: Host) -> Sequence[Button]:
    """Return the five buttons that are the same on every screen."""
    screens = [each for each in host.screen_stack if isinstance(each, BaseScreen)]
    leaving = "Back" if len(screens) > 1 or any(each.step_back for each in screens) else "Quit"
    buttons = (
        host.keys.button("app.consent", "Consent"),
        host.keys.button("app.export", "Export"),
        host.keys.button("app.validate", "Leak scan"),
        host.keys.button("app.keys", "Keys"),
        host.keys.button("app.back", leaving),
    )
    return buttons if host.canvas().labelled else [each._replace(label="") for each in buttons]
