"""A fixed overview with something on every screen: a running session, two waiting reports, receipts."""

from datetime import timedelta

from shimmy_metrics.actions.overview import Overview, SessionPreview
from shimmy_metrics.consent.effective_consent import EffectiveConsent, Unusable
from shimmy_metrics.consent.endpoint import ENDPOINT
from shimmy_metrics.consent.state import SCHEMA_VERSION, Consent, Decision, Delivery
from shimmy_metrics.counters import Counters
from shimmy_metrics.delivery.as_sealed import example_report
from shimmy_metrics.next_attempt import NextAttempt
from shimmy_metrics.records import Cause, Departure, Failure, Note, NoteKind, Outcome, QueuedReport, QueueState
from shimmy_metrics.report.build import build, raw_values
from shimmy_metrics.report.fields import BY_NAME
from shimmy_metrics.report.measured import Measured
from shimmy_metrics.report.seal import digest, join, seal
from support.samples import COUNTERS, FACTS, NOW, measured, session

EARLIER = COUNTERS._replace(
    requests=31,
    errors=0,
    tokens=1_980,
    sources={"reported": 31},
    models=1,
    routes={"/v1/chat/completions": 31},
    clients={"vscode": 31},
    answers=31,
    answer_ms=34_410,
    peak_hour=12,
    uptime_s=5_730,
)

BUSY = COUNTERS._replace(
    clients={"vscode": 40, "curl": 7},
    minutes=(
        1,
        2,
        2,
        3,
        1,
        2,
        4,
        6,
        5,
        2,
        1,
        1,
        0,
        0,
        3,
        4,
        2,
        2,
        1,
        2,
        3,
        2,
        2,
        4,
        6,
        5,
        3,
        3,
        2,
        1,
        2,
        2,
        3,
        2,
        1,
        2,
        3,
        4,
    ),
)

GRANTED = Decision(consent=Consent.GRANTED, consent_id="grant", changed="2026-11-21T09:00:00Z")
HELD = GRANTED._replace(delivery=Delivery.REVIEW)


def reported(values: Measured, number: int = 0, state: QueueState = QueueState.DUE) -> QueuedReport:
    """Return a measured session as a sealed report."""
    made = seal(build(values))
    return QueuedReport(
        number,
        values.session_id,
        made.body,
        made.sha256,
        values.sealed,
        state,
        raw_values(values),
        GRANTED.consent_id,
        ENDPOINT,
    )


def named(number: int, counters: Counters = COUNTERS, days: int = 0) -> Measured:
    """Return a measured session with an id of its own, sealed so many days before now."""
    session_id = f"c0ffee00-0000-4000-8000-{number:012}"
    moment = NOW - timedelta(days=days)
    return measured(session_id, counters, moment)._replace(first_of_month=days == 0)


def departure(
    number: int,
    days: int,
    *values: Measured,
    outcome: Outcome | None = Outcome.CONFIRMED,
    status: int = 200,
    failure: Failure = Failure.NONE,
) -> Departure:
    """Return one request with these reports in it: with its bytes where a receiver took them."""
    body = join([seal(build(each)).body for each in values])
    begun = NOW - timedelta(days=days, hours=3, minutes=number)
    taken = outcome is not None and outcome.taken
    return Departure(
        row_id=number,
        begun=begun,
        endpoint=ENDPOINT,
        sha256=digest(body),
        length=len(body),
        reports=len(values),
        by_hand=False,
        ended=None if outcome is None else begun + timedelta(seconds=1),
        outcome=outcome,
        status=status,
        failure=failure,
        taken=len(values) if taken else 0,
        report_ids=() if outcome is Outcome.NOTHING_LEFT else tuple(each.session_id for each in values),
        body=body if taken else b"",
        place=2 * number,
    )


def undecided() -> Overview:
    """Return what a first run finds."""
    return Overview(
        EffectiveConsent(Decision()),
        reported(example_report(FACTS, NOW, SCHEMA_VERSION)),
    )


def renewing() -> Overview:
    """Return what an update finds that has a field which the yes does not cover."""
    return idle()._replace(news=(BY_NAME["token_source"],))


def idle() -> Overview:
    """Return what is there after a yes and before any session."""
    return undecided()._replace(consent=EffectiveConsent(GRANTED))


def only_for_me() -> Overview:
    """Return what somebody has whose sessions are only for themselves: two that ended, none that runs."""
    ended = tuple(
        session()._replace(row_id=number, local=True, counters=counters, ended=NOW - timedelta(days=number))
        for number, counters in ((2, COUNTERS), (1, EARLIER))
    )
    return idle()._replace(
        consent=EffectiveConsent(GRANTED._replace(consent=Consent.DECLINED, local=True)), ended=ended
    )


