"""Queued reports by number, and requests that carry them."""

from typing import Final

from shimmy_metrics.delivery.backoff import session_ended
from shimmy_metrics.delivery.request import Request, next_request
from shimmy_metrics.records import QueuedReport
from shimmy_metrics.store import outbox, releases
from shimmy_metrics.store.database import opened, transaction
from shimmy_metrics.system.profile import Profile
from support.samples import queued

LOCAL: Final = "http://127.0.0.1:9/v1/usage"
"""An endpoint at which nobody listens."""


def uuid(number: int) -> str:
    """Return a report's id, by its number."""
    return f"c0ffee00-0000-4000-8000-{number:012x}"


def report(number: int, consent_id: str = "", endpoint: str = LOCAL) -> QueuedReport:
    """Return a waiting report, by its number."""
    return queued(uuid(number), consent_id=consent_id, endpoint=endpoint)


def request(*numbers: int) -> Request:
    """Return the request that carries these reports."""
    made = next_request([report(number) for number in numbers], LOCAL)
    assert made is not None
    return made


def end_of_session(profile: Profile) -> bool:
    """Count the end of a session at which reports are due; return whether it makes an attempt."""
    with opened(profile) as db, transaction(db):
        return session_ended(db)


def let_go(profile: Profile, *reports: int) -> None:
    """Write that these reports (numbers in the store) were released by hand, under the decision as it stands."""
    from shimmy_metrics.config.file import load

    with opened(profile) as db, transaction(db):
        releases.release(db, reports, load(profile).decision.consent_id, profile.clock.now())


def fill_outbox(profile: Profile, *numbers: int) -> None:
    """Put these reports into the outbox, sealed under the decision as it stands."""
    from shimmy_metrics.config.file import load

    decision = load(profile).decision
    with opened(profile) as db:
        for number in numbers:
            outbox.add(db, report(number, decision.consent_id, decision.endpoint))
