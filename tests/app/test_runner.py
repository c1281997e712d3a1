"""What is being done is said before what became of it."""

import threading
from typing import cast

import pytest

from shimmy_metrics.app.commands.runner import Runner
from shimmy_metrics.app.host import Host
from shimmy_metrics.app.messages import Busy
from shimmy_metrics.errors import UserError

LONGEST = 10.0


class Slow:
    """An app to which it takes a while to tell that something is being done."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.begun = threading.Event()
        self.may = threading.Event()

    def post_message(self, message: Busy) -> None:
        self.begun.set()
        self.may.wait(LONGEST)
        self.told.append(message.sentence)


def test_what_became_of_it_is_never_overtaken_by_what_is_being_done() -> None:
    app = Slow()
    with Runner(cast("Host", app)).busy("Writing."):
        assert app.begun.wait(LONGEST)
        threading.Timer(0.05, app.may.set).start()
    app.told.append("Done.")
    assert app.may.wait(LONGEST)
    assert app.told == ["Writing.", "Done."]


def test_a_result_shown_before_the_end_is_not_replaced_by_what_is_being_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shimmy_metrics.app.commands.runner.PATIENCE_SECONDS", 0.05)
    app = Slow()
    app.may.set()
    with Runner(cast("Host", app)).busy("Writing.") as result_shown:
        result_shown()
        app.told.append("Recorded.")
        assert not app.begun.wait(0.2)
    assert app.told == ["Recorded."]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            UserError("nothing may be sent now", remedy="See the consent screen"),
            "Nothing may be sent now. See the consent screen.",
        ),
        (UserError("the disk is full", where="/home/me/metrics.db"), "/home/me/metrics.db: the disk is full."),
    ],
)
def test_an_error_is_reported_as_a_sentence(error: UserError, told: str) -> None:
    def fail() -> None:
        raise error

    app = Slow()
    app.may.set()
    with Runner(cast("Host", app)).reporting_errors():
        fail()
    assert app.told == [told]
