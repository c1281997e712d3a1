"""All that the app and `status` show, as one value; and a cheap way to see that it changed.

Never raises: what cannot be used is said in `trouble`, and the rest is shown.
"""

import contextlib
import os
from pathlib import Path
from typing import NamedTuple

from shimmy_metrics.actions.owed import settle
from shimmy_metrics.actions.preview import as_it_would_be
from shimmy_metrics.consent import SCHEMA_VERSION, Consent, Decision, Standing
from shimmy_metrics.delivery.force import in_force
from shimmy_metrics.delivery.proxy import proxy_shown
from shimmy_metrics.errors import TroubleError
from shimmy_metrics.machine.facts import Facts
from shimmy_metrics.records import Pending, Receipt, Session
from shimmy_metrics.report.fields import Field, new_since
from shimmy_metrics.store import outbox, receipts, sessions
from shimmy_metrics.store.database import Database, looked_at, store_path, unread_log
from shimmy_metrics.system.locks import held
from shimmy_metrics.system.profile import Profile


class Live(NamedTuple):
    """A running session, and the report it would be if it ended now."""

    session: Session
    would_be: Pending


class Overview(NamedTuple):
    """Everything there is to show.

    `trouble` is one line about a config, endpoint or store that cannot be used, or empty; `unusable` tells that it is
    the config or the endpoint, so that whatever was decided is not in force. `running` are the live
    sessions, oldest first; `ended` those kept for the person, newest first; `outbox` all reports that wait, oldest
    first; `receipts` the deliveries and notes, newest first. `example` is the report of a session in which nothing
    happened. `news` are the fields that a yes does not cover yet and that are to be asked for. `proxy` is the
    `HOST:PORT` by way of which a request goes, empty where it goes straight. `unread` tells that the store is off and
    was not read to its end.
    """

    standing: Standing
    example: Pending
    trouble: str = ""
    unusable: bool = False
    proxy: str = ""
    news: tuple[Field, ...] = ()
    running: tuple[Live, ...] = ()
    ended: tuple[Session, ...] = ()
    outbox: tuple[Pending, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    broken_receipts: tuple[int, ...] = ()
    unread: bool = False
    config_path: Path = Path()
    store_path: Path = Path()

    @property
    def deliveries(self) -> tuple[Receipt, ...]:
        """The receipts of bytes that left, newest first, without notes and folded links."""
        return tuple(receipt for receipt in self.receipts if receipt.body)


def overview(profile: Profile, facts: Facts, known: Overview | None = None) -> Overview:
    """Return everything there is to show now. A deletion that is owed is done first.

    `known` is an earlier one: its receipts are not read and checked again where no others came.
    """
    trouble, unusable = "", False
    try:
        force = in_force(profile, None)
    except TroubleError as error:
        trouble, unusable = str(error), True
        force = Standing(Decision(), profile.environment.switch)
    try:
        settle(profile)
    except TroubleError as error:  # the store's: whatever was decided is in force all the same
        trouble = trouble or str(error)
    example = as_it_would_be(profile, None, None, facts, schema_version=SCHEMA_VERSION)
    empty = Overview(
        force,
        example,
        trouble=trouble,
        unusable=unusable,
        proxy=proxy_shown(force.endpoint, profile.environment),
        news=new_since(force.decision.schema_version) if force.renews else (),
        config_path=profile.config_path,
        store_path=store_path(profile),
    )
    try:
        with looked_at(profile, off=not force.measures) as db:
            return empty if db is None else _read(profile, db, empty, facts, known)
    except TroubleError as error:
        return empty._replace(trouble=trouble or str(error))


def looked_back(profile: Profile, session: Session, facts: Facts) -> Live:
    """Return an ended session with the report that it would have been. Nothing is read or stored."""
    return Live(session, as_it_would_be(profile, None, session, facts, schema_version=SCHEMA_VERSION))


class Watch:
    """Tells whether something was changed by whomever: the config, the store, or a session's process that died.

    It compares the files' stamps rather than `PRAGMA data_version`: that opens nothing where metrics are off, and sees
    a file that was replaced.
    """

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._seen: tuple[object, ...] = ()

    def changed(self) -> bool:
        """Whether anything changed since the last call; the first call says True. Never raises."""
        now = self._look()
        changed = now != self._seen
        self._seen = now
        return changed

    def _look(self) -> tuple[object, ...]:
        store = store_path(self._profile)
        files = (self._profile.config_path, store, Path(f"{store}-wal"))
        alive: list[tuple[str, bool]] = []
        with contextlib.suppress(OSError):
            locks = self._profile.state_dir.glob("session-*.lock")
            alive = sorted((lock.name, held(lock)) for lock in locks)
        return (*map(_stamp, files), *alive)


def _stamp(path: Path) -> tuple[int, int, int]:
    with contextlib.suppress(OSError):
        found = os.stat(path)
        return found.st_mtime_ns, found.st_size, found.st_ino
    return 0, 0, 0


def _read(profile: Profile, db: Database, empty: Overview, facts: Facts, known: Overview | None) -> Overview:
    if known is None or not receipts.unchanged(db, known.receipts):
        held = tuple(receipts.everything(db))
        known = empty._replace(receipts=held, broken_receipts=tuple(receipts.broken(held)))
    force = empty.standing if empty.unusable else in_force(profile, db)
    agreed = force.decision.consent is Consent.GRANTED
    version = min(force.decision.schema_version, SCHEMA_VERSION) if agreed else SCHEMA_VERSION
    alive = [session for session in sessions.running(db) if sessions.alive(profile, session)]
    return empty._replace(
        standing=force,
        example=as_it_would_be(profile, db, None, facts, schema_version=SCHEMA_VERSION),
        running=tuple(
            Live(session, as_it_would_be(profile, db, session, facts, schema_version=version)) for session in alive
        ),
        ended=tuple(sessions.kept(db)),
        outbox=tuple(outbox.everything(db)),
        receipts=known.receipts,
        broken_receipts=known.broken_receipts,
        unread=not force.measures and unread_log(profile),
    )
