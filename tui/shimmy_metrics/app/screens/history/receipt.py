"""A receipt: what was sent then, byte for byte. The request, and each report in it."""

from collections.abc import Sequence
from dataclasses import replace

from shimmy_metrics.app.commands import Commands
from shimmy_metrics.app.host import Host
from shimmy_metrics.app.keys import Button
from shimmy_metrics.app.screens.history.view import DAMAGED
from shimmy_metrics.app.screens.report.baseline import Baseline, before_receipt, chosen_baseline, differs
from shimmy_metrics.app.screens.report.changes import count_changes
from shimmy_metrics.app.screens.report.screen import ReportScreen
from shimmy_metrics.app.screens.report.subject import Subject, of_sent, parts
from shimmy_metrics.app.screens.report.view import Selection, View, report_view
from shimmy_metrics.app.ui.layout import Canvas, Content, headline
from shimmy_metrics.app.ui.text import Line, at, muted, placed, strong, to, wrapped
from shimmy_metrics.records import Departure, Outcome
from shimmy_metrics.report.bodies import split
from shimmy_metrics.report.compare import NOT_COMPARED
from shimmy_metrics.wording.departures import became, sentence


def receipt_screen(host: Host, commands: Commands, receipt: Departure, *, compared: bool) -> ReportScreen:
    """Return the screen of a receipt. It opens on the bytes, or, if `compared`, on what differs from the baseline."""
    source = Receipt(host, receipt, View.SINCE if compared else View.WIRE)
    return ReportScreen(host, commands, source, title="A receipt", sent=receipt)


class Receipt:
    """The request of a receipt and, if there are several, each report in it."""

    def __init__(self, host: Host, receipt: Departure, view: View) -> None:
        self.selection = Selection(view=view)
        self._host = host
        self._receipt = receipt
        self._parts = parts(receipt.body, [of_sent(body, receipt.begun).reports[0] for body in split(receipt.body)])

    @property
    def several(self) -> bool:
        """Whether it was a request of several reports."""
        return len(self._parts) > 1

    @property
    def compared(self) -> bool:
        """Whether what is shown is a report, and compared with another one."""
        return differs(self._baseline(), self.subject())

    def subject(self) -> Subject:
        """Return the request or report that is shown."""
        return self._parts[self.selection.index]

    def move(self, by: int) -> None:
        """Select the next part, or with -1 the one before."""
        self.selection = replace(self.selection, index=max(0, min(self.selection.index + by, len(self._parts) - 1)))

    def open_part(self, number: int) -> None:
        """Select one report of the request, by its number from 1."""
        self.selection = replace(self.selection, index=number)

    def close_part(self) -> None:
        """Select the request."""
        self.selection = replace(self.selection, index=0)

    def headers_note(self) -> str:
        """Return that the headers are not kept."""
        return "The body of what was sent is kept, the headers are not."

    def buttons(self) -> Sequence[Button]:
        """Return the buttons that copy and recall."""
        keys = self._host.keys
        return (keys.button("report.copy", "Save and copy", "Save"), keys.button("history.recall", "Recall"))

    def content(self, canvas: Canvas) -> Content:
        """Return the request or the report in the selected view, below what became of it."""
        overview = self._host.overview
        if overview is None:
            return Content((), ())
        receipt, subject, selection = self._receipt, self.subject(), self.selection
        size = to(canvas.right, muted(f"{len(receipt.body):,} bytes"), note=True)
        head = headline(canvas, sentence(became(receipt, canvas.now, canvas.zone)), size)
        baseline = self._baseline() if subject.report else None
        content = report_view(
            canvas,
            (*head, self._below(canvas, baseline)),
            subject,
            selection=selection,
            base=baseline,
            overview=overview,
            sent_to=receipt.endpoint,
        )
        if selection.view is View.MEASURED and subject.report:
            gone = wrapped("What a report is made from is deleted when it is delivered.", canvas.width)
            return Content((*content.head[:-1], *gone), content.rows)
        return content

    def _below(self, canvas: Canvas, baseline: Baseline | None) -> Line:
        """Return the line below the headline: how much differs from the baseline, or which part is shown."""
        subject, index, number = self.subject(), self.selection.index, len(self._parts) - 1
        if self.selection.view is View.SINCE and baseline is not None and baseline.body != subject.body:
            counted = count_changes(baseline, subject.body)
            whole = f"{counted.removesuffix('.')}, {len(NOT_COMPARED)} are not compared."
            return placed(canvas.width, at(1, canvas.fullest(canvas.width - 2, whole, counted)))
        if not number:
            return placed(canvas.width, at(1, muted(canvas.fullest(canvas.width - 2, *self._proof()))))
        place = f"Report {index} of {number} in this request" if index else "The whole request"
        size = f"{len(subject.body):,} bytes" if index else ""
        keys = canvas.keys.either("page.before", "page.beside", " or ")
        walk = muted(f"{index + 1} of {number + 1}: {keys}")
        return placed(canvas.width, at(1, muted(place), "  ", strong(size)), to(canvas.right, walk, note=True))

    def _baseline(self) -> Baseline | None:
        """Return the chosen baseline, else the report that was sent before this request."""
        overview = self._host.overview
        chosen = chosen_baseline(self._host.baseline)
        return chosen or (before_receipt(overview, self._receipt) if overview is not None else None)

    def _proof(self) -> tuple[str, ...]:
        """Return what proves that the receiver got these bytes, or that they were changed, in ever fewer words."""
        overview, receipt = self._host.overview, self._receipt
        if overview is not None and receipt.key in overview.broken:
            return DAMAGED, "not as it was written"
        if receipt.outcome is not Outcome.CONFIRMED:
            return ("",)
        return "The receiver sent back the SHA-256 of what it got: that of these bytes.", "confirmed by its SHA-256"
