"""The store's side of a measured session: everything that may wait for a disk, in a thread of its own.

The event loop hands snapshots of the counters over and never waits. What fails here is noted in the local log and costs
figures, never the server.
"""

import contextlib
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from shimmy_metrics.actions.purge import purge_without_consent
from shimmy_metrics.consent.effective import EffectiveConsent
from shimmy_metrics.consent.endpoint import ENDPOINT, same_endpoint
from shimmy_metrics.counters import Counters
from shimmy_metrics.delivery.detach import start_sender
from shimmy_metrics.delivery.effective import AT_START
from shimmy_metrics.delivery.seal import end_session, recover_crashed
from shimmy_metrics.delivery.unsealed import Unsealed
from shimmy_metrics.machine.facts import Facts
from shimmy_metrics.machine.gather import gather
from shimmy_metrics.records import Session
from shimmy_metrics.serve.health import SHIMMY, ServerIdentity
from shimmy_metrics.store import outbox, sessions
from shimmy_metrics.store.database import Database, connect, set_meta, store_path, transaction
from shimmy_metrics.store.erase import erase
from shimmy_metrics.store.sqlite_errors import sqlite_errors
from shimmy_metrics.system.locks import Lock
from shimmy_metrics.system.log import log_event
from shimmy_metrics.system.profile import Profile

IDLE_WRITE_SECONDS: Final = 60
"""How often figures are written of which only the uptime and the server's memory changed."""


@dataclass(frozen=True, slots=True)
class Header:
    """What stands over the figures: under which decision they are counted, for whom, of which server, where."""

    consent: EffectiveConsent
    address: str
    client_hint: str
    name: ServerIdentity
    session_id: str

    @property
    def local(self) -> bool:
        """Whether the figures are for the person alone: by choice, or because Shimmy's endpoint gets Shimmy's alone."""
        shimmys = same_endpoint(self.consent.endpoint, ENDPOINT)
        return self.consent.decision.local or (shimmys and self.name.server != SHIMMY)

    @property
    def consent_id(self) -> str:
        """The decision that a report would be sealed under, empty where none will be."""
        return "" if self.local else self.consent.decision.consent_id

    def session(self, counters: Counters, now: datetime) -> Session:
        """Return the session that begins `now`, without a number in the store."""
        return Session(
            row_id=0,
            report_id=self.session_id,
            consent_id=self.consent_id,
            endpoint=self.consent.endpoint,
            local=self.local,
            server=self.name.server,
            version=self.name.version,
            address=self.address,
            switch=self.consent.switch,
            client_hint=self.client_hint,
            started=now,
            updated=now,
            ended=None,
            counters=counters,
        )


