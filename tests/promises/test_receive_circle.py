"""A request of several reports to `receive` and back; and a receiver that ends the programme."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from shimmy_metrics.config.file import load
from shimmy_metrics.store import outbox
from shimmy_metrics.store.database import opened
from support.circle import confirmed, recall_and_look, receiver_with_tls
from support.installed import Home
from support.queued import uuid
from support.receive_process import Process
from support.samples import queued

OWN: Final = "shimmy-metrics"


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[Home, Process]]:
    """Yield a home in which three reports wait for a release, and the receiver that it agreed to."""
    with receiver_with_tls(Home(tmp_path)) as (running, variables):
        home = Home(tmp_path, variables)
        home.agree()
        assert home.run("review", command=OWN).returncode == 0
        decision = load(home.profile).decision
        with opened(home.profile) as db:
            for number in (1, 2, 3):
                outbox.add(
                    db,
                    queued(
                        uuid(number),
                        moment=datetime.now(UTC),
                        consent_id=decision.consent_id,
                        endpoint=decision.endpoint,
                    ),
                )
        yield home, running


def test_of_a_request_of_several_all_are_stored_and_all_recalled(both: tuple[Home, Process]) -> None:
    home, running = both
    assert home.run("release", "all", command=OWN).returncode == 0
    sent = confirmed(home)
    assert sent["body"].startswith("[")
    recall_and_look(home, running, sent)


def test_a_receiver_that_ends_the_programme_stops_its_senders(both: tuple[Home, Process]) -> None:
    home, running = both
    assert home.run("receive", "end", "--data", str(running.data), command=OWN).returncode == 0
    assert home.run("release", "all", command=OWN).returncode == 1
    assert "the programme has ended" in " ".join(home.metrics("status").stdout.split())
    assert running.stop() == 0
    assert running.held() == 0
