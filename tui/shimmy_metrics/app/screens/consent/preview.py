"""What would be sent from this machine, before anything is decided: an example with no session behind it."""

from collections.abc import Sequence
from dataclasses import replace

from shimmy_metrics.app.screens.outgoing.view import EXAMPLE, Selection, report_view
from shimmy_metrics.app.screens.report.screen import ReportFrame
from shimmy_metrics.app.screens.report.subject import Subject, of_report
from shimmy_metrics.app.screens.report.view import Baseline, View
from shimmy_metrics.app.ui.buttons import Button
from shimmy_metrics.app.ui.layout import READING, Canvas, Content, headline
from shimmy_metrics.app.ui.text import Role, at, muted, placed, strong, to, wrapped
from shimmy_metrics.limits import REPORT_BYTES


class PreviewScreen(ReportFrame):
    """The exact bytes of an example: no session is behind it."""

    TITLE = "What would be sent"

    def __init__(self) -> None:
        super().__init__()
        self.selection = replace(Selection(), view=View.WIRE)

    def subject(self) -> Subject | None:
        """Return the example."""
        overview = self.shimmy.overview
        return of_report(overview.example) if overview else None

    def how_many(self) -> int:
        """Return one: there is nothing to walk."""
        return 1

    def base(self) -> Baseline | None:
        """Return none: an example is compared with nothing."""
        return None

    def content(self, canvas: Canvas) -> Content:
        """Return the example through the chosen lens."""
        overview = self.shimmy.overview
        if overview is None:
            return Content((placed(canvas.width, at(1, muted(READING))),), ())
        size = (strong(f"{len(overview.example.body):,}"), muted(f" of {REPORT_BYTES:,} bytes"))
        head = headline(canvas, "An example of a report:", to(canvas.width - 1, *size, note=True))
        told = wrapped(EXAMPLE, canvas.width, role=Role.MUTED)
        subject = of_report(overview.example)
        return report_view(canvas, (*head, *told), subject, selection=self.selection, base=None, overview=overview)

    def buttons(self) -> Sequence[Button]:
        """Return the raw bytes."""
        return (self.shimmy.act("report.raw", "Raw"), self.shimmy.act("report.lens-beside", "Lens"))
