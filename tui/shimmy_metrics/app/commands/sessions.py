"""Deleting a session that is kept for the person."""

from shimmy_metrics.app.commands.runner import Runner
from shimmy_metrics.app.host import Host
from shimmy_metrics.app.ui.question import Question
from shimmy_metrics.records import Session
from shimmy_metrics.wording.deletions import deleted, never_left
from shimmy_metrics.wording.departures import sentence
from shimmy_metrics.wording.numbers import amount, duration


class SessionCommands:
    """Deletes kept sessions."""

    def __init__(self, host: Host, runner: Runner) -> None:
        self._host = host
        self._runner = runner

    def ask_to_delete(self, session: Session) -> None:
        """Ask whether a session's figures may be deleted."""
        canvas, shown, counters = self._host.canvas(), self._host.overview, session.counters
        departure = shown.carrying(session.report_id) if shown is not None else None
        when = f"{canvas.day(session.started)} {canvas.clock(session.started)}"
        question = Question(
            "Delete this session?",
            f"Its figures: {when}, {duration(counters.uptime_s)}, {amount(counters.requests, 'request')}, "
            f"{amount(counters.tokens, 'token')}. {sentence(never_left(departure, canvas.now, canvas.zone))} "
            "Your sums by day stay.",
            "Yes, delete",
            "No, keep it",
        )
        self._runner.ask(question, lambda: self.delete(session))

    def delete(self, session: Session) -> None:
        """Delete a session's figures."""

        def delete() -> str:
            from shimmy_metrics.actions.kept_session import delete_kept_session

            made = delete_kept_session(self._host.profile, session.row_id)
            canvas = self._host.canvas()
            return deleted(made.departure, canvas.now, canvas.zone) if made.gone else "Already gone."

        self._runner.run(delete)
