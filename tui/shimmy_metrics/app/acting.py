"""How an action of the app asks, acts in a thread and says what became of it; `doing` has which there are."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Timer
from typing import TYPE_CHECKING, Final

from textual.worker import Worker, WorkerState

from shimmy_metrics.app.messages import Busy, Done
from shimmy_metrics.app.terminal.app import TerminalApp
from shimmy_metrics.app.ui.asked import Question
from shimmy_metrics.app.ui.layout import Canvas
from shimmy_metrics.app.ui.screen import BaseScreen
from shimmy_metrics.errors import UserError
from shimmy_metrics.system.log import log_event
from shimmy_metrics.system.profile import Profile

if TYPE_CHECKING:
    from shimmy_metrics.app.ui.dialog import Dialog  # loaded when somebody is asked

PATIENCE_SECONDS: Final = 0.5
WRITING: Final = "Writing."


class Acting(TerminalApp):
    """An app that acts for a person. Of questions one is open at a time."""

    profile: Profile

    def time(self) -> float:
        """Return the second by the clock that stamps events."""
        raise NotImplementedError

    def canvas(self) -> Canvas:
        """Return what a page is drawn on now: days are told as the screens tell them."""
        raise NotImplementedError

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Say that something failed of which nobody knew that it can: a silence would pass for success."""
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            log_event(self.profile, "the app could not do something", event.worker.error)
            kind = type(event.worker.error).__name__
            self.post_message(Done(f"That failed, and this program did not foresee it ({kind})."))

    async def say(self, sentence: str) -> None:
        """Say it on the page in front; where a question stands before that, it is read when the question is gone."""
        content = next((each for each in reversed(self.screen_stack) if isinstance(each, BaseScreen)), None)
        if content is not None:
            await content.say(sentence)

    def _ask(self, asked: Question, then: Callable[[], object]) -> None:
        from shimmy_metrics.app.ui.dialog import Dialog

        self._put(Dialog(asked), then)

    def _put(self, question: "Dialog", then: Callable[[], object]) -> None:
        from shimmy_metrics.app.ui.dialog import Dialog

        def answered(yes: bool | None) -> None:  # noqa: FBT001 - the screen's result
            if yes:
                then()

        if any(isinstance(each, Dialog) for each in self.screen_stack):
            while not isinstance(self.screen, Dialog):  # it waits behind a page that was opened from it
                _ = self.pop_screen()
            return
        _ = self.push_screen(question, answered)

    def _do(self, what: Callable[[], str], meanwhile: str = WRITING) -> None:
        """Do it, in this thread, and say what became of it."""
        try:
            with self._telling(meanwhile):
                sentence = what()
        except UserError as error:
            sentence = f"{error}."
        self.post_message(Done(sentence))

    @contextmanager
    def _telling(self, sentence: str = WRITING) -> Iterator[None]:
        """Say what is being done where that takes longer than a person waits without wondering."""
        timer = Timer(PATIENCE_SECONDS, self.post_message, [Busy(sentence)])
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()  # it may be saying it right now, and what became of it is said after that
