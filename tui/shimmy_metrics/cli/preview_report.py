"""What is said of the next request, or of the report of a session that is not sealed yet. Pure."""

from collections.abc import Iterator
from datetime import datetime

from shimmy_metrics.actions.preview import Basis, Preview
from shimmy_metrics.cli.request_report import size, waiting
from shimmy_metrics.consent.effective_consent import Obstacle
from shimmy_metrics.consent.state import Consent
from shimmy_metrics.next_attempt import NextAttempt
from shimmy_metrics.records import QueueState
from shimmy_metrics.wording.consent import DISABLE, measured_elsewhere, obstacle
from shimmy_metrics.wording.numbers import amount
from shimmy_metrics.wording.other_servers import held_for_its_receiver, next_end, other_receiver, switched_elsewhere
from shimmy_metrics.wording.receiver import by_way_of
from shimmy_metrics.wording.running import AS_SAVED, last_saved, shown_address
from shimmy_metrics.wording.schedule import (
    HELD_UNTIL_RELEASED,
    REQUEST_BEING_SENT,
    SENT_AT_ITS_END,
    UNDER_ANOTHER_YES,
    sent_when,
)
from shimmy_metrics.wording.session_consent import becomes_report, covered, there


def described(found: Preview, now: datetime) -> Iterator[str]:
    """Yield what previewed bytes are that are no example, and whether they are sent."""
    consent = found.consent
    elsewhere = [shown_address(session) for session in measured_elsewhere(consent, found.running)]
    if found.basis is Basis.SESSION:
        yield f"{_session_name(found)}{_as_it_would_be(found, now)} {len(found.request.body):,} bytes."
        if found.session is not None and found.session.local:
            yield "It is measured for you alone: no report is made of it."
            if elsewhere:
                yield switched_elsewhere(consent.switch, elsewhere, DISABLE)
            return
    else:
        held = found.request.reports[0].state.held
        named = "What releasing all would send" if held else "The next request, as it stands now"
        comes = consent.sends and not found.sending
        alike = f"What is {'held' if held else 'due'}, as one request"  # others may wait besides
        yield f"{named if comes else alike}: {size(found)}."
        if not held and comes:
            yield "A session that ends before it is sent may add its report."
        yield from waiting(found.request.reports, now, sends=consent.sends, sending=found.sending)
    if found.left_over:
        yield f"It has no room for {amount(found.left_over, 'more report')}."
    running = found.session if found.session in found.running else None
    if elsewhere:
        yield switched_elsewhere(consent.switch, elsewhere, DISABLE)
    other = other_receiver(consent, found.running, found.attempt)
    if other:
        yield other
    acting = consent if found.session is None else there(consent, found.session)
    if found.sending:
        yield REQUEST_BEING_SENT
    due = found.basis is Basis.QUEUED and found.request.reports[0].state is QueueState.DUE
    # The process of one that was cut off is gone, and this shell's switch and receiver decide.
    if obstacle(consent) and (running is None or not acting.sends):
        yield obstacle(consent)
        if due and elsewhere and not found.sending and any(there(consent, each).sends for each in found.running):
            yield sent_when(found.attempt, next_end(consent, found.running))
    elif consent.decision.consent is not Consent.GRANTED:
        yield "It will not be sent: metrics are not enabled."
    elif found.session is not None and not covered(consent.decision, found.session):
        yield UNDER_ANOTHER_YES
    elif found.basis is Basis.SESSION and consent.holds:
        yield HELD_UNTIL_RELEASED
    elif found.session is not None and running is None and acting.obstacle is Obstacle.OTHER_ENDPOINT:
        yield held_for_its_receiver(found.session)
    elif not found.sending and (consent.sends or elsewhere) and acting.sends and (found.basis is Basis.SESSION or due):
        at_its_end = running is not None and found.attempt == NextAttempt(at_start=False)
        yield SENT_AT_ITS_END if at_its_end else sent_when(found.attempt, next_end(consent, found.running))
        if other:  # the other servers have another receiver
            yield f"It goes to {found.request.url}{by_way_of(found.proxy)}."


def _as_it_would_be(found: Preview, now: datetime) -> str:
    """Return of what time the previewed report is: a running session's newest figures are not saved yet."""
    if found.session is None or found.session not in found.running:
        return ", as a report of it would be now:"
    saved = last_saved(found.session, now)
    reported = becomes_report(found.consent, found.session)
    return f": {'its report' if reported else 'as a report,'} {AS_SAVED}{f', {saved}' if saved else ''},"


def _session_name(found: Preview) -> str:
    """Return which session is previewed, so that of several one is meant."""
    if found.session is not None and found.session not in found.running:
        one = found.cut_off == 1
        return "The session that was cut off" if one else f"The newest of {found.cut_off} sessions that were cut off"
    if found.session is None or len(found.running) == 1:
        return "The running session"
    return f"The newest of {len(found.running)} running sessions, at {shown_address(found.session)}"
