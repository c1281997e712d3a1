"""Running sessions, and ended ones that are kept. A session is alive while its process holds its lock.

A running session's row is written whole about once a minute; what it counted since then is a row of `latest`, which is
written each second. Whoever reads a session gets both as one.
"""

import contextlib
import json
import os
from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from shimmy_metrics.counters import Counters, DaySums
from shimmy_metrics.limits import LOCAL_SESSIONS
from shimmy_metrics.records import Session
from shimmy_metrics.store import days
from shimmy_metrics.store.columns import Row, integer, moment, moment_or_none, read_rows
from shimmy_metrics.store.database import Database
from shimmy_metrics.system.locks import Lock, is_locked
from shimmy_metrics.system.profile import Profile

_COLUMNS: Final = (
    "row_id, report_id, consent_id, endpoint, local, server, version, address, switch, client_hint, started, updated, "
    "ended, counters"
)
_WITH_LATEST: Final = f"SELECT {_COLUMNS}, at, changes FROM sessions LEFT JOIN latest USING (row_id)"


def lock_path(profile: Profile, row_id: int) -> str:
    """Return the file whose lock the session's process holds, named by row id: a report id appears in no file name."""
    return os.path.join(profile.state_folder, f"session-{row_id}.lock")


def take_lock(profile: Profile, row_id: int) -> Lock:
    """Take the session's lock, which its process holds until it ends, however it ends. Raise `OSError`."""
    lock = Lock(lock_path(profile, row_id))
    lock.take()
    return lock


def alive(profile: Profile, session: Session) -> bool:
    """Whether the session's process is alive."""
    return is_locked(lock_path(profile, session.row_id))


def clear_locks(profile: Profile) -> None:
    """Delete the lock files that no process holds."""
    for path in profile.state_path.glob("session-*.lock"):
        lock = Lock(path)
        with contextlib.suppress(OSError):
            if not is_locked(path) and lock.take():
                lock.release(remove=True)


def begin(db: Database, session: Session, summed: Mapping[str, DaySums] = MappingProxyType({})) -> int:
    """Add a session, within the caller's transaction; return its row id.

    What it has counted is added to the sums by day, except what they hold already (`summed`).
    """
    names = _COLUMNS.removeprefix("row_id, ")
    row = db.execute(
        f"INSERT INTO sessions ({names}) VALUES ({', '.join('?' * 13)})",
        (
            session.report_id,
            session.consent_id,
            session.endpoint,
            session.local,
            session.server,
            session.version,
            session.address,
            session.switch,
            session.client_hint,
            session.started.isoformat(),
            session.updated.isoformat(),
            session.ended and session.ended.isoformat(),
            _json(session.counters.as_json()),
        ),
    )
    days.add(db, session.counters.days, summed)
    assert row.lastrowid is not None
    return row.lastrowid


def checkpoint(db: Database, row_id: int, counters: Counters, now: datetime) -> bool:
    """Write the counters of a running session, within the caller's transaction; the sums by day include them.

    Return whether it is still there (a withdrawal deletes it).
    """
    written = _written(db, row_id)
    if written is None:
        return False
    changes = counters.changes_since(written)
    if changes is None:
        _write_whole(db, row_id, written, counters, now)
    else:
        db.execute("INSERT OR REPLACE INTO latest VALUES (?, ?, ?)", (row_id, now.isoformat(), _json(changes)))
    return True


def update_server(db: Database, session: Session) -> None:
    """Write the server's identity, which is known only after its start, and what follows from it for the session."""
    db.execute(
        "UPDATE sessions SET server = ?, version = ?, local = ?, consent_id = ?, endpoint = ? WHERE row_id = ?",
        (session.server, session.version, session.local, session.consent_id, session.endpoint, session.row_id),
    )


def running(db: Database) -> list[Session]:
    """Return the sessions that have not ended, oldest first; the process of some may be gone."""
    return _read(db.execute(f"{_WITH_LATEST} WHERE ended IS NULL ORDER BY row_id"))


def kept(db: Database) -> list[Session]:
    """Return the ended sessions that are kept only for the person, newest first."""
    return _read(db.execute(f"{_WITH_LATEST} WHERE ended IS NOT NULL AND local ORDER BY row_id DESC"))


def everything(db: Database) -> list[Session]:
    """Return every session, oldest first: running, kept, and those whose reports are queued."""
    return _read(db.execute(f"{_WITH_LATEST} ORDER BY row_id"))


