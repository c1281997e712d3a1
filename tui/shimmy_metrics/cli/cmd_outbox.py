"""`preview ID` and `release`: bytes on standard output, what they are and what became of them on standard error."""

import time
from collections.abc import Iterator
from typing import Final

from shimmy_metrics.actions.outbox import (
    ReleaseRequest,
    ReleaseResult,
    can_release,
    find_release,
    release_request,
    release_result,
)
from shimmy_metrics.actions.status import Status, read_status
from shimmy_metrics.cli.blocked import require_no_obstacle
from shimmy_metrics.cli.command import SHORTEST_ID
from shimmy_metrics.cli.departure_json import departure_json
from shimmy_metrics.cli.output import print_bytes, print_json, print_stderr
from shimmy_metrics.cli.purge_first import purge_first
from shimmy_metrics.cli.request_report import size, waiting
from shimmy_metrics.exit_codes import Exit
from shimmy_metrics.limits import SEND_SECONDS
from shimmy_metrics.records import QueuedReport
from shimmy_metrics.report.seal import digest
from shimmy_metrics.system.profile import Profile
from shimmy_metrics.system.text_output import print_line
from shimmy_metrics.wording.consent import obstacle
from shimmy_metrics.wording.deletions import purged_without_consent
from shimmy_metrics.wording.departures import became, sentence
from shimmy_metrics.wording.numbers import amount
from shimmy_metrics.wording.other_servers import next_end
from shimmy_metrics.wording.schedule import REQUEST_BEING_SENT, sent_when

_POLL_SECONDS: Final = 0.05
_WAIT_SECONDS: Final = SEND_SECONDS + 1.0
"""A sender's own limit, plus a little for its start."""


def preview_named(profile: Profile, word: str) -> int:
    """Print the body of the request that `release WORD` would send; return the exit code. Raises `UserError`."""
    with purge_first(profile):
        found = find_release(profile, word)
    print_bytes(found.request.body)
    sends = found.consent.sends and all(map(_leaves, found.request.reports))
    acted_on = word if word == "all" or len(word) >= SHORTEST_ID else found.request.reports[0].sha256[:8]
    sent = REQUEST_BEING_SENT if found.sending else ""
    comes = sends and not found.sending
    named = f"What shimmy-metrics release {acted_on} would send" if comes else f"What {word} names, as one request"
    print_stderr(f"{named}: {size(found)}.")
    held = waiting(found.request.reports, profile.clock.now(), sends=sends, sending=found.sending)
    for line in (*held, obstacle(found.consent), sent):
        if line:
            print_stderr(line)
    return Exit.DONE


def release(profile: Profile, word: str, *, as_json: bool = False) -> int:
    """Send the named reports now, as one request of their own, and print the outcome; return the exit code.

    It is 1 if none is known to be taken. Raises `UserError`.
    """
    with purge_first(profile):
        found = find_release(profile, word)
    require_no_obstacle(found.consent)
    after = release_request(profile, found)
    if not as_json:
        print_line(f"Releasing to {found.request.url}: {size(found)}.")
    try:
        result = _waited_for(profile, found, after)
    except KeyboardInterrupt:  # its sender goes on all the same
        _print_outcome(profile, found, ReleaseResult(), as_json=as_json)
        raise
    _print_outcome(profile, found, result, as_json=as_json)
    return Exit.DONE if result.departure is not None and result.departure.receipt else Exit.NO


def _leaves(report: QueuedReport) -> bool:
    """Whether a sender sends it when it is released: it looks for damage then, too."""
    return can_release(report) and digest(report.body) == report.sha256


def _print_outcome(profile: Profile, found: ReleaseRequest, result: ReleaseResult, *, as_json: bool) -> None:
    """Print what became of the release, or that this is not known yet."""
    if as_json:
        made = result.departure
        print_json({"sha256": found.request.sha256, "attempt": made and departure_json(made)})
        return
    status = read_status(profile)
    for line in (*_outcome(found, result, status), *purged_without_consent(status.purged, status.now)):
        print_line(line)


def _waited_for(profile: Profile, found: ReleaseRequest, after: int) -> ReleaseResult:
    """Wait until the sender is done, and return what it recorded; an empty result if that takes too long."""
    end = time.monotonic() + _WAIT_SECONDS
    result = release_result(profile, found, after)
    while result == ReleaseResult() and time.monotonic() < end:
        time.sleep(_POLL_SECONDS)
        result = release_result(profile, found, after)
    return result


def _outcome(found: ReleaseRequest, result: ReleaseResult, status: Status) -> Iterator[str]:
    made = result.departure
    released = {report.report_id for report in found.request.reports}
    its_own = [report for report in status.queued if report.report_id in released]
    if made is None and its_own and result.held:
        them = "the report is" if len(its_own) == 1 else "the reports are"
        yield f"Nothing was sent: {them} held again."
        yield from waiting(its_own, status.now, sends=status.consent.sends)
        return
    if made is None and its_own and not any(map(can_release, its_own)):  # its sender found that they are damaged
        yield "Nothing was sent."
        yield from waiting(its_own, status.now, sends=False)
        return
    if made is None and not its_own:  # deleted meanwhile, or kept for the person alone
        yield "Nothing of it is waiting here any more, and no outcome is on record."
        return
    if made is None:
        yield "What became of it is not known yet. See shimmy config --metrics status."
        return
    yield sentence(became(made, status.now))
    yield from waiting(its_own, status.now, sends=status.consent.sends)
    if status.due:
        when = sent_when(status.attempt, next_end(status.consent, status.running))
        yield f"{amount(status.due, 'report')} due. {obstacle(status.consent) or when}"
    if found.left_over:
        yield f"{amount(found.left_over, 'more report')} did not fit: release all again."
