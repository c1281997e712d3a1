"""A look at the store while a sender begins or ends: what it works on is on the way, never given up."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shimmy_metrics.actions.decide import enable
from shimmy_metrics.actions.history import read_history
from shimmy_metrics.actions.overview import overview
from shimmy_metrics.actions.status import read_status
from shimmy_metrics.delivery import reading
from shimmy_metrics.delivery.sender_lock import lock_path
from shimmy_metrics.records import Departure, Outcome
from shimmy_metrics.store.database import Database, opened
from shimmy_metrics.store.readonly import open_readonly
from shimmy_metrics.system.locks import Lock
from shimmy_metrics.system.profile import Profile
from support.departed import depart
from support.queued import report
from support.samples import FACTS, profile

LOOKS: dict[str, Callable[[Profile], tuple[Departure, ...]]] = {
    "status": lambda mine: read_status(mine).departures,
    "history": lambda mine: read_history(mine).departures,
    "overview": lambda mine: overview(mine, FACTS).departures,
}


@pytest.fixture
def sent(tmp_path: Path) -> Profile:
    """Leave a departure open."""
    mine = profile(tmp_path)
    enable(mine)
    with opened(mine) as db:
        depart(db, report(1), outcome=None)
    return mine


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("begins", [True, False])
def test_a_sender_that_begins_or_ends_while_the_store_is_copied_is_at_work(
    sent: Profile, monkeypatch: pytest.MonkeyPatch, begins: bool, look: str
) -> None:
    lock = Lock(lock_path(sent))
    if not begins:
        assert lock.take()

    @contextlib.contextmanager
    def meanwhile(mine: Profile, *, off: bool) -> Iterator[Database | None]:
        with open_readonly(mine, off=off) as db:
            if begins:
                assert lock.take()
            else:
                lock.release()
            yield db

    monkeypatch.setattr(reading, "open_readonly", meanwhile)
    (departure,) = LOOKS[look](sent)
    assert departure.outcome is None
    lock.release()


@pytest.mark.parametrize("look", LOOKS)
def test_where_no_sender_is_at_work_it_is_shown_as_what_it_will_be_completed_as(sent: Profile, look: str) -> None:
    (departure,) = LOOKS[look](sent)
    assert departure.outcome is Outcome.MAY_HAVE_LEFT
