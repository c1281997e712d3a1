"""The end of a session: counters become a report whose bytes are final, in one transaction with the session's end.

A session is sealed only under the grant that measured it. The config is read inside the transaction: a withdrawal
writes the config first and deletes afterwards, so whichever comes first, nothing of a withdrawn session stays.
"""

import uuid
from datetime import datetime
from typing import Final

from shimmy_metrics.config.file import present
from shimmy_metrics.consent import Consent, Delivery, Standing
from shimmy_metrics.counters import Counters
from shimmy_metrics.delivery.force import in_force
from shimmy_metrics.machine.facts import Facts
from shimmy_metrics.records import Pending, Session, Wait
from shimmy_metrics.report.build import build, raw_values
from shimmy_metrics.report.measured import Measured
from shimmy_metrics.report.seal import Sealed, seal
from shimmy_metrics.store import outbox, receipts, sessions
from shimmy_metrics.store.database import Database, fact, remember, transaction
from shimmy_metrics.system.profile import Profile

_ACTIVE_DAY: Final = "active-day"
_MACHINE_MONTH: Final = "machine-month"
"""The UTC day and month for which a report was sealed that counts it. Kept through a withdrawal: at most once is at
most once."""


def end_session(profile: Profile, db: Database, session_id: int, counters: Counters, facts: Facts) -> bool:
    """Seal the session, keep it for the person, or discard it; return whether a report is due to be sent.

    `session_id` is the store's number. Raises `TroubleError` (a damaged config, a full disk); the session then stays
    for the next start.
    """
    with transaction(db):
        session = sessions.get(db, session_id)
        if session is not None:
            _end(profile, db, session._replace(counters=counters, updated=profile.clock.now()), facts)
        return bool(outbox.due(db))


def seal_dead(profile: Profile, db: Database, facts: Facts) -> bool:
    """End the sessions whose process is gone without having done so; return whether that made a report to be sent.

    Raises `TroubleError`; what was not ended then stays for the next start.
    """
    with transaction(db):
        before = len(outbox.due(db))
        for session in sessions.running(db):
            if not sessions.alive(profile, session):
                _end(profile, db, session, facts)
        sessions.clear_locks(profile)
        return len(outbox.due(db)) > before


def measured(db: Database | None, session: Session, facts: Facts, *, now: datetime, schema_version: int) -> Measured:
    """Return the session as it would be sealed at `now`."""
    return Measured(
        session_id=session.session_id,
        sealed=now,
        version=session.version,
        schema_version=schema_version,
        counters=session.counters,
        facts=facts,
        client_hint=session.client_hint or None,
        first_of_day=db is None or fact(db, _ACTIVE_DAY) != f"{now:%Y-%m-%d}",
        first_of_month=db is None or fact(db, _MACHINE_MONTH) != f"{now:%Y-%m}",
    )


def example(facts: Facts, now: datetime, schema_version: int, db: Database | None = None) -> Measured:
    """Return what this machine would report of a session in which nothing happened, after what `db` has sealed."""
    session = Session(
        id=0,
        session_id=str(uuid.UUID(int=0, version=4)),
        grant="",
        local=False,
        server="shimmy",
        version="",
        address="",
        switch="",
        client_hint="",
        started=now,
        updated=now,
        ended=None,
        counters=Counters(),
    )
    return measured(db, session, facts, now=now, schema_version=schema_version)


def _end(profile: Profile, db: Database, session: Session, facts: Facts) -> None:
    now = profile.clock.now()
    force = in_force(profile, db)
    if force.switch:
        return  # a switch in this process says nothing about the session: it stays until a start without one
    decision = force.decision
    granted = decision.consent is Consent.GRANTED and present(profile)
    if granted and session.grant and session.grant == decision.grant and not session.local and force.seals:
        _seal(db, session, facts, now, force)
        sessions.remove(db, session.id)
    elif (granted and (session.local or session.grant == decision.grant)) or (decision.local and session.local):
        # For the person alone: by their choice, another server's, or a programme that has ended.
        sessions.checkpoint(db, session.id, session.counters, now)
        sessions.finish(db, session.id, now)
    else:
        sessions.remove(db, session.id)


def _seal(db: Database, session: Session, facts: Facts, now: datetime, force: Standing) -> None:
    values = measured(db, session, facts, now=now, schema_version=force.decision.schema_version)
    report = build(values)
    sealed: Sealed = seal(report)
    metrics = report["metrics"]
    assert isinstance(metrics, dict)
    if metrics["daily_active_usage"]:
        remember(db, _ACTIVE_DAY, f"{now:%Y-%m-%d}")
    if metrics["memory_gb"] is not None or metrics["cpu_cores"] is not None:
        remember(db, _MACHINE_MONTH, f"{now:%Y-%m}")
    wait = Wait.REVIEW if force.decision.delivery is Delivery.REVIEW else Wait.DUE
    pending = Pending(0, session.session_id, sealed.body, sealed.sha256, now, wait, raw_values(values))
    outbox.add(db, pending)
    dropped = outbox.expire(db, now)
    if dropped:
        receipts.append(db, at=now, reports=dropped, note="dropped: too many, or too old")
