"""The store's side of a measured session: everything that may wait for a disk, in a thread of its own.

The event loop hands pictures of the counters over and never waits. What fails here is noted in the local log and costs
figures, never the server.
"""

import contextlib
import os
import sys
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Final

from shimmy_metrics.actions.owed import settle
from shimmy_metrics.consent import ENDPOINT, Standing
from shimmy_metrics.counters import Counters
from shimmy_metrics.delivery.detach import start_sender
from shimmy_metrics.delivery.sealing import end_session, seal_dead
from shimmy_metrics.machine.facts import Facts
from shimmy_metrics.machine.gather import gather
from shimmy_metrics.records import Session
from shimmy_metrics.serve.health import SHIMMY, Name
from shimmy_metrics.store import outbox, sessions
from shimmy_metrics.store.database import Database, connect, forget, store_path, transaction, troubles
from shimmy_metrics.system.locks import Lock
from shimmy_metrics.system.log import note
from shimmy_metrics.system.profile import Profile

IDLE_WRITE_SECONDS: Final = 60
"""How often figures are written of which only the uptime and the server's memory changed."""

Job = Callable[[], None]


class Clerk:
    """One thread that does jobs in their order. It holds no exit up: what is not done when the process ends is not."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._jobs: SimpleQueue[Job] = SimpleQueue()
        threading.Thread(target=self._work, daemon=True, name="books").start()

    def give(self, job: Job) -> None:
        """Give it a job; what the job raises goes to the local log."""
        self._jobs.put(job)

    def finish(self, seconds: float) -> bool:
        """Wait until the jobs given so far are done, at most so long; return whether they are."""
        done = threading.Event()
        self.give(done.set)
        return done.wait(seconds)

    def _work(self) -> None:
        while True:
            job = self._jobs.get()
            try:
                job()
            except Exception as error:  # noqa: BLE001 - the boundary: nothing of the metrics may touch the server
                note(self._profile, "the session's books: a step failed", error)


@dataclass(frozen=True, slots=True)
class Header:
    """What stands over the figures: under which decision they are counted, for whom, of which server, where."""

    standing: Standing
    address: str
    client_hint: str
    name: Name

    @property
    def local(self) -> bool:
        """Whether the figures are for the person alone: by choice, or because Shimmy's endpoint gets Shimmy's alone."""
        return self.standing.decision.local or (self.standing.endpoint == ENDPOINT and self.name.server != SHIMMY)

    @property
    def grant(self) -> str:
        """The decision that a report would be sealed under, empty where none will be."""
        return "" if self.local else self.standing.decision.grant


class Books:
    """One process's place in the store. Every method is a job of the clerk's thread; they raise what goes wrong."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._db: Database | None = None
        self._lock: Lock | None = None
        self._facts: Facts | None = None
        self._row = 0
        self._written = Counters()
        self._written_at = 0.0

    def open(self) -> None:
        """Open the store, and put in order what earlier sessions left. Raises `TroubleError`."""
        settle(self._profile)
        db = connect(self._profile)
        self._facts = gather(self._profile.environment.get("TZ") or None)
        self._db = db
        with troubles(store_path(self._profile)):
            crashed = seal_dead(self._profile, db, self._facts)
        # What failed before waits for this session's end; only what had no end of its own goes at the start.
        if crashed or (self._profile.environment.supervised and outbox.due(db)):
            start_sender(self._profile, at_start=True)

    def begin(self, header: Header, counters: Counters) -> None:
        """Add the session. Nothing is done where the store could not be opened. Raises `TroubleError`."""
        if self._db is None:
            return
        now = self._profile.clock.now()
        session_id = str(uuid.uuid4())
        session = Session(
            id=0,
            session_id=session_id,
            grant=header.grant,
            local=header.local,
            server=header.name.server,
            version=header.name.version,
            address=header.address,
            switch=header.standing.switch,
            client_hint=header.client_hint,
            started=now,
            updated=now,
            ended=None,
            counters=counters,
        )
        with troubles(store_path(self._profile)):
            self._lock = sessions.take_lock(self._profile, session_id)
            try:
                self._row = sessions.begin(self._db, session)
            except BaseException:
                self._lock.release(remove=True)
                raise
        self._remember(counters)

    def introduce(self, header: Header) -> None:
        """Write what the server said of itself, and whom its figures are for."""
        if self._db is not None and self._row:
            sessions.introduce(
                self._db,
                self._row,
                server=header.name.server,
                version=header.name.version,
                local=header.local,
                grant=header.grant,
            )

    def write(self, counters: Counters) -> None:
        """Write the counters where they changed; uptime and memory alone are no change for a minute."""
        if self._db is None or not self._row:
            return
        due = self._profile.clock.monotonic() - self._written_at >= IDLE_WRITE_SECONDS
        if due or _figures(counters) != _figures(self._written):
            sessions.checkpoint(self._db, self._row, counters, self._profile.clock.now())
            self._remember(counters)

    def end(self, counters: Counters) -> None:
        """Seal the session, keep it or delete it, as the decision in force says now; then the sender is started."""
        if self._db is None or not self._row or self._facts is None:
            return
        row, self._row = self._row, 0
        due = end_session(self._profile, self._db, row, counters, self._facts)
        if self._lock is not None:
            self._lock.release(remove=True)
        if due:
            start_sender(self._profile)

    def withdraw(self) -> None:
        """Delete the session, so that its figures are in no file."""
        if self._db is None:
            return
        row, self._row = self._row, 0
        with transaction(self._db):
            sessions.remove(self._db, row)
        if self._lock is not None:
            self._lock.release(remove=True)
        if not forget(self._db):
            note(self._profile, "deleted figures stay in the store's log until the next write")

    def close(self) -> None:
        """Close the store."""
        if self._db is not None:
            self._db.close()
            self._db = None

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
