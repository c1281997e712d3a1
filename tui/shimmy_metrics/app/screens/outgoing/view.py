"""Outgoing: is it sent by itself? What exactly? The next request, each queued report, what would be sent now."""

from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

from shimmy_metrics.actions.overview import Overview
from shimmy_metrics.app.screens.report.baseline import Baseline, last_two_sent
from shimmy_metrics.app.screens.report.subject import Subject, session_of, subjects
from shimmy_metrics.app.screens.report.view import Selection, View, report_view
from shimmy_metrics.app.ui.layout import READING, Canvas, Content, headline, warning
from shimmy_metrics.app.ui.sending import last_failed, next_by_itself
from shimmy_metrics.app.ui.text import BLANK, Line, Role, Span, at, length, line, muted, placed, strong, to, wrapped
from shimmy_metrics.consent.effective_consent import Obstacle, Unusable
from shimmy_metrics.consent.endpoint import same_endpoint
from shimmy_metrics.consent.state import Consent
from shimmy_metrics.entries import sender_late
from shimmy_metrics.limits import REPORT_BYTES
from shimmy_metrics.records import QueuedReport, QueueState
from shimmy_metrics.wording.consent import while_unusable
from shimmy_metrics.wording.departures import OVERDUE, became, host, sentence, set_aside, smaller_groups, waits_until
from shimmy_metrics.wording.numbers import amount
from shimmy_metrics.wording.other_servers import held_for_its_receiver
from shimmy_metrics.wording.receiver import without_network
from shimmy_metrics.wording.schedule import BEING_SENT, SENDER_LATE, UNDER_ANOTHER_YES
from shimmy_metrics.wording.session_consent import becomes_report, covered, there

_ROOMY: Final = 20
"""Rows from which on it is said here what happens without a network; below, the list's own rows are worth more."""

NOT_READ: Final = "The store was not read. An example:"

LAST_SENT: Final = "Nothing is waiting or measured. The last report that was sent:"

NOW: Final = "The report, if its server stopped now:"

NOT_SENT: Final = "The session, as a report would say it:"
"""The headline of a session of which no report is made, or where that is not known."""

STAYS: Final = "Only for you: it stays here."

CUT_OFF: Final = "A session that was cut off, as its report would be made now:"
"""A session's process is gone, and nobody has ended it: the next start does."""

CHANGES: Final = "It keeps changing until the session ends."

EXAMPLE: Final = "This machine's facts, and a session in which nothing happened."


class Shown(NamedTuple):
    """What the screen shows. `sent_to`: its subject is the report sent last, to there; `base` is the one before it."""

    subject: Subject
    base: Baseline | None = None
    sent_to: str = ""


def shown(overview: Overview, selection: Selection) -> Shown:
    """Return what is selected; what is new in an invented example is no news, so the last that was sent is shown."""
    found = subjects(overview)
    subject = found[min(selection.index, len(found) - 1)]
    invented = not (subject.sealed or subject.running)
    sent = last_two_sent(overview) if invented and selection.view is View.SINCE else None
    return Shown(*sent, _sent_to(overview)) if sent else Shown(subject)


def _sent_to(overview: Overview) -> str:
    return next(each.endpoint for each in overview.receipts if each.body)


def outgoing_view(
    canvas: Canvas,
    overview: Overview | None,
    selection: Selection,
    base: Baseline | None,
    released: Collection[int] = (),
) -> Content:
    """Return what `selection` names. `released` are the row ids of reports that a sender was given from this app."""
    if overview is None:
        return Content((line(muted(READING)), BLANK), ())
    found = subjects(overview)
    place = min(selection.index, len(found) - 1)
    subject, _, sent_to = shown(overview, selection)
    size = (strong(f"{len(subject.body):,}"), muted(f" of {REPORT_BYTES:,} bytes" if subject.report else " bytes"))
    walks = _walks(canvas, found, place, cut_off=bool(overview.cut_off))
    told = LAST_SENT if sent_to else _sentence(canvas, overview, subject, released)
    head = headline(canvas, told, to(canvas.right, *size, note=True))
    failed = last_failed(overview) if subject.sealed and subject.reports[0].state is not QueueState.SET_ASIDE else None
    # On a low terminal the rule above has it in short, and History in full.
    failure = warning(canvas, sentence(became(failed, canvas.now, canvas.zone))) if failed and not canvas.low else ()
    return report_view(
        canvas,
        (*head, *_under(canvas, overview, subject, walks), *failure),
        subject,
        selection=selection,
        base=base,
        overview=overview,
        sent_to=sent_to,
    )


def _walks(canvas: Canvas, found: Sequence[Subject], place: int, *, cut_off: bool) -> tuple[str, str]:
    """Return which of all that is shown, in full and in short; a request is no report, and is not counted as one."""
    if len(found) == 1:
        return "", ""
    if found[place].report is None:
        return "together, then each report", "together"
    reports = [each for each in found if each.report is not None]
    short = f"{reports.index(found[place]) + 1} of {len(reports)}"
    kind = ", waiting or running" if any(each.running for each in reports) and not cut_off else ""
    return short if canvas.narrow else f"report {short}{kind}", short


