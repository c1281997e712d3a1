"""The commands under their own name, run in a home that has a receiver, and what they answered."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shimmy_metrics.actions.decide import enable
from shimmy_metrics.records import QueueState
from support.installed import Home
from support.one_line import assert_one_line
from support.queue_report import queue_report
from support.receiver import Receiver


@pytest.fixture
def sending(tmp_path: Path) -> Iterator[Home]:
    """Yield a home that agreed to a receiver which takes reports."""
    with Receiver(tmp_path) as receiver:
        home = Home(tmp_path / "home", receiver.variables)
        home.root.mkdir()
        enable(home.profile)
        yield home


def own(home: Home, *words: str) -> "subprocess.CompletedProcess[str]":
    return home.run(*words, command="shimmy-metrics")


def own_json(home: Home, *words: str) -> Any:  # noqa: ANN401 - any JSON
    asked = own(home, *words, "--json")
    assert asked.returncode == 0, asked.stderr
    return json.loads(asked.stdout)


def assert_refused(ended: "subprocess.CompletedProcess[str]", said: str) -> None:
    assert_one_line(ended, "")
    assert said in ended.stderr


def release(home: Home, *report_ids: str) -> str:
    """Queue these reports, release them as one request, and return its digest."""
    for report_id in report_ids:
        queue_report(home, report_id, QueueState.HELD_BY_HAND)
    released: str = own_json(home, "release", "all")["sha256"]
    return released
