"""One sender at a time: a departure's row, consent, one request, what became of it.

Order (DESIGN, "Departures"): the row stands in the store before a byte can leave; then consent is read, when the
connection stands and again before the body; then the bytes. Consent is watched all the while: when it is withdrawn the
attempt ends at once. Silent: a failure leaves the reports where they are, for a later session's end.
"""

import time
from collections.abc import Collection
from typing import Final

from shimmy_metrics.config.file import present
from shimmy_metrics.consent import Standing
from shimmy_metrics.delivery.backoff import FAILURES, PASSED_OVER, passes_over
from shimmy_metrics.delivery.force import ENDED, in_force
from shimmy_metrics.delivery.post import Answer, Gate, Post
from shimmy_metrics.delivery.request import Request, next_request
from shimmy_metrics.delivery.response import Verdict, classify
from shimmy_metrics.delivery.sender_lock import lock_path
from shimmy_metrics.errors import TroubleError
from shimmy_metrics.records import Cause, Departure, Failure, NoteKind, Outcome, QueuedReport, QueueState
from shimmy_metrics.report.check import check_body
from shimmy_metrics.report.seal import digest
from shimmy_metrics.store import chain, departures, outbox
from shimmy_metrics.store.database import Database, get_meta, opened, set_meta, store_path, transaction, with_room
from shimmy_metrics.store.readonly import open_readonly
from shimmy_metrics.system.locks import Lock
from shimmy_metrics.system.log import note_departure
from shimmy_metrics.system.profile import Profile

_WATCH_SECONDS: Final = 0.02
"""How often consent is looked at while a request is under way."""

_BOOKING_SECONDS: Final = 0.25
"""What is kept of the time for writing down what became of a request."""

_BUSY_SECONDS: Final = 1.0
"""How long another's hold on the store is waited for: the sender has 5 s in all."""


def send_queued(profile: Profile, deadline: float, released: Collection[int] = ()) -> None:
    """Send what is due, until `deadline` (monotonic seconds) at the latest.

    `released` are the reports (numbers in the store) that a person released by hand: they are one request of their own,
    and no session's end is passed over for it. Raises `TroubleError` where the store or the config cannot be used.
    """
    lock = Lock(lock_path(profile))
    first = True
    # A person who released some said nothing of the others that were due then.
    left_alone = _others_due(profile, released) if released else frozenset()
    # After the lock is free again one more look, for what others sealed while it was held: they left it to us.
    while time.monotonic() < deadline and _waiting(profile, released, left_alone) and lock.take():
        try:
            if not _attempt(profile, deadline, released, left_alone, counts=first and not released):
                return
        finally:
            lock.release()
        first, released = False, ()


def _attempt(
    profile: Profile, deadline: float, released: Collection[int], left_alone: Collection[int], *, counts: bool
) -> bool:
    """Make one request; return whether it went well, so that another look is worth while."""
    with opened(profile, _BUSY_SECONDS) as db:
        with transaction(db):
            departures.complete_abandoned(db, profile.clock.now())
        if counts and _pass_over(db):
            return False
        request = _next(profile, db, released, left_alone)
        if request is None:
            return False
        with transaction(db):
            departure = departures.begin(db, _departure(profile, request, by_hand=bool(released)))
        answer, passed = _send(profile, db, request, departure, deadline - _BOOKING_SECONDS)
        withdrawn = answer.failure is Failure.WITHDRAWN
        verdict = Verdict(Outcome.CUT_OFF) if withdrawn and passed else classify(request, answer, passed=passed)
        note_departure(profile, verdict.outcome, reports=len(request.reports), status=answer.status)
        # It left: where the disk has no room for that now, there is the ballast.
        with_room(store_path(profile), lambda: _complete(profile, db, request, departure, answer, verdict))
        return verdict.outcome.taken


def _send(profile: Profile, db: Database, request: Request, departure: int, deadline: float) -> tuple[Answer, bool]:
    """Send the request; return the answer and whether a byte may have left."""

    def permits() -> bool:
        if not gate.passed:
            with transaction(db):
                departures.may_leave(db, departure, [report.report_id for report in request.reports])
        return _covers(profile, db, request)

    gate = Gate(permits)
    post = Post(request, profile.environment, gate, deadline - time.monotonic())
    while True:
        answer = post.answer(_WATCH_SECONDS)
        if answer is not None:
            return answer, gate.passed
        withdrawn = not _consented(profile, request)
        if withdrawn or time.monotonic() > deadline:
            return Answer(failure=Failure.WITHDRAWN if withdrawn else Failure.TIME), gate.close()


