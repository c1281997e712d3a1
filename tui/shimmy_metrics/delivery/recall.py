"""Recalling a request: its receiver is asked to delete the reports, by their ids. Never by itself, and also while off.

The departure's row is written before a byte can leave, as for a request that sends; consent is not asked for, since
this is the person's own act and takes back what they gave.
"""

import time
from datetime import datetime
from typing import Final, NamedTuple

from shimmy_metrics.delivery.post import Gate, Post, Response
from shimmy_metrics.delivery.request import recall_requests
from shimmy_metrics.delivery.response import RecallResult, classify_recall
from shimmy_metrics.delivery.sender_lock import lock_path
from shimmy_metrics.errors import UserError
from shimmy_metrics.limits import SEND_SECONDS
from shimmy_metrics.records import Cause, Departure, DepartureKind, Failure, QueueState
from shimmy_metrics.store import departures, outbox, releases
from shimmy_metrics.store.database import Database, opened, store_path, transaction, with_room
from shimmy_metrics.store.sqlite_errors import system_errors
from shimmy_metrics.system.locks import Lock
from shimmy_metrics.system.profile import Profile

_COMPLETION_SECONDS: Final = 0.25
"""The part of the time that is kept for completing the departure."""

_LEAST_SECONDS: Final = 1.0
"""The time that must be left once a running sender has ended; with less nothing is begun."""

_POLL_SECONDS: Final = 0.02
"""How often the lock is tried while a sender has it."""


class Recall(NamedTuple):
    """The request to be recalled, by its departure, and the ids of its reports as far as they are known."""

    departure: Departure
    report_ids: tuple[str, ...]


def send_recall(profile: Profile, recall: Recall) -> Departure:
    """Ask the receiver to delete the reports, within `SEND_SECONDS`; return the departure, completed.

    Those of the reports that are still queued are not sent again. Raise `UserError` where the store cannot be used, or
    a sender is at work for all of the time.
    """
    deadline = time.monotonic() + SEND_SECONDS
    lock = Lock(lock_path(profile))
    with system_errors(lock_path(profile), "Nothing was sent"):
        while not lock.take():
            if time.monotonic() > deadline - _LEAST_SECONDS:
                raise UserError("a report is being sent right now", remedy="Do this again in a few seconds")
            time.sleep(_POLL_SECONDS)
    try:
        return _recall(profile, recall, deadline - _COMPLETION_SECONDS)
    finally:
        lock.release()


def _recall(profile: Profile, recall: Recall, deadline: float) -> Departure:
    with opened(profile) as db:
        now = profile.clock.now()
        with transaction(db):
            departures.complete_abandoned(db, now)
            _keep_from_sending(db, recall.report_ids, now)
            row_id = departures.begin(db, _departure(recall, now))
        result = _ask(profile, db, recall, row_id, deadline)
        # The request left, and that must be recorded: on a full disk the ballast makes room.
        with_room(store_path(profile), lambda: _complete(profile, db, row_id, result))
        made = departures.last(db)  # merged with a like failure before it, it has a new row id
    assert made is not None
    return made


def _keep_from_sending(db: Database, report_ids: tuple[str, ...], now: datetime) -> None:
    for report in outbox.everything(db):
        if report.report_id in report_ids:
            releases.take_back(db, report.row_id, now)
            outbox.set_state(db, report.row_id, QueueState.SET_ASIDE, Cause.RECALLED)


def _departure(recall: Recall, now: datetime) -> Departure:
    return Departure(
        row_id=0,
        begun=now,
        endpoint=recall.departure.endpoint,
        sha256=recall.departure.sha256,
        length=recall.departure.length,
        reports=len(recall.report_ids),
        by_hand=True,
        kind=DepartureKind.RECALL,
    )


def _ask(profile: Profile, db: Database, recall: Recall, row_id: int, deadline: float) -> RecallResult:
    """Send a request for each report; return what was answered."""

    def permits() -> bool:
        if not gate.passed:
            with transaction(db):
                departures.record_report_ids(db, row_id, recall.report_ids)
        return True

    gate = Gate(permits)
    requests = recall_requests(recall.departure.endpoint, recall.report_ids)
    post = Post(requests, profile.environment, gate, deadline - time.monotonic())
    in_time = post.response(deadline - time.monotonic()) is not None
    passed = gate.close()
    responses = post.responses if in_time else (*post.responses, Response(failure=Failure.TIME))
    return classify_recall(responses, len(requests), passed=passed)


def _complete(profile: Profile, db: Database, row_id: int, result: RecallResult) -> None:
    with transaction(db):
        departures.complete(
            db,
            row_id,
            ended=profile.clock.now(),
            outcome=result.outcome,
            status=result.status,
            failure=result.failure,
            taken=result.deleted,
        )
