"""Release, hold back or delete queued reports, at a person's request.

On a command line reports are named by the start of a digest or of a `session_id`, or by `all`.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from shimmy_metrics.actions.id_choices import could_be, listed, report_choice, session_choice
from shimmy_metrics.config.read_consent import read_consent
from shimmy_metrics.consent.effective_consent import EffectiveConsent
from shimmy_metrics.consent.endpoint import same_endpoint
from shimmy_metrics.consent.state import Decision
from shimmy_metrics.delivery.consent_with_answers import effective_consent, with_store
from shimmy_metrics.delivery.detach import start_sender
from shimmy_metrics.delivery.reading import being_sent, outbox_for_sender, read_with_sender
from shimmy_metrics.delivery.request import Request, next_request
from shimmy_metrics.delivery.sender_lock import sending
from shimmy_metrics.entries import sends
from shimmy_metrics.errors import UserError
from shimmy_metrics.limits import OUTBOX_DAYS
from shimmy_metrics.records import Cause, Departure, NoteKind, QueuedReport, QueueState, Session
from shimmy_metrics.store import chain, departures, outbox, releases, sessions
from shimmy_metrics.store.database import Database, opened, store_path, transaction
from shimmy_metrics.store.erase import erase
from shimmy_metrics.store.readonly import open_readonly, unread, unread_error
from shimmy_metrics.system.profile import Profile

_OUR_OWN_CAUSES = (Cause.DAMAGED, Cause.OLDER_RULES, Cause.RECALLED)
"""Causes for which a report was set aside here: asking the receiver again is pointless."""


ALL: Final = "all"
_SEE: Final = "shimmy config --metrics export shows everything that is waiting"


class ReleaseRequest(NamedTuple):
    """The request that releasing these reports would send.

    `left_over` counts those that do not fit into it; `sending` tells that a sender is at work that may have it.
    """

    request: Request
    consent: EffectiveConsent
    left_over: int = 0
    sending: bool = False


class ReleaseResult(NamedTuple):
    """What became of a release: the departure that carried it, or that it is `held` again before a sender took it."""

    departure: Departure | None = None
    held: bool = False


class FoundReport(NamedTuple):
    """A waiting report, and the newest departure that carried it, None where it was never sent."""

    report: QueuedReport
    departure: Departure | None


class Deleted(NamedTuple):
    """What became of a deletion. `departure` is the newest that carried the report, None where it was never sent."""

    gone: bool
    departure: Departure | None = None


def can_release(report: QueuedReport) -> bool:
    """Whether a person can release it; what this program itself set aside is never sent."""
    return report.cause not in _OUR_OWN_CAUSES


def release(profile: Profile, reports: Collection[int], endpoint: str) -> int:
    """Release reports (numbers in the store) to a sender of their own; return how many there were.

    They go to the endpoint in force, as one request. What the receiver does not take stays queued as before. `endpoint`
    is where the person was asked to send them: nothing is sent if another one is in force by now, or if only some of
    the reports are still here, since that would be another request. Raises `UserError` then, if nothing may be sent
    now, or if the sender cannot be started.
    """
    with opened(profile) as db, transaction(db):
        consent = effective_consent(profile, db)
        found = [report for report in (outbox.get(db, each) for each in reports) if report is not None]
        found = _not_overdue(found, profile.clock.now())
        _require_sendable(consent, found)
        _require_as_asked(consent, found, len(reports), endpoint)
        releases.release(db, [report.row_id for report in found], consent.decision.consent_id, profile.clock.now())
    if not found:
        return 0
    try:
        start_sender(profile, released=[report.row_id for report in found])
    except OSError as error:
        remedy = "The report waits as before; release it again"
        raise UserError("the sender could not be started", remedy=remedy) from error
    return len(found)


def find_release(profile: Profile, word: str) -> ReleaseRequest:
    """Return the request for the reports that `word` names. Nothing is sent.

    `all` is every report that is held, or else every one that is due. Raises `UserError` for a word that names no
    report or several, and where the config or the store cannot be used.
    """
    consent = read_consent(profile)
    now = profile.clock.now()
    with read_with_sender(profile, off=not consent.measures) as (db, at_work):
        queued = _queued(profile, db, consent.decision)
        consent = with_store(profile, consent, db)
        busy = db is not None and being_sent(db, now, at_work=at_work)
    leavable = [report for report in queued if not report.overdue(now)]
    without = "neither an ID nor all is given (shimmy-metrics release ID)"
    chosen = _all_named(leavable) if word == ALL else [_one_named(queued, word, without)]
    if chosen and chosen[0].overdue(now):
        raise overdue_error()
    request = next_request(chosen, consent.endpoint)
    if request is None:
        raise UserError("no report is due or held", remedy=_SEE)
    return ReleaseRequest(request, consent, len(chosen) - len(request.reports), busy)


def find_report(profile: Profile, word: str, *, or_session: bool = False) -> FoundReport:
    """Return the waiting report that `word` names. `or_session`: it could have named a kept session as well.

    Raises `UserError` for a word that names no report or several, and where the config or the store cannot be used.
    """
    consent = read_consent(profile)
    with open_readonly(profile, off=not consent.measures) as db:
        kept = sessions.kept(db) if or_session and db is not None else []
        without = f"no ID is given (shimmy-metrics {'delete' if or_session else 'hold'} ID)"
        report = _one_named(_queued(profile, db, consent.decision), word, without, kept)
        carried = departures.last_carrying(db, [report.report_id]) if db is not None else {}
        return FoundReport(report, carried.get(report.report_id))


def release_request(profile: Profile, found: ReleaseRequest) -> int:
    """Release the reports of this request, as one request; return the number of the newest departure before it, or 0.

    The sender starts by itself. Raises `UserError` where nothing may be sent now, and where they are gone.
    """
    with open_readonly(profile) as db:
        before = departures.last(db) if db is not None else None
    if not release(profile, [report.row_id for report in found.request.reports], found.request.url):
        raise UserError("the report is already gone", remedy="See shimmy config --metrics status")
    return before.row_id if before is not None else 0


def release_result(profile: Profile, found: ReleaseRequest, after: int) -> ReleaseResult:
    """Return what became of a released request, of the departures behind number `after`; empty until that is known.

    Raises `UserError`.
    """
    with open_readonly(profile) as db:
        if db is None:
            return ReleaseResult()
        by_hand = [each for each in sends(departures.everything(db)) if each.row_id > after and each.by_hand]
        here = [outbox.get(db, report.row_id) for report in found.request.reports]
        waiting = releases.released(db, profile.clock.now())
    # One of several that was held again was left out of it.
    ids = {report.report_id for report in found.request.reports}
    its_own = [each for each in by_hand if each.sha256 == found.request.sha256 or not ids.isdisjoint(each.report_ids)]
    ended = next((each for each in its_own if each.ended is not None), None)
    held = all(each is not None and each.state.held and each.row_id not in waiting for each in here)
    return ReleaseResult(ended, held and not by_hand)


_FREED: Final = (QueueState.DUE, QueueState.HELD_BY_MODE, QueueState.HELD_FOR_GROUPS)
"""What is sent without being released: at once, with `automatic`, or after enabling again."""


def hold_back(profile: Profile, report: int) -> bool:
    """Keep a report until a person releases it, even if all others are freed; return whether it is held then.

    It is not where it is gone, set aside, too old, or being sent right now. Raises `UserError`.
    """
    with opened(profile) as db, transaction(db):
        found = outbox.get(db, report)
        if found is None or found.state is QueueState.SET_ASIDE or found.overdue(profile.clock.now()):
            return False
        if _being_sent(profile, db, found):
            return False
        releases.take_back(db, report, profile.clock.now())
        if found.state in _FREED:
            outbox.set_state(db, report, QueueState.HELD_BY_HAND)
    return True


def delete(profile: Profile, report: int) -> Deleted:
    """Delete a queued report for good; the chain notes that one was deleted, not what was in it.

    Raises `UserError`, also if it is being sent right now.
    """
    with opened(profile, for_deletion=True) as db:
        return erase(db, store_path(profile), lambda: _delete(profile, db, report))


def _delete(profile: Profile, db: Database, report: int) -> Deleted:
    """Delete one report, within the caller's transaction."""
    found = outbox.get(db, report)
    if found is None:
        return Deleted(gone=False)
    at_work = sending(profile)
    if not at_work:
        departures.complete_abandoned(db, profile.clock.now())
    departure = departures.last_carrying(db, [found.report_id]).get(found.report_id)
    if at_work and departure is not None and departure.ended is None:
        remedy = "See in a few seconds what became of it; a no cuts it off"
        raise UserError("this report is being sent right now", remedy=remedy)
    outbox.remove(db, report)
    chain.add_note(db, at=profile.clock.now(), kind=NoteKind.DELETED, number=1)
    return Deleted(gone=True, departure=departure)


