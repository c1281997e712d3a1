"""The exact bytes that would be sent next, and why they would, or would not."""

from enum import StrEnum
from typing import NamedTuple

from shimmy_metrics.consent import SCHEMA_VERSION, Consent, Delivery, Obstacle, Standing
from shimmy_metrics.delivery.force import in_force
from shimmy_metrics.delivery.request import Request, headers, next_request
from shimmy_metrics.delivery.sealing import example, measured
from shimmy_metrics.machine.facts import Facts
from shimmy_metrics.records import Pending, Session, Wait
from shimmy_metrics.report.build import build, raw_values
from shimmy_metrics.report.measured import Measured
from shimmy_metrics.report.seal import seal
from shimmy_metrics.store import outbox, sessions
from shimmy_metrics.store.database import Database, looked_at
from shimmy_metrics.system.profile import Profile


class Basis(StrEnum):
    """What the previewed bytes are."""

    PENDING = "pending"
    """Sealed reports: these very bytes are sent next."""
    SESSION = "session"
    """The running session, as it would be sealed now."""
    EXAMPLE = "example"
    """An example with no session behind it."""


class Preview(NamedTuple):
    """The next request and what it rests on. `obstacle` and `leaves` say whether it goes by itself."""

    request: Request
    basis: Basis
    standing: Standing
    obstacle: Obstacle | None

    @property
    def leaves(self) -> bool:
        """Whether these bytes, once sealed, leave without a person's release."""
        return self.standing.sends and self.standing.decision.delivery is Delivery.AUTOMATIC


def preview(profile: Profile, facts: Facts) -> Preview:
    """Return what would be sent next. Raises `TroubleError` for a config or a store that cannot be used."""
    with looked_at(profile, off=not in_force(profile, None).measures) as db:
        force = in_force(profile, db)
        waiting = outbox.everything(db) if db else []
        due = [report for report in waiting if report.wait is Wait.DUE]
        held = [report for report in waiting if report.wait is Wait.REVIEW]
        request = next_request(due, force.endpoint) or next_request(held, force.endpoint)
        basis = Basis.PENDING
        if request is None:
            session = _newest(profile, db)
            basis = Basis.EXAMPLE if session is None else Basis.SESSION
            pending = as_it_would_be(profile, db, session, facts, schema_version=_schema(force))
            request = Request(force.endpoint, headers(force.endpoint, len(pending.body)), pending.body, (pending,))
    return Preview(request, basis, force, force.obstacle)


def as_it_would_be(
    profile: Profile, db: Database | None, session: Session | None, facts: Facts, *, schema_version: int
) -> Pending:
    """Return the report that a session (or none: an example) would be if it were sealed now. Nothing is stored."""
    now = profile.clock.now()
    values: Measured
    if session is None:
        values = example(facts, now, schema_version, db)
    else:
        values = measured(db, session, facts, now=now, schema_version=schema_version)
    sealed = seal(build(values))
    return Pending(0, values.session_id, sealed.body, sealed.sha256, now, Wait.DUE, raw_values(values))


def _newest(profile: Profile, db: Database | None) -> Session | None:
    running = [session for session in sessions.running(db) if sessions.alive(profile, session)] if db else []
    return running[-1] if running else None


def _schema(force: Standing) -> int:
    """Return the schema version that a report sealed now would have: the agreed one, or this program's."""
    agreed = force.decision.consent is Consent.GRANTED
    return min(force.decision.schema_version, SCHEMA_VERSION) if agreed else SCHEMA_VERSION