def busy(decision: Decision = HELD) -> Overview:
    """Return a machine in use: one session runs, two reports wait, three requests were taken, one report is deleted."""
    running = session(consent_id=GRANTED.consent_id)._replace(counters=BUSY, started=NOW - timedelta(seconds=7_321))
    return Overview(
        consent=EffectiveConsent(decision),
        example=reported(example_report(FACTS, NOW, SCHEMA_VERSION)),
        running=(SessionPreview(running, reported(named(9, BUSY))),),
        outbox=(
            reported(named(4), 4, QueueState.HELD_BY_MODE if decision.delivery is Delivery.REVIEW else QueueState.DUE),
            reported(named(5, EARLIER, 1), 5, QueueState.SET_ASIDE)._replace(
                cause=Cause.RULE, detail="version: no such form"
            ),
        ),
        entries=(
            departure(4, 1, named(3, EARLIER, 1)),
            departure(3, 2, named(2, EARLIER, 2), named(1, COUNTERS, 2), outcome=Outcome.ACCEPTED),
            Note(5, NOW - timedelta(days=3), NoteKind.DELETED, 1),
            departure(1, 4, named(8, EARLIER._replace(requests=3, tokens=120), 4)),
        ),
    )


def batch() -> Overview:
    """Return two reports that leave as one request, and two of an earlier yes that are held."""
    due = tuple(reported(named(number, EARLIER, 1), number) for number in (4, 5))
    held = tuple(reported(named(number, COUNTERS, 2), number, QueueState.HELD_FOR_ENDPOINT) for number in (6, 7))
    earlier = tuple(report._replace(consent_id="earlier") for report in held)
    return busy(GRANTED)._replace(outbox=(*due, *earlier), running=())


def failing() -> Overview:
    """Return what is there after two attempts that failed before the first byte."""
    shown = busy(GRANTED)
    report = named(4)
    last = departure(6, 0, report, outcome=Outcome.NOTHING_LEFT, status=0, failure=Failure.CONNECTION)
    last = last._replace(attempts=2, since=NOW - timedelta(days=1))
    return shown._replace(
        entries=(last, *shown.entries), failures=2, attempt=NextAttempt(1, at_start=False), running=()
    )


def receipts_deleted() -> Overview:
    """Return what is on record after the bytes of every receipt were deleted."""
    shown = busy(GRANTED)
    bare = tuple(each._replace(body=b"") if isinstance(each, Departure) else each for each in shown.entries)
    return shown._replace(entries=(Note(20, NOW, NoteKind.RECEIPTS_DELETED, 3), *bare), outbox=(), running=())


def switched_off_here() -> Overview:
    """Return a switch in this shell alone: a server is measured that was started without it."""
    return busy(GRANTED)._replace(consent=EffectiveConsent(GRANTED, "DO_NOT_TRACK=1"), outbox=())


def several() -> Overview:
    """Return three sessions at once, nothing that waits: two are sent after their end, one is only for the person."""
    one, two = session(), session()._replace(server="ollama", version="", local=True, address="http://127.0.0.1:11434")
    begun = NOW - timedelta(seconds=BUSY.uptime_s)
    running = (one._replace(counters=BUSY, started=begun), two._replace(started=begun), one._replace(counters=EARLIER))
    reports = [named(number, each.counters) for number, each in enumerate(running)]
    made = tuple(
        SessionPreview(each._replace(report_id=report.session_id), reported(report))
        for each, report in zip(running, reports, strict=True)
    )
    return busy(GRANTED)._replace(running=made, outbox=())


def running_only_for_me() -> Overview:
    """Return a session that is measured for the person's own eyes."""
    local = GRANTED._replace(consent=Consent.DECLINED, local=True)
    running = session()._replace(counters=BUSY, local=True, started=NOW - timedelta(seconds=BUSY.uptime_s))
    return idle()._replace(
        consent=EffectiveConsent(local), running=(SessionPreview(running, reported(named(9, BUSY))),)
    )


def declined() -> Overview:
    """Return a no."""
    return undecided()._replace(consent=EffectiveConsent(GRANTED._replace(consent=Consent.DECLINED)))


def switched_off() -> Overview:
    """Return a yes that an environment switch overrules."""
    return idle()._replace(consent=EffectiveConsent(GRANTED, "DO_NOT_TRACK"))


def troubled() -> Overview:
    """Return what is there where the config cannot be read."""
    trouble = (
        "/home/ada/.config/shimmy/config.json:1: no valid JSON: expecting property name enclosed in double quotes. "
        "Metrics are off until it is mended; correct the file, or delete it, which withdraws and asks anew"
    )
    return undecided()._replace(trouble=trouble, unusable=Unusable.CONFIG)


def without_endpoint() -> Overview:
    """Return what is there where this shell names a receiver that cannot be one."""
    trouble = (
        "SHIMMY_METRICS_ENDPOINT: the endpoint is not https. Give an https address, such as "
        "https://metrics.example.org/v1/usage"
    )
    return undecided()._replace(trouble=trouble, unusable=Unusable.ENDPOINT)