def get(db: Database, row_id: int) -> Session | None:
    """Return one session, or None where it is gone."""
    found = _read(db.execute(f"{_WITH_LATEST} WHERE row_id = ?", (row_id,)))
    return found[0] if found else None


def finish(db: Database, row_id: int, now: datetime, *, local: bool) -> None:
    """End a session; it stays for the person alone (`local`, the newest `LOCAL_SESSIONS`) or with its queued report."""
    _take_in_latest(db, row_id)
    db.execute("UPDATE sessions SET ended = ?, local = ? WHERE row_id = ?", (now.isoformat(), local, row_id))
    _drop_oldest(db)


def keep_locally(db: Database) -> None:
    """Keep the ended sessions that have queued reports for the person alone, without those reports."""
    db.execute("UPDATE sessions SET local = 1, consent_id = '', endpoint = '' WHERE ended IS NOT NULL")
    _drop_oldest(db)


def remove_reported(db: Database) -> None:
    """Delete the ended sessions that were kept with a queued report which is gone by now."""
    queued = "SELECT report_id FROM outbox"
    db.execute(f"DELETE FROM sessions WHERE ended IS NOT NULL AND NOT local AND report_id NOT IN ({queued})")


def _drop_oldest(db: Database) -> None:
    newest = "SELECT row_id FROM sessions WHERE ended IS NOT NULL AND local ORDER BY row_id DESC LIMIT ?"
    db.execute(
        f"DELETE FROM sessions WHERE ended IS NOT NULL AND local AND row_id NOT IN ({newest})",
        (LOCAL_SESSIONS,),
    )


def remove(db: Database, row_id: int) -> None:
    """Delete one session; what it counted stays in the sums by day."""
    written, session = _written(db, row_id), get(db, row_id)
    for table in ("latest", "sessions"):
        db.execute(f"DELETE FROM {table} WHERE row_id = ?", (row_id,))
    if written is not None and session is not None:
        days.add(db, session.counters.days, written.days)


def remove_all(db: Database) -> None:
    """Delete every session. On a full disk too: nothing is written that was not there."""
    for table in ("latest", "sessions"):
        db.execute(f"DELETE FROM {table}")


def _written(db: Database, row_id: int) -> Counters | None:
    """Return the counters in a running session's row, without what it counted since that was written."""
    rows = db.execute("SELECT counters FROM sessions WHERE row_id = ? AND ended IS NULL", (row_id,))
    found = read_rows(rows, lambda row: Counters.from_json(json.loads(str(row[0]))))
    return found[0] if found else None


def _write_whole(db: Database, row_id: int, before: Counters, counters: Counters, now: datetime) -> None:
    """Write a session's row, which held `before`, and with it the sums by day."""
    db.execute(
        "UPDATE sessions SET counters = ?, updated = ? WHERE row_id = ?",
        (_json(counters.as_json()), now.isoformat(), row_id),
    )
    days.add(db, counters.days, before.days)
    db.execute("DELETE FROM latest WHERE row_id = ?", (row_id,))


def _take_in_latest(db: Database, row_id: int) -> None:
    """Have a session's row, and the sums by day, hold all that was written of it."""
    if db.execute("SELECT 1 FROM latest WHERE row_id = ?", (row_id,)).fetchone() is None:
        return
    written, session = _written(db, row_id), get(db, row_id)
    if written is not None and session is not None:
        _write_whole(db, row_id, written, session.counters, session.updated)


def _json(value: Mapping[str, object]) -> str:
    return json.dumps(value, separators=(",", ":"))


def _read(rows: Iterable[Row]) -> list[Session]:
    return read_rows(rows, _session)


def _session(row: Row) -> Session:
    import uuid  # it loads platform, and only a session needs it

    row_id, report_id, consent_id, endpoint, local, server, version, address, switch, hint, *rest = row
    started, updated, ended, counters, at, changes = rest
    counted = Counters.from_json(json.loads(str(counters)))
    return Session(
        row_id=integer(row_id),
        report_id=str(uuid.UUID(str(report_id))),
        consent_id=str(consent_id),
        endpoint=str(endpoint),
        local=bool(local),
        server=str(server),
        version=str(version),
        address=str(address),
        switch=str(switch),
        client_hint=str(hint),
        started=moment(started),
        updated=moment(at or updated),
        ended=moment_or_none(ended),
        counters=counted.changed(json.loads(str(changes))) if changes else counted,
    )
