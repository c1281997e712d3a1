"""What a person can do from the screens. Every command asks where it must, runs in a thread, and reports the result.

The functions in `actions` and the screens that ask are imported when they are needed: the first frame does not wait.
"""

from shimmy_metrics.app.commands.consent import ConsentCommands
from shimmy_metrics.app.commands.files import FileCommands
from shimmy_metrics.app.commands.operator import OperatorCommands
from shimmy_metrics.app.commands.outbox import OutboxCommands
from shimmy_metrics.app.commands.recall import RecallCommands
from shimmy_metrics.app.commands.runner import Runner
from shimmy_metrics.app.commands.sessions import SessionCommands
from shimmy_metrics.app.host import Host


class Commands:
    """All commands of the app, by what they are about."""

    def __init__(self, host: Host) -> None:
        runner = Runner(host)
        self.consent = ConsentCommands(host, runner)
        self.files = FileCommands(host, runner)
        self.operator = OperatorCommands(host, runner)
        self.outbox = OutboxCommands(host, runner)
        self.recall = RecallCommands(host, runner)
        self.sessions = SessionCommands(host, runner)