def _next(profile: Profile, db: Database, released: Collection[int], left_alone: Collection[int]) -> Request | None:
    """Return the next request, or None where none may or need leave."""
    with transaction(db):
        dropped = outbox.expire(db, profile.clock.now())
        if dropped:
            chain.add_note(db, at=profile.clock.now(), kind=NoteKind.DROPPED, number=dropped)
    standing = _sending(profile, db)
    if standing is None:
        return None  # reports of a newer program's may wait here: not ours to judge
    with transaction(db):
        outbox.hold_others(db, standing.decision.grant, standing.decision.endpoint)
        for report in outbox.due(db):
            if check_body(report.body):  # nothing that the fields do not allow may leave
                whole = digest(report.body) == report.sha256
                outbox.mark(db, report.id, QueueState.SET_ASIDE, Cause.OLDER_RULES if whole else Cause.DAMAGED)
    return next_request(_due(db, released, left_alone), standing.endpoint)


def _due(db: Database, released: Collection[int], left_alone: Collection[int]) -> list[QueuedReport]:
    """Return what this look sends: the released ones alone, or all that is due but what is left alone."""
    due = outbox.due(db)
    if released:
        return [report for report in due if report.id in released]
    return [report for report in due if report.id not in left_alone]


def _others_due(profile: Profile, released: Collection[int]) -> frozenset[int]:
    with open_readonly(profile) as db:
        return frozenset(report.id for report in outbox.due(db)).difference(released) if db is not None else frozenset()


def _waiting(profile: Profile, released: Collection[int], left_alone: Collection[int]) -> bool:
    with open_readonly(profile) as db:  # a store that is gone is not made anew: all of it may have been deleted
        return db is not None and (
            bool(_due(db, released, left_alone)) or any(each.ended is None for each in departures.everything(db))
        )


def _sending(profile: Profile, db: Database | None) -> Standing | None:
    """Return what is in force at this very moment, or None where nothing may leave."""
    force = in_force(profile, db)
    return force if force.sends and present(profile) else None


def _covers(profile: Profile, db: Database, request: Request) -> bool:
    """Whether consent, at this very moment, covers these reports and this endpoint. Never raises."""
    try:
        return _same_yes(_sending(profile, db), request)
    except TroubleError:
        return False


def _consented(profile: Profile, request: Request) -> bool:
    """Whether the config still says so. Never raises."""
    try:
        return _same_yes(_sending(profile, None), request)
    except TroubleError:
        return False


def _same_yes(standing: Standing | None, request: Request) -> bool:
    return (
        standing is not None
        and standing.endpoint == request.url
        and all(report.consent_id == standing.decision.grant for report in request.reports)
    )


def _departure(profile: Profile, request: Request, *, by_hand: bool) -> Departure:
    return Departure(
        id=0,
        begun=profile.clock.now(),
        endpoint=request.url,
        sha256=request.sha256,
        length=len(request.body),
        reports=len(request.reports),
        by_hand=by_hand,
    )


def _complete(
    profile: Profile, db: Database, request: Request, departure: int, answer: Answer, verdict: Verdict
) -> None:
    """Write what became of the request, and of each report in it."""
    withdrawn = answer.failure is Failure.WITHDRAWN
    with transaction(db):
        set_meta(db, FAILURES, str(int(get_meta(db, FAILURES) or 0) + 1) if verdict.failed and not withdrawn else "0")
        set_meta(db, PASSED_OVER, "0")
        if verdict.ended:
            set_meta(db, ENDED, request.url)
        taken = 0
        for report in request.reports:
            refusal = verdict.refused.get(report.report_id)
            if refusal is not None:
                outbox.mark(db, report.id, QueueState.SET_ASIDE, refusal.cause, refusal.detail)
            elif verdict.outcome.taken:
                outbox.remove(db, report.id)
                taken += 1
        departures.complete(
            db,
            departure,
            ended=profile.clock.now(),
            outcome=verdict.outcome,
            status=answer.status,
            failure=answer.failure,
            taken=taken,
            body=request.body,
        )


def _pass_over(db: Database) -> bool:
    """Count this session's end; return whether it makes no attempt."""
    passed = int(get_meta(db, PASSED_OVER) or 0)
    if not passes_over(int(get_meta(db, FAILURES) or 0), passed):
        return False
    set_meta(db, PASSED_OVER, str(passed + 1))
    return True
