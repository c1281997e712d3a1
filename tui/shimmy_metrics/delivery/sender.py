"""One attempt to send: a departure's row, consent, one request, its outcome. One sender runs at a time.

The row is written before a byte can leave; then consent is read, when the connection stands and again before the body;
then the bytes are sent. Consent is polled meanwhile: when it is withdrawn the attempt ends at once. Nothing is printed:
after a failure the reports stay queued, for a later session's end.
"""

import time
from collections.abc import Collection
from datetime import datetime
from typing import Final, NamedTuple

from shimmy_metrics.config.file import present
from shimmy_metrics.consent.effective_consent import EffectiveConsent
from shimmy_metrics.consent.state import Delivery
from shimmy_metrics.delivery import backoff, groups
from shimmy_metrics.delivery.consent_with_answers import ENDED, effective_consent
from shimmy_metrics.delivery.departure_log import departure_line
from shimmy_metrics.delivery.post import Gate, Post, Response
from shimmy_metrics.delivery.request import Request, next_request
from shimmy_metrics.delivery.response import Classification, classify, named_group
from shimmy_metrics.delivery.sender_lock import lock_path, sending
from shimmy_metrics.errors import UserError
from shimmy_metrics.records import Cause, Departure, Failure, NoteKind, Outcome, QueuedReport, QueueState
from shimmy_metrics.report.seal import digest
from shimmy_metrics.report.validate import validate_body
from shimmy_metrics.store import chain, departures, outbox, releases
from shimmy_metrics.store.database import Database, opened, set_meta, store_path, transaction, with_room
from shimmy_metrics.store.readonly import open_readonly
from shimmy_metrics.system.locks import Lock
from shimmy_metrics.system.log import log_departure
from shimmy_metrics.system.profile import Profile

_WATCH_SECONDS: Final = 0.02
"""How often consent is read while a request is under way."""

_COMPLETION_SECONDS: Final = 0.25
"""The part of the time that is kept for completing the departure."""

_POLL_SECONDS: Final = 0.02
"""How often a sender that waits for another one tries the lock."""

_BUSY_SECONDS: Final = 1.0
"""How long to wait for another process that holds the store: the sender has 5 s in all."""

_STOPPED: Final = (Failure.WITHDRAWN, Failure.TAKEN_BACK)
"""A person ended the attempt: that is no failure of the way."""


class _Attempt(NamedTuple):
    """A request with its departure's row, and the decision under which it is sent: its reports', or the release's."""

    request: Request
    departure_id: int
    consent_id: str
    by_hand: bool


def send_queued(profile: Profile, deadline: float, released: Collection[int] = ()) -> None:
    """Send what is due in one request, until `deadline` (monotonic seconds) at the latest.

    `released` are the row ids of reports that a person released by hand: they are a request of their own, for which no
    session end is skipped. Wait for another sender that is running. Raise `UserError` where the store or the config
    cannot be used.
    """
    lock = Lock(lock_path(profile))
    while time.monotonic() < deadline and _has_work(profile, released):
        if lock.take():
            try:
                _attempt_to_send(profile, deadline, released)
            finally:
                lock.release()
            return
        time.sleep(_POLL_SECONDS)


def _attempt_to_send(profile: Profile, deadline: float, released: Collection[int]) -> None:
    with opened(profile, _BUSY_SECONDS) as db:
        with transaction(db):
            departures.complete_abandoned(db, profile.clock.now())
        attempt = _next(profile, db, released)
        if attempt is None:
            return
        response, passed = _send(profile, db, attempt, deadline - _COMPLETION_SECONDS)
        withdrawn = response.failure is Failure.WITHDRAWN
        request = attempt.request
        cut_off = withdrawn and passed
        meaning = Classification(Outcome.CUT_OFF) if cut_off else classify(request, response, passed=passed)
        stopped = response.failure in _STOPPED
        line = departure_line(
            meaning.outcome,
            response.failure,
            reports=len(request.reports),
            status=response.status,
            queued=meaning.failed and not stopped,
        )
        log_departure(profile, line)
        # The request left, and that must be recorded: on a full disk the ballast makes room.
        with_room(store_path(profile), lambda: _complete(profile, db, attempt, response, meaning))


def _send(profile: Profile, db: Database, attempt: _Attempt, deadline: float) -> tuple[Response, bool]:
    """Send the request; return the response and whether a byte may have left."""
    reports = attempt.request.reports
    taken_back = False

    def permits() -> bool:
        nonlocal taken_back
        if not gate.passed:
            with transaction(db):  # once it commits, none of them can be deleted or held back
                taken_back = not all(_still_sendable(db, report) for report in reports)
                if taken_back:
                    return False
                departures.record_report_ids(db, attempt.departure_id, [report.report_id for report in reports])
        return _may_send(profile, db, attempt)

    gate = Gate(permits)
    post = Post([attempt.request], profile.environment, gate, deadline - time.monotonic())
    while True:
        response = post.response(_WATCH_SECONDS)
        if response is not None:
            return (Response(failure=Failure.TAKEN_BACK) if taken_back else response), gate.passed
        withdrawn = not _still_granted(profile, attempt)
        if withdrawn or time.monotonic() > deadline:
            return Response(failure=Failure.WITHDRAWN if withdrawn else Failure.TIME), gate.close()


