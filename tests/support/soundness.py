"""What must be true of a store and of a receiver's records, whatever happened to the processes."""

import json
import sqlite3
from contextlib import closing

from shimmy_metrics.receiver.loopback import LoopbackReceiver
from shimmy_metrics.report.bodies import split
from shimmy_metrics.store import chain
from shimmy_metrics.store.readonly import open_readonly
from support.installed import Home
from support.store_files import store_path


def assert_sound(home: Home) -> None:
    """Assert that neither the file nor the chain is damaged, and that validation finds no violation."""
    with closing(sqlite3.connect(store_path(home.profile))) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    with open_readonly(home.profile) as copy:
        assert copy is not None
        assert chain.broken(copy) == []
    validated = home.metrics("validate")
    assert validated.returncode == 0, validated.stdout


def reported(receiver: LoopbackReceiver) -> int:
    """Return how many requests were reported to the receiver, each report counted once."""
    return sum(json.loads(report)["metrics"]["requests_per_session"] for report in stored(receiver).values())


def stored(receiver: LoopbackReceiver) -> dict[str, bytes]:
    """Return the reports that the receiver has taken, by their ids."""
    taken = [report for each in receiver.received if each.status == 200 for report in split(each.body)]
    return {json.loads(report)["session_id"]: report for report in taken}


def conflicting_reports(receiver: LoopbackReceiver) -> list[str]:
    """Return the sessions of which the receiver got two different reports."""
    told: dict[str, set[str]] = {}
    for arrived in receiver.received:
        body = json.loads(arrived.body)
        for report in body if isinstance(body, list) else [body]:
            told.setdefault(report["session_id"], set()).add(json.dumps(report))
    return [name for name, words in told.items() if len(words) > 1]
