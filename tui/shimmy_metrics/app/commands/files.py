"""Export, copy, validate and forget: what a person does with everything that lies here."""

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence, Sized
from pathlib import Path
from typing import Final

from shimmy_metrics.app.commands.runner import Runner
from shimmy_metrics.app.host import Host
from shimmy_metrics.app.screens.export.save import SaveRequest, SaveTarget, expand_home, home_relative, unused_path
from shimmy_metrics.app.screens.report.subject import Subject
from shimmy_metrics.app.ui.question import Question
from shimmy_metrics.limits import ALONE_SECONDS
from shimmy_metrics.records import Departure, Outcome
from shimmy_metrics.wording.numbers import amount
from shimmy_metrics.wording.receipts import CHECKED_BY, digests_answered, periods

_EXPORT: Final = "Export everything kept here?"


class FileCommands:
    """Saves, copies and checks what is held, and deletes all of it."""

    def __init__(self, host: Host, runner: Runner) -> None:
        self._host = host
        self._runner = runner

    def export(self) -> None:
        """Read everything that is held, then ask where to save it."""

        def read() -> None:
            from shimmy_metrics.actions.export import export

            with self._runner.reporting_errors():
                with self._runner.busy("Reading everything kept here."):
                    data = export(self._host.profile)
                self._host.call_from_thread(self.ask_to_save, self._export_request(data))

        self._runner.in_thread(read)

    def copy(self, subject: Subject) -> None:
        """Hand the bytes of a request or a report to the clipboard, and save them: a terminal acknowledges no copy.

        Nothing is asked. A burst of keys copies nothing, and the same bytes are saved once.
        """
        guard = self._host.input_guard
        count = guard.count
        path = expand_home(Path("~")) / f"shimmy-report-{subject.reports[0].sealed:%Y-%m-%d}.json"

        def alone() -> None:
            if guard.count == count:
                self._runner.run(lambda: self._copied(subject.body, path))

        if guard.alone:
            _ = self._host.set_timer(ALONE_SECONDS, alone)
        else:
            self._runner.report("That key came too close to another one. Press it again.")

    def ask_to_save_receipts(self, receipts: Sequence[Departure]) -> None:
        """Ask of which days the receipts are to be saved, and where; there is at least one."""
        self.ask_to_save(*self._receipt_requests(receipts))

    def ask_to_save(self, *requests: SaveRequest) -> None:
        """Ask which of them to save, and where, and save it there."""
        from shimmy_metrics.app.screens.export.screen import ExportScreen

        screen = ExportScreen(self._host, requests)
        self._runner.open(screen, lambda: self.save(screen.request, screen.target))

    def save(self, request: SaveRequest, target: SaveTarget | None) -> None:
        """Save the bytes to a new file, and copy them where that was asked for. None saves nothing."""
        if target is None:
            return

        def saved() -> str:
            from shimmy_metrics.actions.export import save

            try:
                save(request.data, target.path)
            except FileExistsError:
                return f"{home_relative(target.path)} is already there. Nothing was written."
            told = self._to_clipboard(request.data, target.path) if target.copies else _saved(request.data, target.path)
            return f"{told} {request.proves} {CHECKED_BY}" if request.proves else told

        self._runner.run(saved)

    def _copied(self, data: bytes, path: Path) -> str:
        from shimmy_metrics.actions.export import save

        path = unused_path(path, data)
        with contextlib.suppress(FileExistsError):  # it has these very bytes
            save(data, path)
        return self._to_clipboard(data, path)

    def _to_clipboard(self, data: bytes, path: Path) -> str:
        self._host.call_from_thread(self._host.copy_to_clipboard, data.decode(errors="replace"))
        return f"{_saved(data, path)} Also handed to the terminal, for its clipboard."

    def validate(self) -> None:
        """Check every byte that is held."""

        def validated() -> str:
            from shimmy_metrics.actions.validate import validate_held  # with sockets for the host's names: 6 ms
            from shimmy_metrics.wording.validation import findings

            found = validate_held(self._host.profile)
            lines = list(findings(found, held=True))
            if not found.ok:
                self._host.call_from_thread(self._show_violations, lines)
            return "\n".join(lines) if found.ok else lines[-1]

        self._runner.run(validated, "Checking every byte kept here.")

    def ask_to_forget(self) -> None:
        """Count what lies here, then ask whether all of it may be deleted."""

        def count() -> None:
            from shimmy_metrics.actions.forget import forget_plan
            from shimmy_metrics.wording.files import NOT_LISTED, NOTHING_HERE, NOTHING_MORE, question

            plan = forget_plan(self._host.profile)
            if plan.nothing:
                nothing = NOTHING_MORE if self._host.profile.config_path.exists() else NOTHING_HERE
                self._runner.report(f"{nothing} {NOT_LISTED}")
                return
            text = " ".join(question(plan, self._recall_keys()))
            asked = Question("Delete all of it?", text, "Yes, delete", "No, keep it")
            self._host.call_from_thread(self._runner.ask, asked, lambda: self.forget(withdraws=plan.withdraws))

        self._runner.in_thread(count)

    def forget(self, *, withdraws: bool) -> None:
        """Delete everything of ours on this disk, but the recorded no. `withdraws`: the question said that it does."""

        def forgotten() -> str:
            from shimmy_metrics.actions.forget import forget, forget_plan
            from shimmy_metrics.wording.files import done

            if not withdraws and forget_plan(self._host.profile).withdraws:  # another process said yes meanwhile
                return "By now this would withdraw as well, so nothing was deleted. Ask for it again."
            return " ".join(done(forget(self._host.profile), self._host.profile.clock.now()))

        self._runner.run(forgotten, "Deleting. Waiting for running servers to notice.")

    def _recall_keys(self) -> str:
        keys = self._host.keys
        return f"{keys.of('app.history')}, then {keys.of('history.recall-all')}"

    def _export_request(self, data: bytes) -> SaveRequest:
        path = unused_path(expand_home(Path("~")) / f"shimmy-metrics-{self._host.profile.clock.now():%Y-%m-%d}.json")
        shown = self._host.overview
        if shown is None:
            return SaveRequest(_EXPORT, data, "everything", path)
        parts = ", ".join(_parts(json.loads(data)))
        if not shown.store_read:
            told = f"{parts}; the store was not read" if parts else "nothing; the store was not read"
            return SaveRequest("Export what could be read?", data, told, path)
        return SaveRequest(_EXPORT, data, parts or "nothing is kept here", path)

    def _receipt_requests(self, receipts: Sequence[Departure]) -> Iterator[SaveRequest]:
        from shimmy_metrics.actions.export import export_receipts

        now = self._host.profile.clock.now()
        path = unused_path(expand_home(Path("~")) / f"shimmy-receipts-{now:%Y-%m-%d}.json")
        for period in periods(now.astimezone().date()):
            sent = [each for each in receipts if period.holds((each.ended or each.begun).astimezone().date())]
            if sent:
                confirmed = sum(each.outcome is Outcome.CONFIRMED for each in sent)
                yield SaveRequest(
                    f"Save receipts of {period.name}?",
                    export_receipts(sent),
                    ", ".join(filter(None, (amount(len(sent), "receipt"), period.dates))),
                    path,
                    digests_answered(confirmed, len(sent)),
                    f"{', '.join(filter(None, (period.name, period.dates)))} ({len(sent):,})",
                )

    def _show_violations(self, lines: Sequence[str]) -> None:
        from shimmy_metrics.app.screens.pager.screen import PagerScreen, PagerText

        text = PagerText("Leak scan", f"{lines[-1]} Nothing was changed.", "", lines[:-1])
        _ = self._host.push_screen(PagerScreen(self._host, text))


def _parts(exported: Mapping[str, Sized]) -> Iterator[str]:
    """Yield what is in an export, by name and number; what is empty there is not named."""
    held = {name: len(part) for name, part in exported.items()}  # a session goes with its waiting report
    told = {
        "config": held["config"],
        amount(held["sessions"], "session"): held["sessions"],
        f"{amount(held['outbox'], 'report')} waiting": held["outbox"],
        amount(held["departures"] + held["notes"], "entry of History", "entries of History"): (
            held["departures"] + held["notes"]
        ),
        f"your own figures of {amount(held['days'], 'day')}": held["days"],
        "the log": held["log"],
        "the store's own notes": held["meta"],
    }
    return (name for name, number in told.items() if number)


def _saved(data: bytes, path: Path) -> str:
    return f"Saved: {home_relative(path)}, {len(data):,} bytes."