def _being_sent(profile: Profile, db: Database, report: QueuedReport) -> bool:
    departure = departures.last_carrying(db, [report.report_id]).get(report.report_id)
    return departure is not None and departure.ended is None and sending(profile)


def _not_overdue(reports: Collection[QueuedReport], now: datetime) -> list[QueuedReport]:
    """Return those that have not waited too long. Raises `UserError` if all have: the next sealing drops them."""
    kept = [report for report in reports if not report.overdue(now)]
    if reports and not kept:
        raise overdue_error()
    return kept


def overdue_error() -> UserError:
    """Return the error for releasing a report that has waited too long."""
    what = f"this report has waited {OUTBOX_DAYS} days and is no longer sent"
    return UserError(what, remedy="It is deleted when the next session ends")


def _require_sendable(consent: EffectiveConsent, reports: Collection[QueuedReport]) -> None:
    if not consent.sends:
        raise UserError("nothing may be sent now", remedy="See the consent screen for the reason")
    if any(report.cause is Cause.RECALLED for report in reports):
        raise UserError("you recalled this report, and it is not sent again", remedy="Delete it when you have seen it")
    if not all(map(can_release, reports)):
        remedy = "It is kept for you to look at; delete it when you have"
        raise UserError("this report does not fit today's fields", remedy=remedy)


