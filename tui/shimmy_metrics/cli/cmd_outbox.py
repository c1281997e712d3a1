"""`preview` and `release`: exact bytes on standard output; what they are and when they are sent on standard error."""

import time
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from shimmy_metrics.actions.outbox import ReleaseRequest, can_release, departure_for, find_release, release_request
from shimmy_metrics.actions.preview import Basis, Preview
from shimmy_metrics.actions.preview import preview as next_preview
from shimmy_metrics.actions.status import Status, read_status, store_unread
from shimmy_metrics.cli.output import print_bytes, print_json, print_stderr
from shimmy_metrics.cli.purge_first import purge_first
from shimmy_metrics.cli.status_report import departure_json
from shimmy_metrics.consent.state import Consent
from shimmy_metrics.errors import UserError
from shimmy_metrics.exit_codes import Exit
from shimmy_metrics.limits import SEND_SECONDS
from shimmy_metrics.machine.gather import gather
from shimmy_metrics.records import Departure, QueuedReport, QueueState
from shimmy_metrics.system.profile import Profile
from shimmy_metrics.system.text_output import print_line
from shimmy_metrics.wording.consent import DISABLE, UNREAD, obstacle
from shimmy_metrics.wording.deletions import purged_without_consent
from shimmy_metrics.wording.departures import became, sentence, set_aside, waits_until
from shimmy_metrics.wording.numbers import amount
from shimmy_metrics.wording.other_servers import none_sends, other_receiver, switched_elsewhere, there
from shimmy_metrics.wording.receiver import by_way_of
from shimmy_metrics.wording.schedule import HELD_UNTIL_RELEASED, sent_when

_POLL_SECONDS: Final = 0.05
_WAIT_SECONDS: Final = SEND_SECONDS + 1.0
"""A sender's own limit, plus a little for its start."""


def preview(profile: Profile) -> int:
    """Print the next request's body, or what would be sealed now, or an example; return the exit code.

    Raises `UserError`.
    """
    with purge_first(profile):
        found = next_preview(profile, gather(profile.environment))
    print_bytes(found.request.body)
    for line in _describe(found, profile):
        print_stderr(line)
    return Exit.DONE


def preview_named(profile: Profile, word: str) -> int:
    """Print the body of the request that `release WORD` would send; return the exit code. Raises `UserError`."""
    with purge_first(profile):
        found = find_release(profile, word)
    print_bytes(found.request.body)
    sends = found.consent.sends and all(map(can_release, found.request.reports))
    named = f"What shimmy-metrics release {word} would send" if sends else f"What {word} names, as one request"
    print_stderr(f"{named}: {_size(found)}.")
    for line in (*_waiting(found.request.reports, profile.clock.now(), sends=sends), obstacle(found.consent)):
        if line:
            print_stderr(line)
    return Exit.DONE


def release(profile: Profile, word: str, *, as_json: bool = False) -> int:
    """Send the named reports now, as one request of their own, and print the outcome; return the exit code.

    It is 1 if the receiver took nothing. Raises `UserError`.
    """
    with purge_first(profile):
        found = find_release(profile, word)
    blocked = obstacle(found.consent)
    if blocked:
        what, _, remedy = blocked.partition(". ")
        raise UserError(f"{what[0].lower()}{what[1:]}", remedy=remedy.removesuffix("."))
    after = release_request(profile, found)
    end = time.monotonic() + _WAIT_SECONDS
    made = departure_for(profile, found, after)
    while made is None and time.monotonic() < end:
        time.sleep(_POLL_SECONDS)
        made = departure_for(profile, found, after)
    if as_json:
        print_json({"sha256": found.request.sha256, "attempt": made and departure_json(made)})
    else:
        status = read_status(profile)
        for line in (*_outcome(found, made, status), *purged_without_consent(status.purged, status.now)):
            print_line(line)
    return Exit.DONE if made is not None and made.receipt else Exit.NO


