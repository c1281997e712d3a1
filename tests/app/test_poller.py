"""What another process changed shows within two seconds, by a clock that only the looking moves."""

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from shimmy_metrics.actions.decide import decline, enable
from shimmy_metrics.actions.overview import Overview
from shimmy_metrics.app.poller import Poller
from shimmy_metrics.consent.effective_consent import Obstacle
from shimmy_metrics.consent.state import Consent
from shimmy_metrics.delivery.backoff import session_ended
from shimmy_metrics.store import outbox, sessions
from shimmy_metrics.store.database import opened, transaction
from shimmy_metrics.system.clock import Clock as Ticking
from shimmy_metrics.system.profile import Profile
from support.samples import COUNTERS, FACTS, NOW, profile, queued, session
from support.timely import in_time

PROMISED = 2.0
SLOW = 0.5
"""What reading may take besides: the promise is kept with this much left."""


class Clock:
    """Stands in for what the looking waits on: time passes in its waits alone; in the first one `change` happens."""

    def __init__(self, change: Callable[[], object]) -> None:
        self.passed = 0.0
        self._change = change
        self._changed = False
        self.end: Callable[[], object] = lambda: None

    def wait(self, seconds: float) -> bool:
        if not self._changed:  # at the wait's beginning, so that all of it counts
            self._changed = True
            self._change()
        self.passed += seconds
        if self.passed > 10 * PROMISED:
            self.end()
        return False

    def clear(self) -> None:
        """Nothing is set."""

    def set(self) -> None:
        """Nothing waits."""


def shown_after(mine: Profile, change: Callable[[], object], holds: Callable[[Overview], bool]) -> float:
    """Return after how many seconds something holds in what is told of."""
    clock, found = Clock(change), []

    def tell(overview: Overview) -> None:
        if holds(overview):
            found.append(clock.passed)
            poller.stop()

    poller = Poller(mine, FACTS)
    poller._wake = clock  # type: ignore[assignment]  # a clock that is ahead of time
    clock.end = poller.stop
    poller.run(tell)
    assert found, "it never showed"
    return found[0]


@pytest.fixture
def mine(tmp_path: Path) -> Profile:
    made = profile(tmp_path)
    decision = enable(made).decision
    with opened(made) as db:
        outbox.add(db, queued(consent_id=decision.consent_id, endpoint=decision.endpoint))
    return made


def test_a_decision_of_another_process_shows_within_two_seconds(mine: Profile) -> None:
    took = shown_after(mine, lambda: decline(mine), lambda shown: shown.consent.decision.consent is Consent.DECLINED)
    assert in_time(took, PROMISED - SLOW)


def test_a_session_s_figures_show_within_two_seconds(mine: Profile) -> None:
    with opened(mine) as db:
        number = sessions.begin(db, session())
        lock = sessions.take_lock(mine, number)

        def count() -> None:
            assert sessions.checkpoint(db, number, COUNTERS._replace(requests=1_000), NOW)

        took = shown_after(
            mine, count, lambda shown: [each.session.counters.requests for each in shown.running] == [1_000]
        )
        lock.release(remove=True)
    assert in_time(took, PROMISED - SLOW)


def test_a_report_that_left_is_gone_within_two_seconds(mine: Profile) -> None:
    def leave() -> None:
        with opened(mine) as db:
            outbox.remove_all(db)

    assert shown_after(mine, leave, lambda shown: shown.outbox == ()) <= PROMISED - SLOW


@pytest.mark.parametrize(("begin", "end"), [(timedelta(), timedelta(days=15)), (timedelta(days=15), timedelta())])
def test_a_report_that_time_alone_made_too_old_or_the_clock_young_again_shows(
    mine: Profile, begin: timedelta, end: timedelta
) -> None:
    moments = [NOW + begin]
    aging = mine._replace(clock=Ticking(now=lambda: moments[-1]))
    overdue = bool(end)
    took = shown_after(aging, lambda: moments.append(NOW + end), lambda shown: bool(shown.overdue) is overdue)
    assert 0 < took <= PROMISED


def test_an_attempt_that_no_sender_made_is_not_in_a_moment_for_ever(mine: Profile) -> None:
    moments = [NOW + timedelta(seconds=1)]
    aging = mine._replace(clock=Ticking(now=lambda: moments[-1]))
    with opened(mine) as db, transaction(db):
        assert session_ended(db)
    took = shown_after(aging, lambda: moments.append(NOW + timedelta(minutes=1)), lambda shown: not shown.attempt.soon)
    assert 0 < took <= PROMISED


@pytest.mark.skipif(os.name == "nt", reason="permissions are POSIX's")
def test_who_may_write_the_config_shows_though_not_a_byte_of_it_changed(mine: Profile) -> None:
    took = shown_after(
        mine, lambda: mine.config_path.chmod(0o666), lambda shown: shown.consent.obstacle is Obstacle.UNTRUSTED
    )
    assert took <= PROMISED
