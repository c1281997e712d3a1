"""What would be sent from this machine: a running session's report as it would be now, else an example."""

from collections.abc import Sequence

from shimmy_metrics.app.commands import Commands
from shimmy_metrics.app.host import Host
from shimmy_metrics.app.keys import Button
from shimmy_metrics.app.screens.outgoing.view import EXAMPLE, NOT_SENT, NOW, of_a_session
from shimmy_metrics.app.screens.report.baseline import Baseline, chosen_baseline, differs, last_sent
from shimmy_metrics.app.screens.report.screen import ReportScreen
from shimmy_metrics.app.screens.report.subject import Subject, of_report
from shimmy_metrics.app.screens.report.view import Selection, View, report_view
from shimmy_metrics.app.ui.layout import READING, Canvas, Content, Row, headline
from shimmy_metrics.app.ui.text import BLANK, Role, at, muted, placed, strong, to, wrapped
from shimmy_metrics.limits import REPORT_BYTES
from shimmy_metrics.wording.receiver import HEADERS, UNREACHABLE, connects
from shimmy_metrics.wording.session_consent import becomes_report


def example_screen(host: Host, commands: Commands) -> ReportScreen:
    """Return the screen with the exact bytes."""
    return ReportScreen(host, commands, Example(host), title="What would be sent")


class Example:
    """One report: a running session's, else the example."""

    def __init__(self, host: Host) -> None:
        self.selection = Selection(view=View.WIRE)
        self._host = host

    @property
    def several(self) -> bool:
        """Return False: there is one."""
        return False

    @property
    def compared(self) -> bool:
        """Whether it is compared with another report."""
        return differs(self._baseline(), self.subject())

    def subject(self) -> Subject | None:
        """Return the running session's report as it would be now, else the example; None before anything was read."""
        overview = self._host.overview
        return of_report(overview.now) if overview is not None else None

    def move(self, by: int) -> None:
        """Do nothing: there is one."""

    def open_part(self, number: int) -> None:
        """Do nothing: it is one report."""

    def close_part(self) -> None:
        """Do nothing: it is one report."""

    def headers_note(self) -> str:
        """Return where the headers come from, and by way of which proxy the request would go."""
        overview = self._host.overview
        return f"{HEADERS}{connects(overview.proxy if overview is not None else '')}"

    def buttons(self) -> Sequence[Button]:
        """Return the buttons for the raw bytes and for the next view."""
        return (
            self._host.keys.button("report.raw", "In one piece"),
            self._host.keys.button("report.lens-beside", "View"),
        )

    def content(self, canvas: Canvas) -> Content:
        """Return it in the selected view."""
        overview = self._host.overview
        if overview is None:
            return Content((placed(canvas.width, at(1, muted(READING))),), ())
        size = (strong(f"{len(overview.now.body):,}"), muted(f" of {REPORT_BYTES:,} bytes"))
        subject = of_report(overview.now)
        title, text = "An example of a report:", EXAMPLE
        if overview.running:
            title = NOW if becomes_report(overview.consent, overview.running[-1].session) else NOT_SENT
            text = of_a_session(canvas, overview, subject)
        head = headline(canvas, title, to(canvas.width - 1, *size, note=True))
        what = wrapped(text, canvas.width, role=Role.MUTED)
        shown = report_view(
            canvas, (*head, *what), subject, selection=self.selection, base=self._baseline(), overview=overview
        )
        unreachable = map(Row, wrapped(UNREACHABLE, canvas.width, role=Role.MUTED))
        return Content(shown.head, (*shown.rows, Row(BLANK), *unreachable))

    def _baseline(self) -> Baseline | None:
        """Return the chosen baseline, else the report that was sent last."""
        overview = self._host.overview
        return chosen_baseline(self._host.baseline) or (last_sent(overview) if overview is not None else None)
