"""A fixed overview with something on every screen: a running session, two reports that wait, receipts."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from shimmy_metrics.actions.overview import Live, Overview
from shimmy_metrics.consent import Consent, Decision, Delivery, Standing
from shimmy_metrics.counters import Counters
from shimmy_metrics.delivery.sealing import example
from shimmy_metrics.records import Outcome, Pending, Receipt, Wait
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

GRANTED = Decision(consent=Consent.GRANTED, grant="grant", changed="2026-11-21T09:00:00Z")
HELD = replace(GRANTED, delivery=Delivery.REVIEW)


def reported(values: Measured, number: int = 0, wait: Wait = Wait.DUE) -> Pending:
    """Return a measured session as a sealed report."""
    made = seal(build(values))
    return Pending(number, values.session_id, made.body, made.sha256, values.sealed, wait, raw_values(values))


def named(number: int, counters: Counters = COUNTERS, days: int = 0) -> Measured:
    """Return a measured session with an id of its own, sealed so many days before now."""
    session_id = f"c0ffee00-0000-4000-8000-{number:012}"
    moment = NOW - timedelta(days=days)
    return measured(session_id, counters, moment)._replace(first_of_month=days == 0)


def receipt(number: int, days: int, *values: Measured, outcome: Outcome | None = Outcome.CONFIRMED) -> Receipt:
    """Return the receipt of one request with these reports in it."""
    body = join([seal(build(each)).body for each in values])
    return Receipt(
        id=number,
        at=NOW - timedelta(days=days, hours=3, minutes=number),
        endpoint="https://metrics.shimmy-ai.dev/v1/usage",
        body=body,
        sha256=digest(body),
        status=200,
        outcome=outcome,
        reports=len(values),
        link=digest(b"%d" % number),
    )


def undecided() -> Overview:
    """Return what a first run finds."""
    return Overview(Standing(Decision()), reported(example(FACTS, NOW, 1)), config_path=Path("/config.json"))


def renewing() -> Overview:
    """Return what an update finds that has a field which the yes does not cover."""
    return idle()._replace(news=(BY_NAME["token_source"],))


def idle() -> Overview:
    """Return what is there after a yes and before any session."""
    return undecided()._replace(standing=Standing(GRANTED))


def only_for_me() -> Overview:
    """Return what somebody has whose sessions are only for themselves: two that ended, none that runs."""
    ended = tuple(
        session()._replace(id=number, local=True, grant="", counters=counters, ended=NOW - timedelta(days=number))
        for number, counters in ((2, COUNTERS), (1, EARLIER))
    )
    return idle()._replace(standing=Standing(replace(GRANTED, consent=Consent.DECLINED, local=True)), ended=ended)


def busy(decision: Decision = HELD) -> Overview:
    """Return a machine in use: one session runs, two reports wait, three deliveries left, one report was deleted."""
    running = session()._replace(counters=BUSY, started=NOW - timedelta(seconds=7_321))
    deleted = Receipt(2, NOW - timedelta(days=3), "", b"", "", 0, None, 1, "", "deleted by you before it was sent")
    return Overview(
        standing=Standing(decision),
        example=reported(example(FACTS, NOW, 1)),
        running=(Live(running, reported(named(9, BUSY))),),
        outbox=(
            reported(named(4), 4, Wait.REVIEW if decision.delivery is Delivery.REVIEW else Wait.DUE),
            reported(named(5, EARLIER, 1), 5, Wait.SET_ASIDE)._replace(reason="version: no such form"),
        ),
        receipts=(
            receipt(4, 1, named(3, EARLIER, 1)),
            receipt(3, 2, named(2, EARLIER, 2), named(1, COUNTERS, 2), outcome=Outcome.ACCEPTED),
            deleted,
            receipt(1, 4, named(8, EARLIER._replace(requests=3, tokens=120), 4)),
        ),
    )


def several() -> Overview:
    """Return three sessions at once, nothing that waits: two are sent after their end, one is only for the person."""
    one, two = session(), session()._replace(server="ollama", version="", local=True, address="127.0.0.1:11434")
    begun = NOW - timedelta(seconds=BUSY.uptime_s)
    running = (one._replace(counters=BUSY, started=begun), two._replace(started=begun), one._replace(counters=EARLIER))
    reports = [named(number, each.counters) for number, each in enumerate(running)]
    made = tuple(
        Live(each._replace(session_id=report.session_id), reported(report))
        for each, report in zip(running, reports, strict=True)
    )
    return busy(GRANTED)._replace(running=made, outbox=())


def running_only_for_me() -> Overview:
    """Return a session that is measured for the person's own eyes."""
    local = replace(GRANTED, consent=Consent.DECLINED, local=True)
    running = session()._replace(counters=BUSY, local=True, started=NOW - timedelta(seconds=BUSY.uptime_s))
    return idle()._replace(standing=Standing(local), running=(Live(running, reported(named(9, BUSY))),))


def declined() -> Overview:
    """Return a no."""
    return undecided()._replace(standing=Standing(replace(GRANTED, consent=Consent.DECLINED)))


def switched_off() -> Overview:
    """Return a yes that an environment switch overrules."""
    return idle()._replace(standing=Standing(GRANTED, "DO_NOT_TRACK"))


def troubled() -> Overview:
    """Return what is there where the config cannot be read."""
    trouble = (
        "/home/ada/.config/shimmy/config.json:1: no valid JSON: expecting property name enclosed in double quotes. "
        "Metrics are off until it is mended; correct the file or delete it"
    )
    return undecided()._replace(trouble=trouble, unusable=True)