def _next(profile: Profile, db: Database, released: Collection[int]) -> _Attempt | None:
    """Return the next attempt, its departure begun in the store; None where nothing is due or nothing may leave.

    A session end's attempt, or a release, is taken in the transaction that begins its departure: whatever ends this
    process, one that was taken is on record.
    """
    now = profile.clock.now()
    with transaction(db):
        outbox.redate(db, now)
    consent = _consent_to_send(profile, db)
    if consent is None:
        return None  # a newer program may have queued reports here, which this one cannot judge
    consent_id = consent.decision.consent_id
    with transaction(db):
        if released:
            taken = (outbox.get(db, report) for report in releases.take(db, released, consent_id, now))
            chosen = [report for report in taken if report is not None]
        elif backoff.take_attempt(db):
            if consent.decision.delivery is Delivery.REVIEW:  # set by hand while reports were due
                outbox.move_all(db, QueueState.DUE, QueueState.HELD_BY_MODE)
            elif consent.groups.lowered:  # reports were made due again meanwhile
                outbox.move_all(db, QueueState.DUE, QueueState.HELD_FOR_GROUPS)
            outbox.hold_others(db, consent_id, consent.decision.endpoint)
            chosen = _due(db, now)
        else:
            return None
        # What has waited too long is left for a session's end to delete.
        sendable = [report for report in chosen if not report.overdue(now) and _is_sound(db, report)]
        request = next_request(sendable, consent.endpoint)
        if request is None:
            return None
        by_hand = bool(released)
        return _Attempt(request, departures.begin(db, _departure(now, request, by_hand=by_hand)), consent_id, by_hand)


def _due(db: Database, now: datetime) -> list[QueuedReport]:
    """Return what a session's end sends: all that is due except what a person released."""
    by_hand = releases.released(db, now)
    return [report for report in outbox.due(db) if report.row_id not in by_hand]


def _is_sound(db: Database, report: QueuedReport) -> bool:
    """Whether the fields allow every byte of the report; if not, set it aside."""
    if not validate_body(report.body):
        return True
    intact = digest(report.body) == report.sha256
    outbox.set_state(db, report.row_id, QueueState.SET_ASIDE, Cause.OLDER_RULES if intact else Cause.DAMAGED)
    return False


def _still_sendable(db: Database, report: QueuedReport) -> bool:
    """Whether a report is still in the state in which it was read, or due by now."""
    now = outbox.get(db, report.row_id)
    return now is not None and now.state in (report.state, QueueState.DUE)


def _has_work(profile: Profile, released: Collection[int]) -> bool:
    """Whether there is something to do. A missing store is not created: a person may have deleted everything."""
    now = profile.clock.now()
    with open_readonly(profile) as db:
        if db is None:
            return False
        if released:
            leaves = not releases.released(db, now).isdisjoint(released)
        else:
            leaves = backoff.attempt_due(db) and bool(_due(db, now))
        left_open = bool(departures.under_way(db))
    return leaves or (left_open and not sending(profile))


def _consent_to_send(profile: Profile, db: Database | None) -> EffectiveConsent | None:
    """Return effective consent as it is now, or None where nothing may leave."""
    consent = effective_consent(profile, db)
    return consent if consent.sends and present(profile) else None


def _may_send(profile: Profile, db: Database, attempt: _Attempt) -> bool:
    """Whether consent, read now, covers these reports, this endpoint and this way of sending. Never raises."""
    try:
        consent = _consent_to_send(profile, db)
    except UserError:
        return False
    held = consent is not None and consent.holds
    return _same_decision(consent, attempt) and (attempt.by_hand or not held)


def _still_granted(profile: Profile, attempt: _Attempt) -> bool:
    """Whether the config alone still covers the attempt. Never raises."""
    try:
        return _same_decision(_consent_to_send(profile, None), attempt)
    except UserError:
        return False


def _same_decision(consent: EffectiveConsent | None, attempt: _Attempt) -> bool:
    return (
        consent is not None
        and consent.endpoint == attempt.request.url
        and consent.decision.consent_id == attempt.consent_id
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


def _complete(profile: Profile, db: Database, attempt: _Attempt, response: Response, meaning: Classification) -> None:
    """Record the outcome of the request, and of each report in it."""
    request = attempt.request
    stopped = response.failure in _STOPPED
    with transaction(db):
        backoff.attempt_ended(db, failed=meaning.failed and not stopped)
        if meaning.ended:
            set_meta(db, ENDED, request.url)
        taken = 0
        for report in request.reports:
            refusal = meaning.refused.get(report.report_id)
            if refusal is not None:
                outbox.set_state(db, report.row_id, QueueState.SET_ASIDE, refusal.cause, refusal.detail)
            elif meaning.outcome.taken:
                outbox.remove(db, report.row_id)
                taken += 1
        departures.complete(
            db,
            attempt.departure_id,
            ended=profile.clock.now(),
            outcome=meaning.outcome,
            status=response.status,
            failure=response.failure,
            taken=taken,
            body=request.body,
        )
        named = named_group(request, response)
        if named and groups.record_named(db, request.url, named):
            outbox.move_all(db, QueueState.DUE, QueueState.HELD_FOR_GROUPS)
            chain.add_note(db, at=profile.clock.now(), kind=NoteKind.GROUPS_LOWERED, number=named)
