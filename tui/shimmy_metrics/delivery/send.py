"""One sender at a time: takes what is due, reads consent again, posts, writes the receipt.

Silent: a failure leaves the reports where they are, for the next session's end. What happened goes to the local log.
"""

import time
from typing import Final

from shimmy_metrics.config.file import present
from shimmy_metrics.delivery.force import ENDED, in_force
from shimmy_metrics.delivery.post import Answer, post
from shimmy_metrics.delivery.request import Request, next_request
from shimmy_metrics.delivery.retry import Fate, Verdict, judge, passes_over
from shimmy_metrics.delivery.turn import lock_path, tell_process
from shimmy_metrics.limits import SEND_SECONDS
from shimmy_metrics.records import Outcome, Wait
from shimmy_metrics.report.check import check_body
from shimmy_metrics.report.seal import join
from shimmy_metrics.store import outbox, receipts
from shimmy_metrics.store.database import Database, fact, opened, remember, transaction
from shimmy_metrics.system.locks import Lock
from shimmy_metrics.system.log import note
from shimmy_metrics.system.profile import Profile

_FAILURES: Final = "failures"
_PASSED: Final = "passed-over"


def send_pending(profile: Profile, *, by_hand: bool = False) -> None:
    """Send what is due, within `SEND_SECONDS` in all. `by_hand`: a person released it, so no end is passed over.

    Raises `TroubleError` where the store or the config cannot be used.
    """
    deadline = time.monotonic() + SEND_SECONDS
    lock = Lock(lock_path(profile))
    first = True
    # After the lock is free again one more look, for what others sealed while it was held: they left it to us.
    while time.monotonic() < deadline and _waiting(profile) and lock.take():
        try:
            tell_process(profile)
            if not _round(profile, deadline, counts=first and not by_hand):
                return
        finally:
            lock.release()
        first = False


def _round(profile: Profile, deadline: float, *, counts: bool) -> bool:
    """Make one request; return whether it went well, so that another look is worth while."""
    with opened(profile) as db:
        if counts and _pass_over(db):
            return False
        request = _next(profile, db)
        if request is None:
            return False
        answer = post(request, profile.environment, deadline - time.monotonic())
        verdict = judge(request, answer)
        note(profile, f"sent {len(request.reports)} report(s), status {answer.status} {answer.failure}: {verdict.fate}")
        with transaction(db):
            _book(profile, db, request, answer, verdict)
        return verdict.fate is Fate.DELIVERED


def _next(profile: Profile, db: Database) -> Request | None:
    """Return the next request, or None where none may or need leave."""
    with transaction(db):
        dropped = outbox.expire(db, profile.clock.now())
        if dropped:
            receipts.append(db, at=profile.clock.now(), reports=dropped, note="dropped: too many, or too old")
    if not _endpoint(profile, db):
        return None  # reports of a newer program's may wait here: not ours to judge
    with transaction(db):
        for report in outbox.due(db):
            if check_body(report.body):  # damage on the disk: nothing that the fields do not allow may leave
                outbox.mark(db, report.id, Wait.SET_ASIDE, "its bytes are no longer what the fields allow")
    endpoint = _endpoint(profile, db)
    return next_request(outbox.due(db), endpoint) if endpoint else None


def _endpoint(profile: Profile, db: Database) -> str:
    """Return where reports may go under the consent of this very moment; empty where nothing may leave."""
    force = in_force(profile, db)
    return force.endpoint if force.sends and present(profile) else ""


def _book(profile: Profile, db: Database, request: Request, answer: Answer, verdict: Verdict) -> None:
    now = profile.clock.now()
    failed = verdict.fate is Fate.LATER
    remember(db, _FAILURES, str(int(fact(db, _FAILURES) or 0) + 1) if failed else "0")
    remember(db, _PASSED, "0")
    if verdict.fate is Fate.ENDED:
        remember(db, ENDED, request.url)
    if verdict.fate is Fate.REFUSED:
        for report in request.reports:
            outbox.mark(db, report.id, Wait.SET_ASIDE, verdict.reason)
    if verdict.fate is Fate.DELIVERED:
        taken = [report for report in request.reports if report.report_id not in verdict.refused]
        for report in request.reports:
            if report.report_id in verdict.refused:
                outbox.mark(db, report.id, Wait.SET_ASIDE, verdict.refused[report.report_id])
            else:
                outbox.remove(db, report.id)
        if taken:
            receipts.append(
                db,
                at=now,
                endpoint=request.url,
                body=request.body if len(taken) == len(request.reports) else join([each.body for each in taken]),
                status=answer.status,
                outcome=Outcome.CONFIRMED if verdict.confirmed else Outcome.ACCEPTED,
                reports=len(taken),
            )


def _pass_over(db: Database) -> bool:
    """Count this session's end; return whether it makes no attempt."""
    passed = int(fact(db, _PASSED) or 0)
    if not passes_over(int(fact(db, _FAILURES) or 0), passed):
        return False
    remember(db, _PASSED, str(passed + 1))
    return True


def _waiting(profile: Profile) -> bool:
    with opened(profile) as db:
        return bool(outbox.due(db))
