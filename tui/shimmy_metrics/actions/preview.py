"""The exact bytes that would be sent next, and what they are."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from shimmy_metrics.config.read_consent import read_consent
from shimmy_metrics.consent.effective_consent import EffectiveConsent
from shimmy_metrics.consent.state import SCHEMA_VERSION, Consent
from shimmy_metrics.delivery.as_sealed import example_report, measured
from shimmy_metrics.delivery.consent_with_answers import with_store
from shimmy_metrics.delivery.proxy import proxy_shown
from shimmy_metrics.delivery.reading import being_sent, outbox_for_sender, read_with_sender
from shimmy_metrics.delivery.request import Request, headers, next_request
from shimmy_metrics.machine.facts import Facts
from shimmy_metrics.next_attempt import NextAttempt
from shimmy_metrics.report.build import build, raw_values
from shimmy_metrics.report.measured import Measured
from shimmy_metrics.report.seal import seal, written
from shimmy_metrics.store.database import Database
from shimmy_metrics.store.readonly import open_readonly
from shimmy_metrics.system.profile import Profile

if TYPE_CHECKING:
    from shimmy_metrics.records import QueuedReport, Session
else:
    # An absent store holds none of them. Not quoted instead: `typing` compiles what stands so in a named tuple, and the
    # first time that takes a quarter of a bare Python's start.
    QueuedReport = Session = object


class Basis(StrEnum):
    """What the previewed bytes are."""

    QUEUED = "queued"
    """Queued reports: exactly these bytes are sent next."""
    SESSION = "session"
    """The running session, or one that was cut off, as it would be sealed now."""
    EXAMPLE = "example"
    """An example with no session behind it."""


class Preview(NamedTuple):
    """The next request and what it is; of what is not sealed yet it has no `reports`.

    `session` is the running one, or the newest that was cut off, if that is previewed; `running` are all that are
    measured now, `cut_off` is how many were cut off. `left_over` counts reports that wait as these do and do not fit
    into the request; `attempt` is when a sender tries next by itself; `sending` tells that a sender is at work
    that may have it; `proxy` is the proxy on the way to the receiver, as it is shown, empty where there is none.
    """

    request: Request
    basis: Basis
    consent: EffectiveConsent
    session: Session | None = None
    running: tuple[Session, ...] = ()
    cut_off: int = 0
    left_over: int = 0
    attempt: NextAttempt = NextAttempt()
    sending: bool = False
    proxy: str = ""


def preview(profile: Profile, facts: Facts) -> Preview:
    """Return what would be sent next. Raises `UserError` for a config or a store that cannot be used."""
    consent = read_consent(profile)
    proxy = proxy_shown(consent.endpoint, profile.environment)
    with read_with_sender(profile, off=not consent.measures) as (db, at_work):
        consent = with_store(profile, consent, db)
        if db is None:
            request = _unsealed_request(profile, None, None, facts, consent)
            return Preview(request, Basis.EXAMPLE, consent, proxy=proxy)
        return _read(profile, db, facts, consent, at_work=at_work)._replace(proxy=proxy)


def _read(profile: Profile, db: Database, facts: Facts, consent: EffectiveConsent, *, at_work: bool) -> Preview:
    # An absent store wants none of them.
    from shimmy_metrics.actions.cut_off import cut_off_sessions
    from shimmy_metrics.delivery.backoff import next_attempt
    from shimmy_metrics.records import QueueState

    now = profile.clock.now()
    queued = leavable(outbox_for_sender(db, consent.decision), now)
    request = request_of(queued, consent.endpoint)
    running = running_sessions(profile, db)
    attempt = next_attempt(profile, db, consent.decision)
    if request is None:
        cut_off = cut_off_sessions(profile, db, running)
        session = next(reversed((*cut_off, *running)), None)
        request = _unsealed_request(profile, db, session, facts, consent)
        basis = Basis.EXAMPLE if session is None else Basis.SESSION
        return Preview(request, basis, consent, session, running, len(cut_off), attempt=attempt)
    due = request.reports[0].state is QueueState.DUE
    alike = sum(report.state is QueueState.DUE if due else report.state.held for report in queued)
    busy = being_sent(db, now, at_work=at_work)
    left_over = alike - len(request.reports)
    return Preview(request, Basis.QUEUED, consent, running=running, left_over=left_over, attempt=attempt, sending=busy)


def _unsealed_request(
    profile: Profile, db: Database | None, session: Session | None, facts: Facts, consent: EffectiveConsent
) -> Request:
    values = _values(db, session, facts, now=profile.clock.now(), schema_version=agreed_schema(consent))
    body = written(build(values))
    return Request(consent.endpoint, headers(consent.endpoint, len(body)), body, ())


def leavable(queued: Sequence[QueuedReport], now: datetime) -> list[QueuedReport]:
    """Return what is not too old to be sent; the end of a session deletes the rest."""
    return [report for report in queued if not report.overdue(now)]


def request_of(queued: Sequence[QueuedReport], endpoint: str) -> Request | None:
    """Return the next request: what is due, else what releasing everything held would send; None without either."""
    from shimmy_metrics.records import QueueState

    due = [report for report in queued if report.state is QueueState.DUE]
    return next_request(due, endpoint) or next_request([report for report in queued if report.state.held], endpoint)


def request_for(reports: Sequence[QueuedReport], endpoint: str) -> Request:
    """Return the request that would carry these reports, one or more, and no others. Nothing is sent.

    Reports that do not fit are left out.
    """
    request = next_request(list(reports), endpoint)
    assert request is not None
    return request


def preview_report(
    profile: Profile, db: Database | None, session: Session | None, facts: Facts, *, schema_version: int
) -> QueuedReport:
    """Return the report of a session (None: an example) as it would be sealed now. Nothing is stored."""
    from shimmy_metrics.records import QueuedReport, QueueState

    now = profile.clock.now()
    values = _values(db, session, facts, now=now, schema_version=schema_version)
    sealed = seal(build(values))
    return QueuedReport(0, values.session_id, sealed.body, sealed.sha256, now, QueueState.DUE, raw_values(values))


def _values(
    db: Database | None, session: Session | None, facts: Facts, *, now: datetime, schema_version: int
) -> Measured:
    if session is None:
        return example_report(facts, now, schema_version, db)
    return measured(db, session, facts, now=now, schema_version=schema_version)


def current(profile: Profile, facts: Facts) -> tuple[Basis, QueuedReport]:
    """Return the newest running session as it would be sealed now, or without one an example, and which it is.

    Raises `UserError` for a config or a store that cannot be used.
    """
    consent = read_consent(profile)
    with open_readonly(profile, off=not consent.measures) as db:
        session = next(reversed(running_sessions(profile, db)), None)
        basis = Basis.EXAMPLE if session is None else Basis.SESSION
        version = SCHEMA_VERSION if session is None else agreed_schema(consent)
        return basis, preview_report(profile, db, session, facts, schema_version=version)


def running_sessions(profile: Profile, db: Database | None) -> tuple[Session, ...]:
    """Return the sessions whose process is alive, oldest first."""
    if db is None:
        return ()
    from shimmy_metrics.store import sessions

    return tuple(session for session in sessions.running(db) if sessions.alive(profile, session))


def agreed_schema(consent: EffectiveConsent) -> int:
    """Return the schema version that a report sealed now would have: the agreed one, or this program's."""
    agreed = consent.decision.consent is Consent.GRANTED
    return min(consent.decision.schema_version, SCHEMA_VERSION) if agreed else SCHEMA_VERSION
