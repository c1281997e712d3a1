"""The screens History, and one receipt with its bytes."""

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from textual.binding import BindingType

from shimmy_metrics.app.keys import RECEIPTS
from shimmy_metrics.app.lines import BLANK, Line, at, muted, placed, strong, to, wrapped
from shimmy_metrics.app.pages.canvas import Canvas, Page
from shimmy_metrics.app.pages.history import explained, history_page, note_told, receipt_of
from shimmy_metrics.app.pages.outgoing import View, report_page
from shimmy_metrics.app.pages.report import Base, Lens, sums
from shimmy_metrics.app.screens.base import Frame
from shimmy_metrics.app.screens.report import ReportFrame
from shimmy_metrics.app.widgets.buttons import Act
from shimmy_metrics.records import Pending, Receipt, Wait
from shimmy_metrics.report.bodies import split
from shimmy_metrics.report.seal import digest


class HistoryScreen(Frame):
    """What left, when, and whether it was taken."""

    MODE = "history"
    BINDINGS: ClassVar[list[BindingType]] = [*RECEIPTS]

    def __init__(self) -> None:
        super().__init__()
        self._drawn: tuple[object, ...] = ()
        self._page = Page((), ())

    def page(self, canvas: Canvas) -> Page:
        """Return the list of receipts; a thousand take 27 ms, so it is made again only where something changed."""
        overview, base = self.shimmy.overview, self.shimmy.base
        receipts = (overview.receipts, overview.broken_receipts) if overview else None
        drawn = (receipts, base, canvas._replace(now=canvas.now.min))
        if drawn != self._drawn:
            self._drawn = drawn
            self._page = history_page(canvas, overview, base.id if base else 0)
        return self._page

    def receipt(self) -> Receipt | None:
        """Return the receipt that is marked."""
        return receipt_of(self.shimmy.overview, self.mark)

    def explained(self, canvas: Canvas) -> tuple[Line, ...]:
        """Return the proof: where to, the digest, and whether the bytes have it."""
        receipt, overview = self.receipt(), self.shimmy.overview
        if receipt is None or overview is None:
            return ()
        return explained(canvas, receipt, broken=receipt.id in overview.broken_receipts)

    def acts(self) -> Sequence[Act]:
        """Return open and base, where there is a receipt."""
        if not self.receipt():
            return ()
        return (
            self.shimmy.act("page.explain", "Open"),
            self.shimmy.act("history.base", "Base"),
            self.shimmy.act("history.delete", "Delete all"),
        )

    async def action_explain(self) -> None:
        """Open the marked receipt; of a note say what it is."""
        receipt = self.receipt()
        if receipt is not None and not receipt.body:
            await self.say(note_told(receipt))
        elif receipt is not None:
            base = self.shimmy.base
            await self.shimmy.push_screen(ReceiptScreen(receipt, compared=base is not None and base.id != receipt.id))

    def action_delete(self) -> None:
        """Ask whether all receipts may be deleted."""
        overview = self.shimmy.overview
        if overview is not None and overview.receipts:
            self.shimmy.ask_to_delete_receipts(overview.receipts)

    async def action_base(self) -> None:
        """Compare other reports with this one, or no longer."""
        receipt = self.receipt()
        if receipt is None:
            return
        if not receipt.body:
            await self.say("A note holds no bytes, so nothing can be compared with it.")
            return
        chosen = self.shimmy.base is None or self.shimmy.base.id != receipt.id
        self.shimmy.base = receipt if chosen else None
        outgoing = self.shimmy.keys.of("app.outgoing")
        other = f"Other reports are compared with this one now; open one, or go to {outgoing}."
        await self.say(other if chosen else "Reports are compared with the one before again.")


class ReceiptScreen(ReportFrame):
    """What was sent then, byte for byte."""

    TITLE = "A receipt"

    def __init__(self, receipt: Receipt, *, compared: bool = False) -> None:
        """Open on the bytes, or, `compared` with a base that was chosen, on what differs."""
        super().__init__()
        self._receipt = receipt
        self._reports = split(receipt.body)
        self.view = View(lens=Lens.SINCE if compared else Lens.WIRE)

    def report(self) -> Pending:
        """Return the report of the receipt that is shown."""
        body = self._reports[min(self.view.index, len(self._reports) - 1)]
        return Pending(0, "", body, digest(body), self._receipt.at, Wait.DUE)

    def how_many(self) -> int:
        """Return how many reports went in one request."""
        return len(self._reports)

    def base(self) -> Base | None:
        """Return the chosen base, else the delivery before this one."""
        chosen = self.shimmy.chosen_base()
        overview = self.shimmy.overview
        if chosen is not None or overview is None:
            return chosen
        older = next((each for each in overview.deliveries if each.id < self._receipt.id), None)
        return Base(f"sent {self.shimmy.canvas().day(older.at)}", split(older.body)[-1]) if older else None

    def page(self, canvas: Canvas) -> Page:
        """Return the report through the chosen lens, below what became of it."""
        overview = self.shimmy.overview
        if overview is None:
            return Page((), ())
        receipt, number = self._receipt, len(self._reports)
        when = f"{canvas.day(receipt.at)}, {canvas.clock(receipt.at)}"
        sentence = placed(
            canvas.width,
            at(1, strong(f"Sent {when}. Answer {receipt.status}.")),
            to(canvas.width - 1, muted(f"{len(receipt.body):,} bytes"), note=True),
        )
        under: Line = BLANK
        base = self.base()
        if self.view.lens is Lens.SINCE and base is not None:
            under = placed(canvas.width, at(1, sums(base, self.report().body)))
        elif number > 1:
            place = f"Report {min(self.view.index, number - 1) + 1} of {number} in one request of sha256 "
            under = placed(canvas.width, at(1, muted(f"{place}{receipt.sha256[:16]}{canvas.signs.cut}")))
        standing = replace(overview.standing, endpoint=receipt.endpoint)
        page = report_page(
            canvas,
            (sentence, under),
            self.report(),
            view=self.view,
            base=base,
            overview=overview._replace(standing=standing),
        )
        if self.view.lens is Lens.MEASURED:
            gone = wrapped("What was measured goes when a report is delivered; the bytes alone stay.", canvas.width)
            return Page((*page.head[:-1], *gone), page.rows)
        return page

    def acts(self) -> Sequence[Act]:
        """Return copy."""
        return (self.shimmy.act("report.copy", "Copy"),)
