"""What would be sent from this machine, before anything is decided: an example with no session behind it."""

from collections.abc import Sequence
from dataclasses import replace

from shimmy_metrics.app.lines import BLANK, at, muted, placed, strong, to
from shimmy_metrics.app.pages.canvas import READING, Canvas, Page, headline
from shimmy_metrics.app.pages.outgoing import View, report_page
from shimmy_metrics.app.pages.report import Base, Lens
from shimmy_metrics.app.screens.report import ReportFrame
from shimmy_metrics.app.widgets.buttons import Act
from shimmy_metrics.limits import REPORT_BYTES
from shimmy_metrics.records import Pending


class PreviewScreen(ReportFrame):
    """The exact bytes of an idle run's report."""

    TITLE = "What would be sent"

    def __init__(self) -> None:
        super().__init__()
        self.view = replace(View(), lens=Lens.WIRE)

    def report(self) -> Pending | None:
        """Return the example."""
        overview = self.shimmy.overview
        return overview.example if overview else None

    def how_many(self) -> int:
        """Return one: there is nothing to walk."""
        return 1

    def base(self) -> Base | None:
        """Return none: an example is compared with nothing."""
        return None

    def page(self, canvas: Canvas) -> Page:
        """Return the example through the chosen lens."""
        overview = self.shimmy.overview
        if overview is None:
            return Page((placed(canvas.width, at(1, muted(READING))),), ())
        size = (strong(f"{len(overview.example.body):,}"), muted(f" of {REPORT_BYTES:,} bytes"))
        told = "An idle run on this machine would send this."
        sentence = headline(canvas, told, to(canvas.width - 1, *size, note=True))
        return report_page(canvas, (*sentence, BLANK), overview.example, view=self.view, base=None, overview=overview)

    def acts(self) -> Sequence[Act]:
        """Return the raw bytes."""
        return (self.shimmy.act("report.raw", "Raw"), self.shimmy.act("report.lens-beside", "Lens"))
