"""A home that has a receipt of one request of two reports, and what is recalled there."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shimmy_metrics.actions.decide import enable
from shimmy_metrics.records import Departure
from shimmy_metrics.store import chain, departures
from shimmy_metrics.store.database import opened
from support.departed import depart
from support.installed import Home
from support.queue_report import FIRST, SECOND
from support.receiver import Receiver
from support.samples import queued


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    with Receiver(tmp_path) as receiver:
        yield receiver


@pytest.fixture
def home(tmp_path: Path, receiver: Receiver) -> Home:
    """Return a home that agreed to the receiver, and has a receipt of one request of two reports."""
    home = Home(tmp_path / "home", receiver.variables)
    home.root.mkdir()
    enable(home.profile)
    with opened(home.profile) as db:
        depart(db, queued(FIRST), queued(SECOND), endpoint=receiver.url)
    return home


def recall(home: Home, *words: str) -> "subprocess.CompletedProcess[str]":
    return home.run("recall", *words, command="shimmy-metrics")


def all_departures(home: Home) -> list[Departure]:
    with opened(home.profile) as db:
        assert chain.broken(db) == []
        return departures.everything(db)


def history(home: Home) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = json.loads(home.run("history", "--json", command="shimmy-metrics").stdout)
    return listed