def _sentence(canvas: Canvas, overview: Overview, subject: Subject, released: Collection[int]) -> str:
    if not subject.sealed:
        if not subject.running:
            return "Nothing is waiting. An example:" if overview.store_read else NOT_READ
        nothing = "" if overview.outbox else "Nothing is waiting. "
        live = session_of(overview, subject)
        if live is not None and not becomes_report(overview.consent, live.session):
            return f"{nothing}{NOT_SENT}"
        if live in overview.cut_off:
            return f"{nothing}{CUT_OFF}"
        return f"{nothing}{NOW}"
    waiting, report = len(overview.outbox), subject.reports[0]
    many = f"{amount(waiting, 'report')} {'is' if waiting == 1 else 'are'} waiting."
    number = len(subject.reports)
    some = f"{number} of {waiting} reports" if number < waiting else f"{number} reports"
    sending = overview.sending or bool(released)
    if sending and sender_late(overview.entries, canvas.now):
        return SENDER_LATE
    if all(each.row_id in released for each in subject.reports):  # one may have been made since
        return f"{many} {'This one is' if subject.report else 'These are'} being sent now."
    if report.state is QueueState.SET_ASIDE:
        return f"{many} This one is set aside."
    if report.row_id in overview.overdue:
        return f"{many} {'It' if waiting == 1 else 'This one'} is too old to be sent."
    if sending:
        return f"{many} {BEING_SENT}"
    if report.state.held:
        if subject.report is None and overview.consent.sends:
            return f"{some} are held. Released together, they are sent as this one request."
        if not overview.consent.sends:
            return f"{many} Nothing is sent from here: {canvas.keys.of('app.consent')} says why."
        return f"{many} {'It' if waiting == 1 else 'This one'} is sent if you release it."
    if not overview.consent.sends:
        return f"{many} Nothing is sent from here: {canvas.keys.of('app.consent')} says why."
    if subject.report is None:  # not as one request: the report of the session that ends goes with them
        return f"{some} are sent together {next_by_itself(overview)}."
    return f"{many} {'It is' if waiting == 1 else 'This one is'} sent {next_by_itself(overview)}."


def _under(canvas: Canvas, overview: Overview, subject: Subject, walks: tuple[str, str]) -> tuple[Line, ...]:
    """Return the lines below the sentence: why it waits and how long, and the keys that lead to the others.

    `walks` is the place among them, in full and in short, empty where there are no others.
    """
    either = canvas.keys.either("page.before", "page.beside", " or ")
    reason = _why(canvas, overview, subject)
    full, short = walks
    walk = full if len(reason) + len(full) + len(either) + 6 <= canvas.right + 1 else short
    keys: Line = (muted(f"{walk}: "), Span(either, Role.ACCENT)) if short else ()
    if not reason or (canvas.low and subject.reports[0].state is not QueueState.SET_ASIDE):
        return (placed(canvas.width, to(canvas.right, *keys, note=True)),) if keys else (BLANK,)
    room = canvas.right + 1 - (length(keys) + 2 if keys else 0)
    if subject.sealed and subject.reports[0].state is QueueState.SET_ASIDE:
        first, *rest = warning(canvas._replace(width=room), reason)
    else:
        first, *rest = wrapped(reason, room, role=Role.MUTED)
    return (placed(canvas.width, at(0, *first), to(canvas.right, *keys, note=True)), *rest)


def _why(canvas: Canvas, overview: Overview, subject: Subject) -> str:
    if not subject.sealed:
        if subject.running:
            return of_a_session(canvas, overview, subject)
        return EXAMPLE if subject.body == overview.example.body else ""
    report = subject.reports[0]
    if report.state is QueueState.SET_ASIDE:
        return sentence(set_aside(report))
    if report.row_id in overview.overdue:
        return sentence(OVERDUE)
    stays = without_network(len(subject.reports)) if overview.consent.sends and canvas.height >= _ROOMY else ""
    if subject.report is None or not report.state.held:
        return stays
    until = f"{sentence(waits_until(report, canvas.now, canvas.zone))} {stays}".rstrip()
    if report.state is QueueState.HELD_FOR_GROUPS:
        return f"{sentence(smaller_groups(report))} {until}"
    if report.state is not QueueState.HELD_FOR_ENDPOINT:
        return until
    return f"{held_for(overview, report)} {until}"


def held_for(overview: Overview, report: QueuedReport) -> str:
    """Return why a report is held that was measured for another receiver or yes, with how many there are."""
    number = sum(each.state is QueueState.HELD_FOR_ENDPOINT for each in overview.outbox)
    others = f", like {amount(number - 1, 'other')} here" if number > 1 else ""
    meant, consent = host(report.endpoint), overview.consent
    if not same_endpoint(report.endpoint, consent.endpoint):
        return f"Made for {meant}{others}; if you release it, it is sent to {host(consent.endpoint)}."
    if report.consent_id != consent.decision.consent_id:
        return f"Made under an earlier yes{others}."
    return f"Made for {meant}, which you did not agree to{others}."


def of_a_session(canvas: Canvas, overview: Overview, subject: Subject) -> str:
    """Return what becomes of a session that has not ended, and of its report; the subject is that report as of now."""
    live = session_of(overview, subject)
    if live is not None and (live.session.local or overview.consent.decision.local):
        return STAYS
    cut_off = live in overview.cut_off
    if overview.unusable is not None:  # then no answer but a no is known here
        its_own = overview.unusable is not Unusable.CONFIG and not cut_off
        return "Its server uses its own receiver, not this shell's." if its_own else while_unusable(overview.unusable)
    if overview.consent.obstacle is Obstacle.UNTRUSTED:
        return "While the answer in the config does not count nothing is measured or sent."
    if overview.consent.decision.consent is not Consent.GRANTED:
        return "Metrics are off, so none of this is sent."
    blocked = there(overview.consent, live.session).obstacle if live is not None else None
    if cut_off and live is not None and blocked is Obstacle.OTHER_ENDPOINT:  # Consent tells of running servers
        return held_for_its_receiver(live.session)
    if blocked is not None:
        return f"Nothing will be sent when it ends; {canvas.keys.of('app.consent')} says why."
    if cut_off and live is not None and not covered(overview.consent.decision, live.session):
        return UNDER_ANOTHER_YES
    if cut_off:
        return "It is made when a session starts, and then sent or held like any other."
    return CHANGES
