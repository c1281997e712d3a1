"""The screen History: what was sent, and when."""

from collections.abc import Sequence
from typing import ClassVar, Final

from textual.binding import BindingType

from shimmy_metrics.app.commands import Commands
from shimmy_metrics.app.host import Host
from shimmy_metrics.app.keys import RECEIPTS, Button
from shimmy_metrics.app.screens.history.receipt import receipt_screen
from shimmy_metrics.app.screens.history.view import NOT_READ, entry_of, explained, history_view, recall_offered
from shimmy_metrics.app.screens.report.baseline import chosen_baseline
from shimmy_metrics.app.screens.report.subject import subjects
from shimmy_metrics.app.ui.layout import Canvas, Content
from shimmy_metrics.app.ui.screen import BaseScreen
from shimmy_metrics.app.ui.text import Line
from shimmy_metrics.records import Departure, Entry
from shimmy_metrics.wording.departures import sentence

COMPARED: Final = "Reports are now compared with this one."


class HistoryScreen(BaseScreen):
    """What was sent, when, and whether it was taken."""

    EXPLAINS = True
    BINDINGS: ClassVar[list[BindingType]] = [*RECEIPTS]

    def __init__(self, host: Host, commands: Commands) -> None:
        super().__init__(host, mode="history")
        self._commands = commands
        self._drawn: tuple[object, ...] = ()
        self._page = Content((), ())
        self._checked: Sequence[Entry] | None = None
        self._recalls = False

    def content(self, canvas: Canvas) -> Content:
        """Return the list of entries. A thousand take 27 ms, so it is made again only if something has changed."""
        overview, base = self.host.overview, self.host.baseline
        known = (overview.entries, overview.broken) if overview else None
        drawn = (known, base, canvas._replace(now=canvas.now.min))
        if drawn != self._drawn:
            self._drawn = drawn
            self._page = history_view(canvas, overview, base.row_id if base else 0)
        return self._page

    async def fill(self) -> None:
        """Fill the frame's places; on the receipt that was chosen to compare with, the key that chose it undoes it."""
        await super().fill()
        self.labels = {"history.base": "compare as before"} if self._compared_with() else {}

    def entry(self) -> Entry | None:
        """Return the entry that is marked."""
        return entry_of(self.host.overview, self.mark)

    def receipt(self) -> Departure | None:
        """Return the marked entry, if its bytes are kept."""
        entry = self.entry()
        return entry if isinstance(entry, Departure) and entry.body else None

    def kept(self) -> list[Departure]:
        """Return the receipts whose bytes are kept, newest first."""
        overview = self.host.overview
        return [each for each in overview.receipts if each.body] if overview is not None else []

    def explained(self, canvas: Canvas, *, expanded: bool) -> tuple[Line, ...]:
        """Return what became of it, the digest, and the proof or what comes next."""
        entry, overview = self.entry(), self.host.overview
        if entry is None or overview is None:
            return ()
        return explained(canvas, overview, entry, chosen_baseline(self.host.baseline), expanded=expanded)

    def buttons(self) -> Sequence[Button]:
        """Return the buttons for a receipt; for any other entry, the one that explains it."""
        entry, overview, keys = self.entry(), self.host.overview, self.host.keys
        if entry is None or overview is None:
            return ()
        recall: tuple[Button, ...] = (keys.button("history.recall", "Recall"),) if recall_offered(entry) else ()
        if self.check_action("recall_all", ()):
            recall += (keys.button("history.recall-all", "Recall all"),)
        kept = self.kept()
        save = (keys.button("history.save", "Save as proof", "Prove"),) if kept else ()
        roomy = not self.host.canvas().narrow  # else another label is worth more than the key that is used least
        delete = (keys.button("history.delete", "Delete receipts"),) if kept and roomy else ()
        if not self.receipt():
            return (keys.button("page.explain", "More"), *save, *recall, *delete)
        names = ("Compare as before", "As before") if self._compared_with() else ("Compare with this", "Compare to")
        compare = keys.button("history.base", *names)
        return (keys.button("page.explain", "Open"), *save, *recall, compare, *delete)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether something is left to recall: else no button, key or line of the palette offers to recall all."""
        if action == "recall_all":
            return self._something_to_recall()
        return super().check_action(action, parameters)

    async def action_explain(self) -> None:
        """Open the marked receipt; explain any other entry."""
        receipt = self.receipt()
        if receipt is None:
            await super().action_explain()
        else:
            baseline = self.host.baseline
            compared = baseline is not None and baseline.row_id != receipt.row_id
            await self.app.push_screen(receipt_screen(self.host, self._commands, receipt, compared=compared))

    async def action_search(self) -> None:
        """Say where the search is, to whoever looks for it here."""
        fields, search = self.host.keys.of("app.fields"), self.host.keys.of("fields.search")
        await self.show_message(
            f"There is no search in History; {fields} lists the fields, and {search} searches them."
        )

    async def action_save(self) -> None:
        """Ask of which days the receipts are to be saved, and where."""
        kept = self.kept()
        if kept:
            self._commands.files.ask_to_save_receipts(kept)
        else:
            await self.show_message(self._without_receipts("save"))

    async def action_delete(self) -> None:
        """Ask whether the bytes of all receipts may be deleted, and the ids of what left without one."""
        kept, overview = self.kept(), self.host.overview
        attempts = overview.named_without_receipt if overview is not None else 0
        if kept or attempts:
            entries = overview.entries if overview is not None else ()
            on_record = [entry for entry in entries if isinstance(entry, Departure)]
            self._commands.outbox.ask_to_delete_receipts(on_record, attempts)
        else:
            await self.show_message(self._without_receipts("delete"))

    async def action_recall(self) -> None:
        """Ask whether the marked request may be recalled."""
        entry = self.entry()
        if not isinstance(entry, Departure):
            await self.show_message("Only a request that left can be recalled.")
            return
        refusal = self._commands.recall.ask_to_recall(entry)
        if refusal:
            await self.show_message(refusal)

    def action_recall_all(self) -> None:
        """Ask whether everything that left may be recalled."""
        self._commands.recall.ask_to_recall_all()

    async def action_base(self) -> None:
        """Compare other reports with this one, or no longer."""
        receipt = self.receipt()
        if receipt is None:
            if self.entry():
                await self.show_message("No receipt of it is kept, so nothing can be compared with it.")
            else:
                await self.show_message(self._without_receipts("compare with"))
            return
        chosen = not self._compared_with()
        self.host.baseline = receipt if chosen else None
        await self.show_message(
            self._others(receipt) if chosen else "Each report is compared with the one before it again."
        )

    def _compared_with(self) -> bool:
        """Whether other reports are compared with the marked receipt, by the person's choice."""
        receipt, base = self.receipt(), self.host.baseline
        return receipt is not None and base is not None and base.row_id == receipt.row_id

    def _something_to_recall(self) -> bool:
        """Whether a request left and was not recalled yet. Each receipt is parsed for it, so only after a change."""
        entries = self.host.overview.entries if self.host.overview is not None else ()
        if entries is not self._checked:
            from shimmy_metrics.actions.recall import recallable

            self._checked = entries
            self._recalls = bool(recallable([each for each in entries if isinstance(each, Departure)]))
        return self._recalls

    def _without_receipts(self, verb: str) -> str:
        """Return why there is no receipt to use; of a store that was not read nothing is denied."""
        overview = self.host.overview
        if overview is not None and not overview.store_read:
            return NOT_READ
        return f"No receipt is kept here, so there is nothing to {verb}."

    def _others(self, receipt: Departure) -> str:
        """Return that reports are compared with this one, and where another one is shown."""
        overview = self.host.overview
        if overview is None:
            return COMPARED
        kept = [each for each in overview.receipts if each.body]
        ways = ["open another"] if len(kept) > 1 else []
        to_come = any(each.sealed or each.running for each in subjects(overview))
        if to_come or kept[0].row_id != receipt.row_id:  # else Outgoing shows this very report
            ways.append(f"press {self.host.keys.of('app.outgoing')}")
        return f"{COMPARED} {sentence(', or '.join(ways))}" if ways else COMPARED
