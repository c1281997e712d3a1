"""The circle: a yes, a report over TLS to `receive`, confirmed in history, recalled, and gone from every file."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from shimmy_metrics.config.file import load
from shimmy_metrics.receiver.folder import Folder
from shimmy_metrics.receiver.keys import load_keys
from shimmy_metrics.receiver.row import recall_of
from shimmy_metrics.receiver.search import holding
from shimmy_metrics.store import outbox
from shimmy_metrics.store.database import opened
from support.certificates import issue
from support.installed import Home
from support.queued import uuid
from support.receive_process import Process, receive
from support.samples import queued

OWN: Final = "shimmy-metrics"


def _is_in(folder: Path, needle: bytes) -> bool:
    return next(iter(holding(folder, needle)), None) is not None


@dataclass
class Both:
    """A person's home, and the receiver that it agreed to."""

    home: Home
    running: Process

    def queue(self, *numbers: int) -> None:
        decision = load(self.home.profile).decision
        with opened(self.home.profile) as db:
            for number in numbers:
                made = queued(
                    uuid(number), moment=datetime.now(UTC), consent_id=decision.consent_id, endpoint=decision.endpoint
                )
                outbox.add(db, made)

    def attempts(self) -> list[dict[str, object]]:
        told = self.home.run("history", "--json", command=OWN)
        found: list[dict[str, object]] = json.loads(told.stdout)["departures"]
        return found


@pytest.fixture
def both(tmp_path: Path) -> Iterator[Both]:
    operator, person = tmp_path / "operator", tmp_path / "person"
    for folder in (operator, person):
        folder.mkdir()
    files = issue(tmp_path)
    with receive(Home(operator), "--tls-cert", str(files.chain), "--tls-key", str(files.key)) as running:
        url = f"https://localhost:{running.port}/v1/usage"
        variables = {"SHIMMY_METRICS_ENDPOINT": url, "SSL_CERT_FILE": str(files.authority), "NO_PROXY": "localhost"}
        home = Home(person, variables)
        assert home.metrics("enable").returncode == 0
        assert home.run("review", command=OWN).returncode == 0
        yield Both(home, running)


def test_what_was_sent_is_confirmed_and_what_is_recalled_is_in_no_file(both: Both) -> None:
    both.queue(1, 2, 3)
    released = both.home.run("release", "all", command=OWN)
    assert released.returncode == 0, released.stdout + released.stderr
    assert "confirmed" in " ".join(released.stdout.split())
    folder = Folder(both.running.data)
    hashing = load_keys(folder, datetime.now(UTC).date()).hashing
    keys = [recall_of(uuid(number), hashing).key for number in (1, 2, 3)]
    assert all(_is_in(folder.days, key) for key in keys)
    assert not any(_is_in(folder.path, uuid(number).encode()) for number in (1, 2, 3))
    recalled = both.home.run("recall", uuid(2), "--yes", command=OWN)
    assert recalled.returncode == 0, recalled.stdout + recalled.stderr
    assert not any(_is_in(folder.days, key) for key in keys)  # of a request of several all are recalled
    assert both.running.stop() == 0
    assert not any(_is_in(folder.days, key) for key in keys)
    assert both.running.held() == 0


def test_a_receiver_that_ends_the_programme_stops_its_senders(both: Both) -> None:
    data = str(both.running.data)
    assert both.home.run("receive", "end", "--data", data, command=OWN).returncode == 0
    both.queue(1)
    both.home.run("release", "all", command=OWN)
    assert "ended" in " ".join(both.home.metrics("status").stdout.split())
    assert both.running.stop() == 0
    assert both.running.held() == 0