def _require_as_asked(consent: EffectiveConsent, found: Sequence[QueuedReport], asked: int, endpoint: str) -> None:
    if 0 < len(found) < asked:
        gone = asked - len(found)
        what = f"{gone} of the {asked} reports {'is' if gone == 1 else 'are'} no longer waiting, so nothing was sent"
        raise UserError(what, remedy="Release what is left")
    if found and not same_endpoint(consent.endpoint, endpoint):
        what = f"reports go to {consent.endpoint} by now, so nothing was sent to {endpoint}"
        raise UserError(what, remedy="Release again to send it there")


def _queued(profile: Profile, db: Database | None, decision: Decision) -> tuple[QueuedReport, ...]:
    """Return every waiting report as the next sender has it. Raises `UserError` if the store was not read."""
    if db is None and unread(profile):
        raise unread_error()
    return outbox_for_sender(db, decision) if db is not None else ()


def _all_named(queued: Sequence[QueuedReport]) -> list[QueuedReport]:
    held = [report for report in queued if report.state.held]
    return held or [report for report in queued if report.state is QueueState.DUE]


def _one_named(queued: Sequence[QueuedReport], word: str, without: str, kept: Sequence[Session] = ()) -> QueuedReport:
    """Return the report that `word` names; `without` is what is wrong where it is empty.

    Raises `UserError` that names those it could have been, the `kept` sessions too.
    """
    start = word.lower()
    found = [report for report in queued if report.sha256.startswith(start) or report.report_id.startswith(start)]
    if not word or not found:
        what = f"no waiting report has a digest or session_id that begins with {word!a}" if word else without
        own = listed(session_choice(each.report_id, each.started, each.counters.requests) for each in kept)
        raise UserError(what, remedy=f"{_waiting(queued)}. Kept for you: {own}" if own else _waiting(queued))
    if len(found) > 1:
        raise UserError(f"{len(found)} reports begin with {word!a}", remedy=_waiting(found))
    return found[0]


def _waiting(reports: Sequence[QueuedReport]) -> str:
    choices = (report_choice(each.sha256, each.sealed, each.body) for each in reports)
    return could_be("Waiting", choices, "No report is waiting")
