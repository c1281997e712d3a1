"""Hold what waits, or free it, as an answer that was just recorded has it."""

from datetime import datetime

from shimmy_metrics.actions.purge import SENDER_END_SECONDS
from shimmy_metrics.consent.state import Consent, Decision
from shimmy_metrics.delivery import groups
from shimmy_metrics.delivery.sender_lock import wait_until_gone
from shimmy_metrics.records import QueueState
from shimmy_metrics.store import outbox
from shimmy_metrics.store.database import Database, opened, transaction
from shimmy_metrics.store.readonly import open_readonly
from shimmy_metrics.system.profile import Profile


def hold_queued(profile: Profile, decision: Decision, *, review: bool) -> int:
    """Hold or free the reports that are queued; return how many are held, or due, because of that.

    One that is too old to be sent does not count. Raises `UserError`.
    """
    if not _holds_reports(profile, decision):
        return 0
    states = (QueueState.DUE, QueueState.HELD_BY_MODE)
    before, after = states if review else states[::-1]
    with opened(profile) as db, transaction(db):
        if after is QueueState.DUE and groups.group_size(db, decision.endpoint).lowered:
            after = QueueState.HELD_FOR_GROUPS
        outbox.hold_others(db, decision.consent_id, decision.endpoint)  # a yes written by hand has held nothing yet
        now = profile.clock.now()
        moved = sum(each.state is before and not each.overdue(now) for each in outbox.everything(db))
        outbox.move_all(db, before, after)
        return moved if after in states else 0


def hold_others(profile: Profile, decision: Decision) -> int:
    """Hold what was sealed under an earlier yes; return how many reports that were, without those too old to be sent.

    Raises `UserError`.
    """
    if decision.consent is not Consent.GRANTED or not _holds_reports(profile, decision):
        return 0
    wait_until_gone(profile, SENDER_END_SECONDS)  # one that was sending under that yes sees the new one, and ends
    now = profile.clock.now()
    with opened(profile) as db, transaction(db):
        before = _held_for_endpoint(db, now)
        outbox.hold_others(db, decision.consent_id, decision.endpoint)
        return _held_for_endpoint(db, now) - before


def _held_for_endpoint(db: Database, now: datetime) -> int:
    return sum(each.state is QueueState.HELD_FOR_ENDPOINT and not each.overdue(now) for each in outbox.everything(db))


def _holds_reports(profile: Profile, decision: Decision) -> bool:
    with open_readonly(profile, off=decision.consent is not Consent.GRANTED) as db:
        return db is not None and bool(outbox.everything(db))
