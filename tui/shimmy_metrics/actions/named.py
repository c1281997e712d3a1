"""Reports that a person names on a command line: by the beginning of a digest or of a `session_id`, or `all`."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from shimmy_metrics.actions.outbox import overdue, release
from shimmy_metrics.consent.effective import EffectiveConsent
from shimmy_metrics.delivery.effective import effective_consent
from shimmy_metrics.delivery.request import Request, next_request
from shimmy_metrics.errors import UserError
from shimmy_metrics.records import Departure, QueuedReport, QueueState
from shimmy_metrics.store import departures, outbox
from shimmy_metrics.store.readonly import open_readonly
from shimmy_metrics.system.profile import Profile

ALL: Final = "all"
_SEE: Final = "shimmy-metrics preview shows what is next, and shimmy config --metrics export all that waits"


class Named(NamedTuple):
    """The request that releasing these reports would send, and the reports that do not fit into it."""

    request: Request
    consent: EffectiveConsent
    left_over: int = 0


def find_named(profile: Profile, word: str) -> Named:
    """Return the request for the reports that `word` names. Nothing is sent.

    `all` is every report that is held, or else every one that is due. Raises `UserError` for a word that names no
    report or several, and where the config or the store cannot be used.
    """
    if not word:
        raise UserError("an empty ID names no report", remedy=f"Give how its digest or session_id begins, or {ALL}")
    consent = effective_consent(profile, None)
    with open_readonly(profile, off=not consent.measures) as db:
        queued = outbox.everything(db) if db is not None else []
        consent = effective_consent(profile, db)
    leavable = [report for report in queued if not report.overdue(profile.clock.now())]
    chosen = _all(leavable) if word == ALL else [_one(queued, word)]
    if chosen and chosen[0].overdue(profile.clock.now()):
        raise overdue()
    request = next_request(chosen, consent.endpoint)
    if request is None:
        raise UserError("no report waits for a release", remedy=_SEE)
    return Named(request, consent, len(chosen) - len(request.reports))


def release_named(profile: Profile, found: Named) -> int:
    """Release the reports of this request, as one request; return the number of the newest departure before it, or 0.

    The sender starts by itself. Raises `UserError` where nothing may leave now, and where they are gone.
    """
    with open_readonly(profile) as db:
        before = departures.last(db) if db is not None else None
    if not release(profile, [report.id for report in found.request.reports]):
        raise UserError("the report was gone already", remedy="See shimmy config --metrics status")
    return before.id if before is not None else 0


def departure_of(profile: Profile, found: Named, after: int) -> Departure | None:
    """Return the departure that carried a released request, of those behind number `after`; None until it has ended.

    Raises `UserError`.
    """
    with open_readonly(profile) as db:
        made = departures.everything(db) if db is not None else []
    its_own = (each for each in made if each.id > after and each.by_hand and each.sha256 == found.request.sha256)
    return next((each for each in its_own if each.ended is not None), None)


def _all(queued: Sequence[QueuedReport]) -> list[QueuedReport]:
    held = [report for report in queued if report.state.held]
    return held or [report for report in queued if report.state is QueueState.DUE]


def _one(queued: Sequence[QueuedReport], word: str) -> QueuedReport:
    start = word.lower()
    found = [report for report in queued if report.sha256.startswith(start) or report.report_id.startswith(start)]
    if not found:
        raise UserError(f"no report that waits has a digest or a session_id that begins with {word!a}", remedy=_SEE)
    if len(found) > 1:
        raise UserError(f"{len(found)} reports begin with {word!a}", remedy="Give more of it")
    return found[0]
