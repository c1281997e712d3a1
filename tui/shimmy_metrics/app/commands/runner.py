"""How a command asks, runs in a thread, and reports the result."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Timer
from typing import TYPE_CHECKING, Final

from shimmy_metrics.app.host import Host
from shimmy_metrics.app.messages import Busy, Done
from shimmy_metrics.app.ui.question import Question
from shimmy_metrics.errors import UserError

if TYPE_CHECKING:
    from shimmy_metrics.app.ui.dialog import Dialog  # at run time when something is asked

PATIENCE_SECONDS: Final = 0.5
"""A command that takes longer shows what it is doing."""

WRITING: Final = "Writing."


class Runner:
    """Asks one question at a time, runs functions in threads, and posts what they return to the app."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def ask(self, question: Question, then: Callable[[], object]) -> None:
        """Ask, and call `then` after a yes."""
        from shimmy_metrics.app.ui.dialog import Dialog

        self.open(Dialog(self._host, question), then)

    def open(self, dialog: "Dialog", then: Callable[[], object]) -> None:
        """Open a dialog, and call `then` after a yes. Where one is open already, that one comes to the front."""
        from shimmy_metrics.app.ui.dialog import Dialog

        def answered(yes: bool | None) -> None:  # noqa: FBT001 - the screen's result
            if yes:
                then()

        if any(isinstance(each, Dialog) for each in self._host.screen_stack):
            while not isinstance(self._host.screen, Dialog):  # another screen was opened from it
                _ = self._host.pop_screen()
            return
        _ = self._host.push_screen(dialog, answered)

    def in_thread(self, work: Callable[[], object]) -> None:
        """Run `work` in a thread. The app reports an error that it raises."""
        _ = self._host.run_worker(work, thread=True, group="act", exit_on_error=False)

    def run(self, work: Callable[[], str], meanwhile: str = WRITING) -> None:
        """Run `work` in a thread and report the sentence that it returns, or the `UserError` that it raises."""

        def reported() -> None:
            with self.reporting_errors():
                with self.busy(meanwhile):
                    sentence = work()
                self.report(sentence)

        self.in_thread(reported)

    def report(self, sentence: str) -> None:
        """Show what a command did; from any thread."""
        _ = self._host.post_message(Done(sentence))

    @contextmanager
    def reporting_errors(self) -> Iterator[None]:
        """Report a `UserError` instead of raising it."""
        try:
            yield
        except UserError as error:
            from shimmy_metrics.wording.departures import sentence  # with the records; what goes well wants none

            self.report(sentence(str(error)))

    @contextmanager
    def busy(self, sentence: str = WRITING) -> Iterator[Callable[[], None]]:
        """Show what is being done if it takes longer than a person waits without wondering.

        What it yields is called once a result is shown before the end: nothing then takes its place.
        """
        timer = Timer(PATIENCE_SECONDS, self._host.post_message, [Busy(sentence)])
        timer.start()

        def end() -> None:
            timer.cancel()
            timer.join()  # it may be posting now; the result must come after it

        try:
            yield end
        finally:
            end()