class StoreWriter:
    """One process's place in the store. Every method is a job of the clerk's thread; they raise what goes wrong.

    `say` prints one line for the person.
    """

    def __init__(self, profile: Profile, say: Callable[[str], None]) -> None:
        self._profile = profile
        self._say = say
        self._db: Database | None = None
        self._lock: Lock | None = None
        self._facts: Facts | None = None
        self._session: Session | None = None
        self._entered = ""
        self._file: os.stat_result | None = None
        self._written = Counters()
        self._written_at = 0.0

    def open(self) -> None:
        """Open the store, and put in order what earlier sessions left. Raises `UserError`."""
        purge_without_consent(self._profile)
        db = connect(self._profile)
        self._facts = gather(self._profile.environment)
        self._db, self._file = db, os.stat(store_path(self._profile))
        with sqlite_errors(store_path(self._profile)):
            crashed = recover_crashed(self._profile, db, self._facts)
        # What failed before waits for this session's end; only what had no end of its own goes at the start.
        if crashed or (self._profile.environment.supervised and outbox.due(db)):
            start_sender(self._profile, at_start=True)

    def begin(self, header: Header, counters: Counters) -> None:
        """Add the session. Nothing is done where the store could not be opened. Raises `UserError`."""
        if self._db is None:
            return
        self._session, self._lock = self._add(self._db, header.session(counters, self._profile.clock.now()))
        self._entered = header.session_id
        self._remember(counters)

    def _add(self, db: Database, session: Session) -> tuple[Session, Lock]:
        with sqlite_errors(store_path(self._profile)), transaction(db):
            row_id = sessions.begin(db, session)
            set_meta(db, AT_START, "yes" if self._profile.environment.supervised else "no")
            lock = sessions.take_lock(self._profile, row_id)  # before anybody can see the row without it
        return session._replace(row_id=row_id), lock

    def introduce(self, header: Header) -> None:
        """Write what the server said of itself, and whom its figures are for."""
        if self._db is None or self._session is None:
            return
        self._session = self._session._replace(
            server=header.name.server,
            version=header.name.version,
            local=header.local,
            consent_id=header.consent_id,
            endpoint=header.consent.endpoint,
        )
        sessions.introduce(self._db, self._session)

    def write(self, counters: Counters) -> None:
        """Write the counters where they changed; uptime and memory alone are no change for a minute.

        Raises `UserError`, also where others hold the store: the next write then has these figures in it.
        """
        if self._db is None or self._session is None:
            return
        self._make_again(counters)
        due = self._profile.clock.monotonic() - self._written_at >= IDLE_WRITE_SECONDS
        if due or _figures(counters) != _figures(self._written):
            with sqlite_errors(store_path(self._profile)):
                sessions.checkpoint(self._db, self._session.row_id, counters, self._profile.clock.now())
            self._remember(counters)

    def unsealed(self, header: Header, counters: Counters) -> Unsealed | None:
        """Return what is left to do of the session's end, None where nothing is. For any thread."""
        if self._entered != header.session_id:
            return Unsealed(0, counters, None, header.session(counters, self._profile.clock.now()))
        session, lock = self._session, self._lock
        return None if session is None else Unsealed(session.row_id, counters, None if lock is None else lock.shared())

    def end(self, counters: Counters) -> None:
        """Seal the session, keep it or delete it, as the decision in force says now; then the sender is started."""
        if self._db is None or self._session is None or self._facts is None:
            return
        self._make_again(counters)
        attempts = end_session(self._profile, self._db, self._session.row_id, counters, self._facts)
        if self._lock is not None:
            self._lock.release(remove=True)
        if attempts:
            start_sender(self._profile)
        self._session = None  # not before: until here an exit that waits no longer leaves it to another process

    def withdraw(self) -> None:
        """Delete the session, so that its figures are in no file."""
        if self._db is None or self._session is None:
            return
        db, row_id, self._session = self._db, self._session.row_id, None
        try:
            erase(db, store_path(self._profile), lambda: sessions.remove(db, row_id))
        finally:
            if self._lock is not None:
                self._lock.release(remove=True)

    def close(self) -> None:
        """Close the store."""
        if self._db is not None:
            self._db.close()
            self._db = None

    def _make_again(self, counters: Counters) -> None:
        """Make again what was removed while the session runs: its lock, or the store with all of this session in it.

        Raises `UserError` where that cannot be done; the next write tries again.
        """
        if self._lock is None or self._session is None:
            return
        path = store_path(self._profile)
        if not self._store_in_place(path):
            self._enter_new_store(self._session._replace(updated=self._profile.clock.now(), counters=counters))
        elif not self._lock.in_place():
            self._lock.release()
            self._lock = sessions.take_lock(self._profile, self._session.row_id)
        else:
            return
        log_event(self._profile, "the store was removed while a session ran; made again")
        self._say(f"{path.parent}: was removed while this session ran. Made again, with the session's figures in it")

    def _enter_new_store(self, session: Session) -> None:
        db = connect(self._profile)
        path = store_path(self._profile)
        try:
            with sqlite_errors(path):
                file = os.stat(path)
                for copied in sessions.running(db):  # where a copy of the old folder was put in its place
                    if copied.report_id == session.report_id:
                        sessions.remove(db, copied.row_id)
            if self._lock is not None:
                self._lock.release(remove=True)  # where only the store was removed, it is in the way of the new one
            added, lock = self._add(db, session)
            sessions.clear_locks(self._profile)  # a copy's locks are nobody's
        except BaseException:
            db.close()
            raise
        old = self._db
        self._db, self._file, self._session, self._lock = db, file, added, lock
        self._remember(session.counters)
        if old is not None:
            old.close()

    def _store_in_place(self, path: Path) -> bool:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            return self._file is not None and os.path.samestat(os.stat(path), self._file)
        return False

    def _remember(self, counters: Counters) -> None:
        self._written = counters
        self._written_at = self._profile.clock.monotonic()


def memory_bytes(pid: int) -> int | None:
    """Return the resident memory of a process (proc(5), `statm`), None where it cannot be read."""
    if sys.platform == "win32":
        return None
    with contextlib.suppress(OSError, ValueError, IndexError), open(f"/proc/{pid}/statm", "rb") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return None


def _figures(counters: Counters) -> Counters:
    return counters._replace(uptime_s=0, memory_bytes=None)
