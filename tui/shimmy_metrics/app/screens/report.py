"""What the screens of one report share: three lenses, raw bytes, copying."""

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from textual.binding import BindingType

from shimmy_metrics.app.keys import BESIDE, LENSES
from shimmy_metrics.app.lines import Line, wrapped
from shimmy_metrics.app.pages.canvas import Canvas
from shimmy_metrics.app.pages.outgoing import View
from shimmy_metrics.app.pages.report import Base, Lens
from shimmy_metrics.app.pages.values import values
from shimmy_metrics.app.screens.field import FieldFrame
from shimmy_metrics.records import Pending
from shimmy_metrics.wording import HEADERS, YOUR_ADDRESS


class ReportFrame(FieldFrame):
    """A screen that shows one of several reports."""

    BINDINGS: ClassVar[list[BindingType]] = [*LENSES, *BESIDE]

    def __init__(self) -> None:
        super().__init__()
        self.view = View()
        self._moved = False

    def report(self) -> Pending | None:
        """Return the report that is shown."""
        raise NotImplementedError

    def how_many(self) -> int:
        """Return how many reports `[` and `]` walk."""
        raise NotImplementedError

    def base(self) -> Base | None:
        """Return what it is compared with."""
        raise NotImplementedError

    def values(self) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """Return this report's values, and what was measured for it."""
        report = self.report()
        return (values(report.body), report.measured) if report else ({}, {})

    def leave_mark(self) -> None:
        """Note that from now on the mark stands where a person put it."""
        self._moved = True
        super().leave_mark()

    def remember_mark(self) -> None:
        """Take along what a person marked: by itself the mark is on the first bytes, which Fields has last."""
        if self._moved:
            super().remember_mark()

    def own_explanation(self, canvas: Canvas) -> tuple[Line, ...]:
        """Return what there is to say about the raw request."""
        if not self.view.unbroken:
            return ()
        return tuple(each for told in (HEADERS, YOUR_ADDRESS) for each in wrapped(told, canvas.width))

    async def change_view(self, view: View) -> None:
        """Look at it in another way; the mark stays on the same field."""
        self.view = view
        self._said = ""
        await self.draw()

    async def action_lens(self, lens: str) -> None:
        """Open a lens by its name."""
        await self.change_view(replace(self.view, lens=Lens(lens), unbroken=False))

    async def action_turn(self, by: int) -> None:
        """Open the lens beside this one."""
        every = list(Lens)
        place = max(0, min(every.index(self.view.lens) + by, len(every) - 1))
        await self.change_view(replace(self.view, lens=every[place], unbroken=False))

    async def action_beside(self, by: int) -> None:
        """Show the report beside this one."""
        place = max(0, min(self.view.index + by, self.how_many() - 1))
        await self.change_view(replace(self.view, index=place))

    async def action_same(self) -> None:
        """Show the fields that did not change, or put them away."""
        await self.change_view(replace(self.view, lens=Lens.SINCE, same=not self.view.same, unbroken=False))

    async def action_raw(self) -> None:
        """Show the body unbroken, from any lens; again: cut at its fields."""
        opened = self.view.lens is Lens.WIRE and self.view.unbroken
        await self.change_view(replace(self.view, lens=Lens.WIRE, unbroken=not opened))

    def action_copy(self) -> None:
        """Copy the bytes; the same are saved to a file, since a terminal never says whether it took them."""
        report = self.report()
        if report is not None:
            self.shimmy.ask_to_copy(report)