def _describe(found: Preview, profile: Profile) -> Iterator[str]:
    """Yield what the previewed bytes are, and whether they are sent."""
    consent = found.consent
    match found.basis:
        case Basis.EXAMPLE:
            if store_unread(profile):
                yield UNREAD
            yield "An example: this machine's facts, and a session in which nothing happened. It is not sent."
            return
        case Basis.SESSION:
            yield f"{_session_name(found)}, as its report would be if it ended now: {len(found.request.body):,} bytes."
            if found.session is not None and found.session.local:
                yield "It is measured for you alone: no report is made of it."
                return
        case Basis.QUEUED:
            held = found.request.reports[0].state.held
            named = "What releasing all would send" if held else "The next request, as it stands now"
            yield f"{named if consent.sends else 'What is waiting, as one request'}: {_size(found)}."
            if not held and consent.sends:
                yield "A session that ends before it is sent may add its report."
            yield from _waiting(found.request.reports, profile.clock.now(), sends=consent.sends)
    if found.left_over:
        yield f"It has no room for {amount(found.left_over, 'more report')}."
    if found.session is not None and consent.switch:
        yield switched_elsewhere(consent.switch, [found.session.address], DISABLE)
        return
    other = other_receiver(consent, found.running, found.attempt)
    if other:
        yield other
    acting = consent if found.session is None else there(consent, found.session)
    if obstacle(consent) and not acting.sends:
        yield obstacle(consent)
    elif consent.decision.consent is not Consent.GRANTED:
        yield "It will not be sent: metrics are not enabled."
    elif found.basis is Basis.SESSION and consent.holds:
        yield HELD_UNTIL_RELEASED
    elif (
        consent.sends
        and acting.sends
        and (found.basis is Basis.SESSION or found.request.reports[0].state is QueueState.DUE)
    ):
        yield sent_when(found.attempt, from_here=none_sends(consent, found.running))
        if other:  # the other servers have another receiver
            yield f"It goes to {found.request.url}{by_way_of(found.proxy)}."


def _session_name(found: Preview) -> str:
    """Return which session is previewed, so that of several one is meant."""
    if found.session is None or len(found.running) == 1:
        return "The running session"
    return f"The newest of {len(found.running)} running sessions, at {found.session.address}"


def _waiting(reports: Iterable[QueuedReport], now: datetime, *, sends: bool) -> Iterator[str]:
    """Yield why reports that are not sent automatically wait, and until when.

    `sends`: a release would send them.
    """
    kept = list(reports)
    held = [report for report in kept if report.state.held]
    if held:
        them, first = ("it", "") if len(held) == 1 else ("them", "of the first: ")
        how = ": shimmy-metrics release ID, or all" if sends else ", but nothing is sent from here"
        yield f"Held until you release {them}{how}."
        yield sentence(f"{first}{waits_until(held[0], now)}")
    for report in kept:
        if report.state is QueueState.SET_ASIDE:
            yield f"Set aside: {set_aside(report)}."


def _size(found: ReleaseRequest | Preview) -> str:
    request = found.request
    return f"{amount(len(request.reports), 'report')}, {len(request.body):,} bytes, sha256 {request.sha256}"


def _outcome(found: ReleaseRequest, made: Departure | None, status: Status) -> Iterator[str]:
    yield f"Released to {found.request.url}: {_size(found)}."
    if made is None:
        yield "What became of it is not known yet. See shimmy config --metrics status."
        return
    yield sentence(became(made, status.now))
    released = {report.report_id for report in found.request.reports}
    its_own = (report for report in status.queued if report.report_id in released)
    yield from _waiting(its_own, status.now, sends=status.consent.sends)
    if status.due:
        when = sent_when(status.attempt, from_here=none_sends(status.consent, status.running))
        yield f"{amount(status.due, 'report')} due. {obstacle(status.consent) or when}"
    if found.left_over:
        yield f"{amount(found.left_over, 'more report')} did not fit: release all again."
