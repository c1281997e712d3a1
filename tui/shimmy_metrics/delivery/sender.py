"""One sender at a time: a departure's row, consent, one request, what became of it.

Order: the row stands in the store before a byte can leave; then consent is read, when the connection stands and again
before the body; then the bytes. Consent is watched all the while: when it is withdrawn the attempt ends at once.
Silent: a failure leaves the reports where they are, for a later session's end.
"""

import time
from collections.abc import Collection
from datetime import datetime
from typing import Final, NamedTuple

from shimmy_metrics.config.file import present
from shimmy_metrics.consent.effective import EffectiveConsent
from shimmy_metrics.consent.state import Delivery
from shimmy_metrics.delivery import backoff
from shimmy_metrics.delivery.effective import ENDED, effective_consent
from shimmy_metrics.delivery.post import Gate, Post, Response
from shimmy_metrics.delivery.request import Request, next_request
from shimmy_metrics.delivery.response import Classification, classify
from shimmy_metrics.delivery.sender_lock import lock_path, sending
from shimmy_metrics.errors import UserError
from shimmy_metrics.records import Cause, Departure, Failure, Outcome, QueuedReport, QueueState
from shimmy_metrics.report.seal import digest
from shimmy_metrics.report.validate import validate_body
from shimmy_metrics.store import departures, outbox, releases
from shimmy_metrics.store.database import Database, opened, set_meta, store_path, transaction, with_room
from shimmy_metrics.store.readonly import open_readonly
from shimmy_metrics.system.locks import Lock
from shimmy_metrics.system.log import log_departure
from shimmy_metrics.system.profile import Profile

_WATCH_SECONDS: Final = 0.02
"""How often consent is looked at while a request is under way."""

_BOOKING_SECONDS: Final = 0.25
"""What is kept of the time for writing down what became of a request."""

_TURN_SECONDS: Final = 0.02
"""How often a sender that waits for another looks whether it has ended."""

_BUSY_SECONDS: Final = 1.0
"""How long another's hold on the store is waited for: the sender has 5 s in all."""


class _Leaving(NamedTuple):
    """A request, the number of its departure, and the yes under which it leaves: its reports', or the release's."""

    request: Request
    departure: int
    consent_id: str
    by_hand: bool


def send_queued(profile: Profile, deadline: float, released: Collection[int] = ()) -> None:
    """Make one request of what is due, until `deadline` (monotonic seconds) at the latest.

    `released` are the reports (numbers in the store) that a person released by hand: they are one request of their own,
    and no session's end is passed over for it. Another sender that is at work is waited for. Raises `UserError`
    where the store or the config cannot be used.
    """
    lock = Lock(lock_path(profile))
    while time.monotonic() < deadline and _waiting(profile, released):
        if lock.take():
            try:
                _attempt(profile, deadline, released)
            finally:
                lock.release()
            return
        time.sleep(_TURN_SECONDS)


def _attempt(profile: Profile, deadline: float, released: Collection[int]) -> None:
    with opened(profile, _BUSY_SECONDS) as db:
        with transaction(db):
            departures.complete_abandoned(db, profile.clock.now())
        leaving = _next(profile, db, released)
        if leaving is None:
            return
        answer, passed = _send(profile, db, leaving, deadline - _BOOKING_SECONDS)
        withdrawn = answer.failure is Failure.WITHDRAWN
        request = leaving.request
        verdict = Classification(Outcome.CUT_OFF) if withdrawn and passed else classify(request, answer, passed=passed)
        log_departure(profile, verdict.outcome, reports=len(request.reports), status=answer.status)
        # It left: where the disk has no room for that now, there is the ballast.
        with_room(store_path(profile), lambda: _complete(profile, db, leaving, answer, verdict))


def _send(profile: Profile, db: Database, leaving: _Leaving, deadline: float) -> tuple[Response, bool]:
    """Send the request; return the answer and whether a byte may have left."""
    reports = leaving.request.reports
    taken_back = False

    def permits() -> bool:
        nonlocal taken_back
        if not gate.passed:
            with transaction(db):  # from here on none of them can be deleted or held back
                taken_back = not all(_still_leaves(db, report) for report in reports)
                if taken_back:
                    return False
                departures.may_leave(db, leaving.departure, [report.report_id for report in reports])
        return _covers(profile, db, leaving)

    gate = Gate(permits)
    post = Post(leaving.request, profile.environment, gate, deadline - time.monotonic())
    while True:
        answer = post.answer(_WATCH_SECONDS)
        if answer is not None:
            return (Response(failure=Failure.TAKEN_BACK) if taken_back else answer), gate.passed
        withdrawn = not _consented(profile, leaving)
        if withdrawn or time.monotonic() > deadline:
            return Response(failure=Failure.WITHDRAWN if withdrawn else Failure.TIME), gate.close()


