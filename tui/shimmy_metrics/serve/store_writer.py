"""The running session in the store: begun, written, named, sealed or deleted.

Everything here may wait for a disk, so one `worker` thread calls it, never the event loop. An error costs figures,
never the server.
"""

import contextlib
import os
from collections.abc import Callable
from typing import Final

from shimmy_metrics.actions.purge import purge_without_consent
from shimmy_metrics.counters import Counters, DaySums
from shimmy_metrics.delivery.backoff import AT_START, attempt_due
from shimmy_metrics.delivery.detach import start_sender
from shimmy_metrics.delivery.seal import end_session, recover_crashed
from shimmy_metrics.delivery.unsealed import Unsealed
from shimmy_metrics.errors import UserError
from shimmy_metrics.limits import IDLE_WRITE_SECONDS
from shimmy_metrics.machine.facts import Facts
from shimmy_metrics.machine.gather import gather
from shimmy_metrics.records import Session
from shimmy_metrics.serve.session_identity import SessionIdentity
from shimmy_metrics.store import outbox, sessions
from shimmy_metrics.store.database import Database, connect, get_meta, set_meta, store_path, transaction
from shimmy_metrics.store.erase import erase
from shimmy_metrics.store.sqlite_errors import sqlite_errors
from shimmy_metrics.system.locks import Lock
from shimmy_metrics.system.log import log_event
from shimmy_metrics.system.profile import Profile

_REPORTED_FAILURES: Final = 2
"""How many writes in a row must fail before that is reported: one may have met another program at the store."""


