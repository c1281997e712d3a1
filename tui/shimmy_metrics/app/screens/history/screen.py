"""The screens History, and one receipt with its bytes."""

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from textual.binding import BindingType

from shimmy_metrics.app.keys import RECEIPTS
from shimmy_metrics.app.screens.history.view import entry_of, explained, history_view
from shimmy_metrics.app.screens.outgoing.view import Selection, report_view
from shimmy_metrics.app.screens.report.screen import ReportFrame
from shimmy_metrics.app.screens.report.subject import Subject, parts
from shimmy_metrics.app.screens.report.view import Baseline, View, sums
from shimmy_metrics.app.ui.buttons import Button
from shimmy_metrics.app.ui.layout import Canvas, Content, headline
from shimmy_metrics.app.ui.screen import BaseScreen
from shimmy_metrics.app.ui.text import BLANK, Line, at, muted, placed, strong, to, wrapped
from shimmy_metrics.records import Departure, Entry, QueuedReport, QueueState
from shimmy_metrics.report.bodies import split
from shimmy_metrics.report.seal import digest
from shimmy_metrics.wording.departures import became, sentence


class HistoryScreen(BaseScreen):
    """What left, when, and whether it was taken."""

    MODE = "history"
    BINDINGS: ClassVar[list[BindingType]] = [*RECEIPTS]

    def __init__(self) -> None:
        super().__init__()
        self._drawn: tuple[object, ...] = ()
        self._page = Content((), ())

    def content(self, canvas: Canvas) -> Content:
        """Return the list of entries; a thousand take 27 ms, so it is made again only where something changed."""
        overview, base = self.shimmy.overview, self.shimmy.base
        known = (overview.entries, overview.broken) if overview else None
        drawn = (known, base, canvas._replace(now=canvas.now.min))
        if drawn != self._drawn:
            self._drawn = drawn
            self._page = history_view(canvas, overview, base.row_id if base else 0)
        return self._page

    def entry(self) -> Entry | None:
        """Return the entry that is marked."""
        return entry_of(self.shimmy.overview, self.mark)

    def receipt(self) -> Departure | None:
        """Return the marked entry where its bytes are kept."""
        entry = self.entry()
        return entry if isinstance(entry, Departure) and entry.body else None

    def explained(self, canvas: Canvas) -> tuple[Line, ...]:
        """Return what became of it, the digest, and the proof or what comes next."""
        entry, overview = self.entry(), self.shimmy.overview
        if entry is None or overview is None:
            return ()
        return explained(canvas, overview, entry)

    def buttons(self) -> Sequence[Button]:
        """Return open and base, where there is a receipt; of another entry the way to all that is known of it."""
        if not self.receipt():
            return (self.shimmy.act("page.explain", "More"),) if self.entry() else ()
        return (
            self.shimmy.act("page.explain", "Open"),
            self.shimmy.act("history.base", "Base"),
            self.shimmy.act("history.delete", "Delete all"),
        )

    async def action_explain(self) -> None:
        """Open the marked receipt; of other entries say all that is known."""
        receipt = self.receipt()
        if receipt is None:
            await super().action_explain()
        else:
            base = self.shimmy.base
            await self.shimmy.push_screen(
                ReceiptScreen(receipt, compared=base is not None and base.row_id != receipt.row_id)
            )

    async def action_delete(self) -> None:
        """Ask whether the bytes of all receipts may be deleted."""
        overview = self.shimmy.overview
        kept = [each for each in overview.receipts if each.body] if overview else []
        if kept:
            self.shimmy.ask_to_delete_receipts(kept)
        else:
            await self.say("No receipt is kept here, so there is nothing to delete.")

    async def action_base(self) -> None:
        """Compare other reports with this one, or no longer."""
        receipt = self.receipt()
        if receipt is None:
            await self.say("No bytes of this one are kept, so nothing can be compared with it.")
            return
        chosen = self.shimmy.base is None or self.shimmy.base.row_id != receipt.row_id
        self.shimmy.base = receipt if chosen else None
        outgoing = self.shimmy.keys.of("app.outgoing")
        other = f"Other reports are compared with this one now; open one, or go to {outgoing}."
        await self.say(other if chosen else "Reports are compared with the one before again.")


class ReceiptScreen(ReportFrame):
    """What was sent then, byte for byte: the request, and each report in it."""

    TITLE = "A receipt"

    def __init__(self, receipt: Departure, *, compared: bool = False) -> None:
        """Open on the bytes, or, `compared` with a base that was chosen, on what differs."""
        super().__init__()
        self._receipt = receipt
        self._parts = parts(receipt.body, [_report(receipt, body) for body in split(receipt.body)])
        self.selection = Selection(view=View.SINCE if compared else View.WIRE)

    def subject(self) -> Subject:
        """Return what of the receipt is shown."""
        return self._parts[min(self.selection.index, len(self._parts) - 1)]

    def how_many(self) -> int:
        """Return how many there are to walk: the request, and each report where there are several."""
        return len(self._parts)

    async def open_part(self, number: int) -> None:
        """Show one report of the request."""
        await self.change_view(replace(self.selection, index=number))

    def base(self) -> Baseline | None:
        """Return the chosen base, else the receipt before this one."""
        chosen = self.shimmy.chosen_baseline()
        overview = self.shimmy.overview
        if chosen is not None or overview is None:
            return chosen
        kept = (each for each in overview.receipts if each.body and each.row_id < self._receipt.row_id)
        older = next(kept, None)
        return Baseline(f"sent {self.shimmy.canvas().day(older.begun)}", split(older.body)[-1]) if older else None

    def headers_told(self) -> tuple[str, ...]:
        """Return what is said of headers: of a request that was made its body is kept alone."""
        return ("Of what was sent the body is kept, and not the headers.",)

    def content(self, canvas: Canvas) -> Content:
        """Return the request or the report through the chosen lens, below what became of it."""
        overview = self.shimmy.overview
        if overview is None:
            return Content((), ())
        receipt, subject, number = self._receipt, self.subject(), len(self._parts) - 1
        told = sentence(became(receipt, canvas.now, canvas.zone))
        size = f"{len(receipt.body):,} bytes"
        head = headline(canvas, told, to(canvas.width - 1, muted(size), note=True))
        under: Line = BLANK
        base = self.base() if subject.report else None
        if self.selection.view is View.SINCE and base is not None:
            under = placed(canvas.width, at(1, sums(base, subject.body)))
        elif number > 0:
            place = (
                f"Report {self.selection.index} of {number} in this request"
                if self.selection.index
                else "The request, whole"
            )
            size = f"{len(subject.body):,} bytes" if self.selection.index else ""
            walk = muted(f"{canvas.keys.pair('page.before', 'page.beside')} {self.selection.index + 1} of {number + 1}")
            under = placed(canvas.width, at(1, muted(place), "  ", strong(size)), to(canvas.width - 1, walk, note=True))
        content = report_view(
            canvas,
            (*head, under),
            subject,
            selection=self.selection,
            base=base,
            overview=overview,
            sent_to=receipt.endpoint,
        )
        if self.selection.view is View.MEASURED and subject.report:
            gone = wrapped("What was measured goes when a report is delivered; the bytes alone stay.", canvas.width)
            return Content((*content.head[:-1], *gone), content.rows)
        return content

    def buttons(self) -> Sequence[Button]:
        """Return copy."""
        return (self.shimmy.act("report.copy", "Copy"),)


def _report(receipt: Departure, body: bytes) -> QueuedReport:
    """Return one report of a receipt as the lenses take it."""
    return QueuedReport(0, "", body, digest(body), receipt.begun, QueueState.DUE)
