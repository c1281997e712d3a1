"""What a killed program leaves in a person's state folder: `python -m support.left_behind KIND`, in that person's home.

`journal`: a writer died in mid-transaction, pages of it in the file already, its journal beside it. `log`: the store is
in the old form, its pages in a write-ahead log that nobody folded. `nothing`: all is in order. In each, reports wait;
in all but `log`, which has none yet, own figures are kept.
"""

import os
import signal
import sqlite3
import sys
from datetime import UTC, datetime
from typing import Final

from shimmy_metrics.config.file import load
from shimmy_metrics.store import days, outbox
from shimmy_metrics.store.database import opened
from shimmy_metrics.system.profile import Profile
from support.old_store import fill_old_store
from support.queued import uuid
from support.samples import SUMMED, queued
from support.store_files import store_path

KINDS: Final = ("nothing", "journal", "log")
PROGRAM: Final = (sys.executable, "-m", "support.left_behind")
QUEUED: Final = (1, 2, 3)
UNCOMMITTED: Final = "never committed"


def queued_ids(kind: str) -> tuple[str, ...]:
    """Return the ids of the reports that wait there."""
    return tuple(map(uuid, (11, 12, 13) if kind == "log" else QUEUED))


def leave(profile: Profile, kind: str) -> None:
    """Leave it. Where a program died, this process kills itself."""
    store_path(profile).parent.mkdir(parents=True, mode=0o700, exist_ok=True)
    if kind == "log":
        fill_old_store(store_path(profile))
        os.kill(os.getpid(), signal.SIGKILL)
    decision = load(profile).decision
    with opened(profile) as db:
        for number in QUEUED:
            waiting = queued(
                uuid(number), moment=datetime.now(UTC), consent_id=decision.consent_id, endpoint=decision.endpoint
            )
            outbox.add(db, waiting)
        days.add(db, SUMMED.days, {})
    if kind == "journal":
        db = sqlite3.connect(store_path(profile), isolation_level=None)
        db.execute("PRAGMA journal_mode=TRUNCATE")
        db.execute("PRAGMA cache_size=1")  # one page, so that uncommitted changes reach the file
        db.execute("BEGIN IMMEDIATE")
        db.execute("UPDATE outbox SET detail = ?, body = zeroblob(length(body))", (UNCOMMITTED,))
        db.execute("UPDATE meta SET value = ?", (UNCOMMITTED,))
        db.execute("INSERT INTO meta VALUES ('more', ?)", (UNCOMMITTED * 1_000,))
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    leave(Profile.current(), sys.argv[1])
