"""The end of a session: its counters become a report whose bytes are final, in the transaction that ends the session.

A session is sealed only under the decision under which it was measured. The config is read within the transaction: a
withdrawal writes the config first and deletes afterwards, so whichever comes first, nothing of a withdrawn session
stays.
"""

import os
from datetime import datetime

from shimmy_metrics.config.file import present
from shimmy_metrics.consent.effective_consent import EffectiveConsent
from shimmy_metrics.consent.endpoint import same_endpoint
from shimmy_metrics.consent.state import Consent, Delivery
from shimmy_metrics.counters import Counters
from shimmy_metrics.delivery.as_sealed import ACTIVE_DAY, MACHINE_MONTH, measured
from shimmy_metrics.delivery.backoff import session_ended
from shimmy_metrics.delivery.consent_with_answers import effective_consent
from shimmy_metrics.machine.facts import Facts
from shimmy_metrics.machine.gather import gather
from shimmy_metrics.records import NoteKind, QueuedReport, QueueState, Session
from shimmy_metrics.report.build import build, raw_values
from shimmy_metrics.report.seal import seal
from shimmy_metrics.store import chain, outbox, sessions
from shimmy_metrics.store.database import Database, opened, set_meta, store_path, transaction
from shimmy_metrics.system.profile import Profile


def end_session(profile: Profile, db: Database, row_id: int, counters: Counters, facts: Facts) -> bool:
    """Seal the session, keep it for the person, or delete it; return whether its end makes an attempt to send.

    Do nothing where it has ended already. Raise `UserError` (a damaged config, a full disk); the session then stays for
    the next start.
    """
    with transaction(db):
        session = sessions.get(db, row_id)
        if session is None or session.ended is not None:
            return False
        _end(profile, db, session._replace(counters=counters), facts)
        return bool(outbox.due(db)) and _attempts(profile, db)


def seal_ended(
    profile: Profile, row_id: int, counters: Counters, lock: int | None = None, session: Session | None = None
) -> None:
    """End a session for its own process, which is gone and had no time for it. Raise `UserError`.

    `lock` is an inherited descriptor that holds the session's lock; it is closed. A store that was deleted meanwhile is
    not created anew. `session` is one that ended before it was stored: it is added first, if consent still covers it.
    """
    if session is None:
        if not os.path.exists(store_path(profile)):
            return
    elif not effective_consent(profile, None).measures:
        return
    with opened(profile) as db:
        if session is not None:
            row_id = _added(db, session)
        end_session(profile, db, row_id, counters, gather(profile.environment))
        if lock is not None:
            os.close(lock)
        sessions.clear_locks(profile)


def _added(db: Database, session: Session) -> int:
    """Return the session's row id; its own process may have added it at the last instant."""
    with transaction(db):
        known = [each.row_id for each in sessions.everything(db) if each.report_id == session.report_id]
        return known[0] if known else sessions.begin(db, session)


def recover_crashed(profile: Profile, db: Database, facts: Facts) -> bool:
    """End the sessions whose process is gone; return whether one of these ends makes an attempt to send.

    Only a session whose report is due counts as a session's end. Raise `UserError`; the sessions that were not ended
    then stay for the next start.
    """
    with transaction(db):
        attempts = False
        for session in sessions.running(db):
            if not sessions.alive(profile, session):
                _end(profile, db, session, facts)
                made = any(report.report_id == session.report_id for report in outbox.due(db))
                attempts = (made and _attempts(profile, db)) or attempts
        sessions.clear_locks(profile)
        return attempts


def _attempts(profile: Profile, db: Database) -> bool:
    """Count a session's end; return whether it makes an attempt. It does not count where nothing may be sent."""
    return effective_consent(profile, db).sends and session_ended(db)


def _end(profile: Profile, db: Database, session: Session, facts: Facts) -> None:
    now = profile.clock.now()
    consent = effective_consent(profile, db)
    if consent.switch:
        return  # this process's switch says nothing about the session, which stays until a start without a switch
    if consent.pauses:
        return  # a config that others may write decides nothing; the session stays until it can be trusted
    decision = consent.decision
    granted = decision.consent is Consent.GRANTED and present(profile)
    if granted and not session.local and consent.seals:
        _seal(db, session, facts, now, consent)
        sessions.checkpoint(db, session.row_id, session.counters, now)
        sessions.finish(db, session.row_id, now, local=False)
    elif granted or decision.local:
        # For the person alone: by choice, because of the kind of server, or because the programme has ended.
        sessions.checkpoint(db, session.row_id, session.counters, now)
        sessions.finish(db, session.row_id, now, local=True)
    else:
        sessions.remove(db, session.row_id)
    dropped = outbox.expire(db, now)
    if dropped:
        chain.add_note(db, at=now, kind=NoteKind.DROPPED, number=dropped)


def _seal(db: Database, session: Session, facts: Facts, now: datetime, consent: EffectiveConsent) -> None:
    values = measured(db, session, facts, now=now, schema_version=consent.decision.schema_version)
    report = build(values)
    sealed = seal(report)
    metrics = report["metrics"]
    assert isinstance(metrics, dict)
    if metrics["daily_active_usage"]:
        set_meta(db, ACTIVE_DAY, f"{now:%Y-%m-%d}")
    if metrics["memory_gb"] is not None or metrics["cpu_cores"] is not None:
        set_meta(db, MACHINE_MONTH, f"{now:%Y-%m}")
    state = _state(session, consent)
    outbox.add(
        db,
        QueuedReport(
            row_id=0,
            report_id=session.report_id,
            body=sealed.body,
            sha256=sealed.sha256,
            sealed=now,
            state=state,
            measured=raw_values(values),
            consent_id=session.consent_id,
            endpoint=session.endpoint if state is QueueState.HELD_FOR_ENDPOINT else consent.decision.endpoint,
        ),
    )


def _state(session: Session, consent: EffectiveConsent) -> QueueState:
    """Return the report's state.

    One that was measured under an earlier yes, or in a process with another endpoint than the one agreed to, is held
    until the person releases it; so is each where its receiver publishes about smaller groups than agreed to.
    """
    decision = consent.decision
    if session.consent_id != decision.consent_id or not same_endpoint(session.endpoint, decision.endpoint):
        return QueueState.HELD_FOR_ENDPOINT
    if decision.delivery is Delivery.REVIEW:
        return QueueState.HELD_BY_MODE
    return QueueState.HELD_FOR_GROUPS if consent.groups.lowered else QueueState.DUE
