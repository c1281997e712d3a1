"""What a person can do from the screens. Every command asks where it must, runs in a thread, and reports the result.

What is about one thing is imported when it is first wanted, and so are the functions in `actions` and the screens that
ask: the first frame waits for none of them.
"""

from functools import cached_property
from typing import TYPE_CHECKING

from shimmy_metrics.actions.overview import Overview
from shimmy_metrics.actions.purge_result import PurgeResult
from shimmy_metrics.app.commands.runner import Runner
from shimmy_metrics.app.host import Host

if TYPE_CHECKING:
    from shimmy_metrics.app.commands.consent import ConsentCommands
    from shimmy_metrics.app.commands.files import FileCommands
    from shimmy_metrics.app.commands.operator import OperatorCommands
    from shimmy_metrics.app.commands.outbox import OutboxCommands
    from shimmy_metrics.app.commands.recall import RecallCommands
    from shimmy_metrics.app.commands.sessions import SessionCommands


class Commands:
    """All commands of the app, by what they are about."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._runner = Runner(host)

    def report_purged(self, shown: Overview | None) -> None:
        """Report what was deleted for want of consent, if anything was."""
        if shown is not None and shown.purged != PurgeResult():
            self.consent.report_purged(shown.purged)

    @cached_property
    def consent(self) -> "ConsentCommands":
        """Answers."""
        from shimmy_metrics.app.commands.consent import ConsentCommands

        return ConsentCommands(self._host, self._runner)

    @cached_property
    def files(self) -> "FileCommands":
        """Exports and what lies on this disk."""
        from shimmy_metrics.app.commands.files import FileCommands

        return FileCommands(self._host, self._runner)

    @cached_property
    def operator(self) -> "OperatorCommands":
        """Who runs the receiver."""
        from shimmy_metrics.app.commands.operator import OperatorCommands

        return OperatorCommands(self._host, self._runner)

    @cached_property
    def outbox(self) -> "OutboxCommands":
        """Queued reports and receipts."""
        from shimmy_metrics.app.commands.outbox import OutboxCommands

        return OutboxCommands(self._host, self._runner)

    @cached_property
    def recall(self) -> "RecallCommands":
        """Recalls."""
        from shimmy_metrics.app.commands.recall import RecallCommands

        return RecallCommands(self._host, self._runner)

    @cached_property
    def sessions(self) -> "SessionCommands":
        """Kept sessions."""
        from shimmy_metrics.app.commands.sessions import SessionCommands

        return SessionCommands(self._host, self._runner)
