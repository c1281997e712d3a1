"""Export, copy, validate and forget: what a person does with everything that lies here."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from shimmy_metrics.app.commands.runner import Runner
from shimmy_metrics.app.host import Host
from shimmy_metrics.app.screens.export.save import SaveRequest, SaveTarget, expand_home, home_relative, unused_path
from shimmy_metrics.app.screens.report.subject import Subject
from shimmy_metrics.app.ui.question import Question
from shimmy_metrics.wording.numbers import amount

_EXPORT: Final = "Export everything held here?"


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
                with self._runner.busy("Reading all that is held here."):
                    data = export(self._host.profile)
                self._host.call_from_thread(self.ask_to_save, self._export_request(data))

        self._runner.in_thread(read)

    def copy(self, subject: Subject) -> None:
        """Ask where to save the bytes of a request or a report; they are copied as well."""
        path = unused_path(expand_home(Path("~")) / f"shimmy-report-{subject.reports[0].sealed:%Y-%m-%d}.json")
        what = "this report" if subject.report else f"this request of {len(subject.reports)} reports"
        self.ask_to_save(SaveRequest("Copy these bytes?", subject.body, f"{what}, byte for byte", path, copies=True))

    def ask_to_save(self, request: SaveRequest) -> None:
        """Ask for the path, and save there."""
        from shimmy_metrics.app.screens.export.screen import ExportScreen

        screen = ExportScreen(self._host, request)
        self._runner.open(screen, lambda: self.save(request, screen.target))

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
            size = f"{len(request.data):,} bytes"
            if not target.copies:
                return f"Saved: {home_relative(target.path)}, {size}."
            self._host.call_from_thread(self._host.copy_to_clipboard, request.data.decode(errors="replace"))
            return f"Saved: {home_relative(target.path)}, {size}; handed to the terminal's clipboard as well."

        self._runner.run(saved)

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

        self._runner.run(validated, "Checking every byte that is held here.")

    def ask_to_forget(self) -> None:
        """Count what lies here, then ask whether all of it may be deleted."""

        def count() -> None:
            from shimmy_metrics.actions.forget import forget_plan
            from shimmy_metrics.wording.files import NOTHING_HERE, question

            plan = forget_plan(self._host.profile)
            if plan.nothing:
                self._runner.report(NOTHING_HERE)
                return
            asked = Question("Forget all of it?", " ".join(question(plan)), "Yes, forget", "No, keep it")
            self._host.call_from_thread(self._runner.ask, asked, self.forget)

        self._runner.in_thread(count)

    def forget(self) -> None:
        """Delete everything of ours on this disk, but the recorded no."""

        def forgotten() -> str:
            from shimmy_metrics.actions.forget import forget
            from shimmy_metrics.wording.files import done

            return " ".join(done(forget(self._host.profile), self._host.profile.clock.now()))

        self._runner.run(forgotten, "Deleting; what runs is waited for.")

    def _export_request(self, data: bytes) -> SaveRequest:
        path = unused_path(expand_home(Path("~")) / f"shimmy-metrics-{self._host.profile.clock.now():%Y-%m-%d}.json")
        shown = self._host.overview
        if shown is None:
            return SaveRequest(_EXPORT, data, "everything", path)
        if not shown.store_read:
            return SaveRequest("Export what could be read?", data, "config and log; the store was not read", path)
        parts = [
            "config",
            amount(len(shown.running) + len(shown.ended), "session"),
            f"{amount(len(shown.outbox), 'report')} waiting",
            amount(len(shown.entries), "entry of History", "entries of History"),
        ]
        return SaveRequest(_EXPORT, data, ", ".join(parts), path)

    def _show_violations(self, lines: Sequence[str]) -> None:
        from shimmy_metrics.app.screens.pager.screen import PagerScreen, PagerText

        text = PagerText("Validate", f"{lines[-1]} Nothing was changed.", "", lines[:-1])
        _ = self._host.push_screen(PagerScreen(self._host, text))
