"""What the screens of a request or a report share: its lenses, raw bytes, copying."""

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from textual.binding import BindingType

from shimmy_metrics.app.keys import BESIDE, LENSES
from shimmy_metrics.app.screens.outgoing.view import Selection
from shimmy_metrics.app.screens.report.subject import Subject
from shimmy_metrics.app.screens.report.view import TOGETHER, Baseline, View, part_of
from shimmy_metrics.app.ui.field_screen import FieldFrame
from shimmy_metrics.app.ui.layout import Canvas
from shimmy_metrics.app.ui.text import Line, wrapped
from shimmy_metrics.app.ui.values import values
from shimmy_metrics.wording.receiver import HEADERS, YOUR_ADDRESS, connects


class ReportFrame(FieldFrame):
    """A screen that shows one of several requests and reports."""

    BINDINGS: ClassVar[list[BindingType]] = [*LENSES, *BESIDE]

    def __init__(self) -> None:
        super().__init__()
        self.selection = Selection()
        self._moved = False

    def subject(self) -> Subject | None:
        """Return what is shown."""
        raise NotImplementedError

    def how_many(self) -> int:
        """Return how many `[` and `]` walk."""
        raise NotImplementedError

    def base(self) -> Baseline | None:
        """Return what it is compared with."""
        raise NotImplementedError

    async def open_part(self, number: int) -> None:
        """Show one report of the request that is shown, by its number from 1."""
        raise NotImplementedError

    def values(self) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """Return the report's values, and what was measured for it; of several reports the one that is marked."""
        subject = self.subject()
        if subject is None:
            return {}, {}
        number = min(max(part_of(self.mark), 1), len(subject.reports))
        return values(subject.reports[number - 1].body), subject.measured

    def leave_mark(self) -> None:
        """Note that from now on the mark stands where a person put it."""
        self._moved = True
        super().leave_mark()

    def remember_mark(self) -> None:
        """Take along what a person marked: by itself the mark is on the first bytes, which Fields has last."""
        if self._moved:
            super().remember_mark()

    def own_explanation(self, canvas: Canvas) -> tuple[Line, ...]:
        """Return what there is to say about the raw request, or about a report of several."""
        overview = self.shimmy.overview
        if self.selection.unbroken and overview is not None:
            told = (*self.headers_told(), YOUR_ADDRESS)
            return tuple(each for text in told for each in wrapped(text, canvas.width))
        number = part_of(self.mark)
        subject = self.subject()
        if number and subject is not None and self.selection.view is not View.WIRE:
            told = (f"{canvas.keys.of('page.explain')} shows this report alone.",)
            return tuple(each for text in told for each in wrapped(text, canvas.width))
        return ()

    def headers_told(self) -> tuple[str, ...]:
        """Return what is said of the headers that are shown."""
        overview = self.shimmy.overview
        proxy = overview.proxy if overview is not None else ""
        return (f"{HEADERS}{connects(proxy)}",)

    async def change_view(self, selection: Selection) -> None:
        """Look at it in another way; the mark stays on the same field."""
        self.selection = selection
        self._said = ""
        await self.draw()

    async def action_view(self, view: str) -> None:
        """Open a lens by its name."""
        await self.change_view(replace(self.selection, view=View(view), unbroken=False))

    async def action_turn(self, by: int) -> None:
        """Open the lens beside this one."""
        subject = self.subject()
        every = list(View) if subject is None or subject.report else list(TOGETHER)
        here = every.index(self.selection.view) if self.selection.view in every else 0
        place = max(0, min(here + by, len(every) - 1))
        await self.change_view(replace(self.selection, view=every[place], unbroken=False))

    async def action_beside(self, by: int) -> None:
        """Show the request or report beside this one."""
        place = max(0, min(self.selection.index + by, self.how_many() - 1))
        await self.change_view(replace(self.selection, index=place))

    async def action_explain(self) -> None:
        """Open the marked report of a request; else say more about the marked line."""
        subject = self.subject()
        if subject is not None and subject.report is None and self.selection.view is not View.WIRE:
            await self.open_part(part_of(self.mark))
        else:
            await super().action_explain()

    async def action_same(self) -> None:
        """Show the fields that did not change, or put them away."""
        await self.change_view(replace(self.selection, view=View.SINCE, same=not self.selection.same, unbroken=False))

    async def action_raw(self) -> None:
        """Show the body unbroken, from any lens; again: cut at its fields."""
        opened = self.selection.view is View.WIRE and self.selection.unbroken
        await self.change_view(replace(self.selection, view=View.WIRE, unbroken=not opened))

    def action_copy(self) -> None:
        """Copy the bytes; the same are saved to a file, since a terminal never says whether it took them."""
        subject = self.subject()
        if subject is not None:
            self.shimmy.ask_to_copy(subject)
