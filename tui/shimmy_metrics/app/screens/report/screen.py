"""The screen of a request or a report: its views, its raw bytes, copying; and releasing where reports are queued."""

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar, Final

from textual.binding import BindingType

from shimmy_metrics.app.commands import Commands
from shimmy_metrics.app.host import Host
from shimmy_metrics.app.keys import NEIGHBOURS, OUTBOX, RECALL, VIEWS, Button
from shimmy_metrics.app.screens.report.source import Queue, Source
from shimmy_metrics.app.screens.report.view import VIEWS_OF_SEVERAL, Selection, View, part_of
from shimmy_metrics.app.ui.explanation import explained_field
from shimmy_metrics.app.ui.layout import Canvas, Content
from shimmy_metrics.app.ui.screen import BaseScreen
from shimmy_metrics.app.ui.shared_field import SharedField
from shimmy_metrics.app.ui.text import Line, wrapped
from shimmy_metrics.records import Departure
from shimmy_metrics.wording.receiver import YOUR_ADDRESS
from shimmy_metrics.wording.values import values

_QUEUE_ACTIONS: Final = frozenset({"release", "hold", "delete"})


class ReportScreen(BaseScreen):
    """Shows one of a source's requests and reports.

    With a `queue` they can be released, held and deleted; a request that was `sent` can be recalled.
    """

    EXPLAINS = True
    BINDINGS: ClassVar[list[BindingType]] = [*VIEWS, *NEIGHBOURS, *OUTBOX, *RECALL]

    def __init__(
        self,
        host: Host,
        commands: Commands,
        source: Source,
        *,
        title: str = "",
        mode: str = "",
        queue: Queue | None = None,
        sent: Departure | None = None,
    ) -> None:
        # By itself the mark is on the first bytes, which are the last of the fields: that is not to be shared.
        # What was sent is opened to be read from its beginning.
        super().__init__(host, mode=mode, field=SharedField(host, when_moved=True, from_top=sent is not None))
        self.title = title
        self.source = source
        self._commands = commands
        self._queue = queue
        self._sent = sent

    def content(self, canvas: Canvas) -> Content:
        """Return the subject in the selected view."""
        return self.source.content(canvas)

    async def fill(self) -> None:
        """Fill the frame's places; what some keys do depends on what is shown."""
        selection = self.source.selection
        self.labels = {"outbox.release": "release these reports"} if self._together() else {}
        if selection.same:
            self.labels["report.same"] = "hide unchanged fields"
        if selection.unbroken:
            self.labels["report.raw"] = "the request split at fields"
        await super().fill()

    def buttons(self) -> Sequence[Button]:
        """Return the source's buttons."""
        return self.source.buttons()

    def explained(self, canvas: Canvas, *, expanded: bool) -> tuple[Line, ...]:
        """Return the marked field explained, or what there is to say about the raw request or a report of several."""
        subject, number = self.source.subject(), part_of(self.mark)
        if subject is None:
            return ()
        report = subject.reports[min(max(number, 1), len(subject.reports)) - 1]
        known = explained_field(canvas, self.mark, values(report.body), subject.measured, expanded=expanded)
        if known:
            return known
        sentences: tuple[str, ...] = ()
        if self.source.selection.unbroken:
            sentences = (self.source.headers_note(), YOUR_ADDRESS)
        elif number and self.source.selection.view is not View.WIRE:
            sentences = (f"{canvas.keys.of('page.explain')} shows this report alone.",)
        return tuple(each for sentence in sentences for each in wrapped(sentence, canvas.width))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether the action applies here: only queued reports can be released, only a sent request recalled.

        Where there is no other report, or nothing is compared, the list of keys names none for it.
        """
        if (action in _QUEUE_ACTIONS and self._queue is None) or (action == "recall" and self._sent is None):
            return False
        if action == "neighbour":
            return self.source.several
        if action == "same":
            return self.source.compared
        return super().check_action(action, parameters)

    async def action_view(self, view: str) -> None:
        """Open a view by its name."""
        await self._select(replace(self.source.selection, view=View(view), unbroken=False))

    async def action_turn(self, by: int) -> None:
        """Open the next view, or the one before."""
        subject, selection = self.source.subject(), self.source.selection
        every = list(View) if subject is None or subject.report else list(VIEWS_OF_SEVERAL)
        here = every.index(selection.view) if selection.view in every else 0
        place = max(0, min(here + by, len(every) - 1))
        await self._select(replace(selection, view=every[place], unbroken=False))

    async def action_same(self) -> None:
        """Show the fields that did not change, or hide them."""
        selection = self.source.selection
        await self._select(replace(selection, view=View.SINCE, same=not selection.same, unbroken=False))

    async def action_raw(self) -> None:
        """Show the body unbroken, from any view; again: cut at its fields."""
        selection = self.source.selection
        opened = selection.view is View.WIRE and selection.unbroken
        await self._select(replace(selection, view=View.WIRE, unbroken=not opened))

    async def action_neighbour(self, by: int) -> None:
        """Show the next request or report, or the one before."""
        self.source.move(by)
        await self.show_message("")

    async def action_explain(self) -> None:
        """Open the marked report of a request; otherwise explain the marked line."""
        if self._together() and self.source.selection.view is not View.WIRE:
            self.source.open_part(part_of(self.mark))
            self.step_back = self._close_part
            await self.show_message("")
        else:
            await super().action_explain()

    async def action_base(self) -> None:
        """Say where it is chosen what reports are compared with, to whoever looks for it here."""
        history, base = self.host.keys.of("app.history"), self.host.keys.of("history.base")
        await self.show_message(
            f"What a report is compared with is chosen in History: {history}, then {base} on one that was sent."
        )

    def action_copy(self) -> None:
        """Copy the bytes; they are saved as well, since a terminal does not confirm what it copied."""
        subject = self.source.subject()
        if subject is not None:
            self._commands.files.copy(subject)

    async def action_release(self) -> None:
        """Ask whether what is shown may be sent now, as one request."""
        if self._queue is not None:
            await self._show_refusal(self._queue.release())

    async def action_hold(self) -> None:
        """Hold the report until it is released."""
        if self._queue is not None:
            await self._show_refusal(self._queue.hold())

    async def action_delete(self) -> None:
        """Ask whether the report may be deleted."""
        if self._queue is not None:
            await self._show_refusal(self._queue.delete())

    async def action_recall(self) -> None:
        """Ask whether the request that was sent may be recalled."""
        if self._sent is not None:
            await self._show_refusal(self._commands.recall.ask_to_recall(self._sent))

    def _together(self) -> bool:
        """Whether a request of several reports is shown."""
        subject = self.source.subject()
        return subject is not None and subject.report is None

    async def _show_refusal(self, refusal: str) -> None:
        if refusal:
            await self.show_message(refusal)

    def _close_part(self) -> None:
        self.step_back = None
        self.source.close_part()

    async def _select(self, selection: Selection) -> None:
        """Show another view; the mark stays on its field."""
        self.source.selection = selection
        await self.show_message("")