class StoreWriter:
    """One process's session in the store. Every method but `unsealed` must be called in one and the same thread.

    `print_line` prints one line for the person.
    """

    def __init__(self, profile: Profile, print_line: Callable[[str], None]) -> None:
        self._profile = profile
        self._print_line = print_line
        self._db: Database | None = None
        self._failure: Exception | None = None
        self._lock: Lock | None = None
        self._facts: Facts | None = None
        self._session: Session | None = None
        self._entered = ""
        self._file: os.stat_result | None = None
        self._written = Counters()
        self._written_at = 0.0
        self._failed_writes = 0

    def open(self) -> None:
        """Open the store and put in order what earlier sessions left. `begin` raises again what goes wrong here.

        Raises `UserError` where the store cannot be used.
        """
        self._failure = None
        try:
            self._open()
        except Exception as error:
            self._failure = error
            raise

    def begin(self, header: SessionIdentity, counters: Counters, covers: Callable[[], bool]) -> bool:
        """Add the session if `covers` says that the consent it began under still holds; return whether it was added.

        Raises what `open` raised, and `UserError` where the store cannot be written.
        """
        if self._failure is not None:
            raise self._failure
        if self._db is None or not covers():
            return False
        self._session, self._lock = self._add(self._db, header.session(counters, self._profile.clock.now()))
        self._entered = header.report_id
        self._set_written(counters)
        return True

    def introduce(self, header: SessionIdentity) -> None:
        """Write what the server said about itself, and whom the figures are therefore for."""
        if self._db is None or self._session is None:
            return
        self._session = self._session._replace(
            server=header.identity.server,
            version=header.identity.version,
            local=header.local,
            consent_id=header.consent_id,
            endpoint=header.consent.endpoint,
        )
        sessions.update_server(self._db, self._session)

    def has_session(self) -> bool:
        """Whether the store has the session, or will again: of a store that was removed, the next write makes another.

        Raises `UserError` where the store cannot be read.
        """
        path = store_path(self._profile)
        if self._db is None or self._session is None:
            return False
        with sqlite_errors(path):
            return not self._store_in_place(path) or sessions.get(self._db, self._session.row_id) is not None

    def write(self, counters: Counters) -> str:
        """Write the counters if they changed; uptime and memory alone are no change for a minute.

        Return why they cannot be saved, once two writes in a row failed; empty otherwise. The next write includes what
        a failed one did not save.
        """
        try:
            self._checkpoint(counters)
        except UserError as error:
            self._failed_writes += 1
            if self._failed_writes == _REPORTED_FAILURES:
                log_event(self._profile, "measuring met an error; it does not stop the server", error)
            return str(error) if self._failed_writes >= _REPORTED_FAILURES else ""
        self._failed_writes = 0
        return ""

    def unsealed(self, header: SessionIdentity, counters: Counters) -> Unsealed | None:
        """Return what is left to do to end the session, None where nothing is. Any thread may call this."""
        if self._entered != header.report_id:
            return Unsealed(0, counters, None, header.session(counters, self._profile.clock.now()))
        session, lock = self._session, self._lock
        return None if session is None else Unsealed(session.row_id, counters, None if lock is None else lock.shared())

    def end(self, counters: Counters) -> None:
        """Seal, keep or delete the session, as the effective consent says now; then start the sender."""
        if self._db is None or self._session is None or self._facts is None:
            return
        self._restore(counters)
        attempts = end_session(self._profile, self._db, self._session.row_id, counters, self._facts)
        if self._lock is not None:
            self._lock.release(remove=True)
        if attempts:
            start_sender(self._profile)
        self._session = None  # last: up to here an exit that stops waiting leaves the rest to another process

    def withdraw(self) -> None:
        """Delete the session, so that no file holds its figures."""
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

    def _open(self) -> None:
        if self._facts is None:  # once: who changes the decision later deletes, and tells the person what
            purge_without_consent(self._profile)
        db = connect(self._profile)
        self._facts = gather(self._profile.environment)
        self._db, self._file = db, os.stat(store_path(self._profile))
        with sqlite_errors(store_path(self._profile)):
            crashed = recover_crashed(self._profile, db, self._facts)
            # Reports that could not be sent before wait for this session's end; a crashed session had no end to send
            # at, nor had one in a unit or a container, whatever this one runs in. Where no attempt is due no sender is
            # started: a slow one would take the attempt of this session's end.
            left_to_start = get_meta(db, AT_START) == "yes" or self._profile.environment.supervised
            attempts = crashed or (left_to_start and attempt_due(db) and bool(outbox.due(db)))
        if attempts:
            start_sender(self._profile, at_start=True)

    def _add(self, db: Database, session: Session) -> tuple[Session, Lock]:
        with sqlite_errors(store_path(self._profile)), transaction(db):
            summed: dict[str, DaySums] = {}
            for copied in sessions.running(db):  # somebody put a copy of the old folder in its place
                if copied.report_id == session.report_id:
                    sessions.remove(db, copied.row_id)
                    summed |= copied.counters.days
            row_id = sessions.begin(db, session, summed)
            set_meta(db, AT_START, "yes" if self._profile.environment.supervised else "no")
            lock = sessions.take_lock(self._profile, row_id)  # before anybody can see the row without it
        return session._replace(row_id=row_id), lock

    def _checkpoint(self, counters: Counters) -> None:
        if self._db is None or self._session is None:
            return
        self._restore(counters)
        due = self._profile.clock.monotonic() - self._written_at >= IDLE_WRITE_SECONDS
        if due or _figures(counters) != _figures(self._written):
            path = store_path(self._profile)
            with sqlite_errors(path), transaction(self._db):
                there = sessions.checkpoint(self._db, self._session.row_id, counters, self._profile.clock.now())
            if not there:
                remedy = "Its figures are not saved; start the server again to have it measured"
                raise UserError("this session was deleted from the store", where=path, remedy=remedy)
            self._set_written(counters)

    def _restore(self, counters: Counters) -> None:
        """Restore what was removed while the session runs: its lock, or the store with this whole session in it.

        Raises `UserError` where that fails; the next write tries again.
        """
        if self._lock is None or self._session is None:
            return
        path = store_path(self._profile)
        if not self._store_in_place(path):
            self._enter_new_store(self._session._replace(updated=self._profile.clock.now(), counters=counters))
            line = f"{path}: was removed or replaced while this session ran. It has the session's figures again"
        elif not self._lock.in_place():
            self._lock.release()
            self._lock = sessions.take_lock(self._profile, self._session.row_id)
            lock = sessions.lock_path(self._profile, self._session.row_id)
            line = f"{lock}: was removed or replaced while this session ran. Made again"
        else:
            return
        log_event(self._profile, "the store or a session's lock was removed while a session ran; the session goes on")
        self._print_line(line)

    def _enter_new_store(self, session: Session) -> None:
        db = connect(self._profile)
        path = store_path(self._profile)
        try:
            with sqlite_errors(path):
                file = os.stat(path)
            if self._lock is not None:
                self._lock.release(remove=True)  # where only the store was removed, the new one needs this file's name
            added, lock = self._add(db, session)
            sessions.clear_locks(self._profile)  # nobody holds the locks of a copy
        except BaseException:
            db.close()
            raise
        old = self._db
        self._db, self._file, self._session, self._lock = db, file, added, lock
        self._set_written(session.counters)
        if old is not None:
            old.close()

    def _store_in_place(self, path: str) -> bool:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            return self._file is not None and os.path.samestat(os.stat(path), self._file)
        return False

    def _set_written(self, counters: Counters) -> None:
        self._written = counters
        self._written_at = self._profile.clock.monotonic()


def _figures(counters: Counters) -> Counters:
    return counters._replace(uptime_s=0, memory_bytes=None)