def _next(profile: Profile, db: Database, released: Collection[int]) -> _Leaving | None:
    """Return the next request, its departure begun in the store, or None where none may or need leave.

    An attempt or a release is taken in the transaction that begins its departure: whatever ends this process, one that
    was taken is on record.
    """
    now = profile.clock.now()
    with transaction(db):
        outbox.redate(db, now)
    consent = _sending(profile, db)
    if consent is None:
        return None  # reports of a newer program's may wait here: not ours to judge
    consent_id = consent.decision.consent_id
    with transaction(db):
        if released:
            taken = (outbox.get(db, report) for report in releases.take(db, released, consent_id, now))
            chosen = [report for report in taken if report is not None]
        elif backoff.take_attempt(db):
            if consent.decision.delivery is Delivery.REVIEW:  # written by hand, while reports were due
                outbox.move_all(db, QueueState.DUE, QueueState.HELD_BY_MODE)
            outbox.hold_others(db, consent_id, consent.decision.endpoint)
            chosen = _due(db, now)
        else:
            return None
        # What has waited too long is left for a session's end to delete.
        leaving = [report for report in chosen if not report.overdue(now) and _may_leave(db, report)]
        request = next_request(leaving, consent.endpoint)
        if request is None:
            return None
        by_hand = bool(released)
        return _Leaving(request, departures.begin(db, _departure(now, request, by_hand=by_hand)), consent_id, by_hand)


def _due(db: Database, now: datetime) -> list[QueuedReport]:
    """Return what a session's end sends: all that is due, but what a person released as a request of its own."""
    by_hand = releases.released(db, now)
    return [report for report in outbox.due(db) if report.row_id not in by_hand]


def _may_leave(db: Database, report: QueuedReport) -> bool:
    """Whether the fields allow every byte of it; otherwise it is set aside."""
    if not validate_body(report.body):
        return True
    whole = digest(report.body) == report.sha256
    outbox.mark(db, report.row_id, QueueState.SET_ASIDE, Cause.OLDER_RULES if whole else Cause.DAMAGED)
    return False


def _still_leaves(db: Database, report: QueuedReport) -> bool:
    """Whether a report that was read before waits as it did then, or is due meanwhile."""
    now = outbox.get(db, report.row_id)
    return now is not None and now.state in (report.state, QueueState.DUE)


def _waiting(profile: Profile, released: Collection[int]) -> bool:
    """Whether there is something to do. A store that is gone is not made anew: all of it may have been deleted."""
    now = profile.clock.now()
    with open_readonly(profile) as db:
        if db is None:
            return False
        if released:
            leaves = not releases.released(db, now).isdisjoint(released)
        else:
            leaves = backoff.attempt_due(db) and bool(_due(db, now))
        left_open = any(each.ended is None for each in departures.everything(db))
    return leaves or (left_open and not sending(profile))


def _sending(profile: Profile, db: Database | None) -> EffectiveConsent | None:
    """Return what is in force at this very moment, or None where nothing may leave."""
    consent = effective_consent(profile, db)
    return consent if consent.sends and present(profile) else None


def _covers(profile: Profile, db: Database, leaving: _Leaving) -> bool:
    """Whether consent, at this very moment, covers these reports, this endpoint, and how they leave. Never raises."""
    try:
        consent = _sending(profile, db)
    except UserError:
        return False
    reviewed = consent is not None and consent.decision.delivery is Delivery.REVIEW
    return _same_yes(consent, leaving) and (leaving.by_hand or not reviewed)


def _consented(profile: Profile, leaving: _Leaving) -> bool:
    """Whether the config still says so. Never raises."""
    try:
        return _same_yes(_sending(profile, None), leaving)
    except UserError:
        return False


def _same_yes(consent: EffectiveConsent | None, leaving: _Leaving) -> bool:
    return (
        consent is not None
        and consent.endpoint == leaving.request.url
        and consent.decision.consent_id == leaving.consent_id
    )


def _departure(now: datetime, request: Request, *, by_hand: bool) -> Departure:
    return Departure(
        row_id=0,
        begun=now,
        endpoint=request.url,
        sha256=request.sha256,
        length=len(request.body),
        reports=len(request.reports),
        by_hand=by_hand,
    )


def _complete(profile: Profile, db: Database, leaving: _Leaving, answer: Response, verdict: Classification) -> None:
    """Write what became of the request, and of each report in it."""
    request = leaving.request
    stopped = answer.failure in (Failure.WITHDRAWN, Failure.TAKEN_BACK)
    with transaction(db):
        backoff.attempt_ended(db, failed=verdict.failed and not stopped)
        if verdict.ended:
            set_meta(db, ENDED, request.url)
        taken = 0
        for report in request.reports:
            refusal = verdict.refused.get(report.report_id)
            if refusal is not None:
                outbox.mark(db, report.row_id, QueueState.SET_ASIDE, refusal.cause, refusal.detail)
            elif verdict.outcome.taken:
                outbox.remove(db, report.row_id)
                taken += 1
        departures.complete(
            db,
            leaving.departure,
            ended=profile.clock.now(),
            outcome=verdict.outcome,
            status=answer.status,
            failure=answer.failure,
            taken=taken,
            body=request.body,
        )
