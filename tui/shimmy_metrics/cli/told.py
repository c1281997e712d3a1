"""All that the app's screens tell, as lines of text: no rule, no box, a fact a line. Pure."""

from collections.abc import Iterator
from typing import Final

from shimmy_metrics.actions.overview import Overview
from shimmy_metrics.records import Pending, Receipt, Wait
from shimmy_metrics.report.fields import FIELDS, NEVER, Field
from shimmy_metrics.report.population import bits
from shimmy_metrics.wording import WITHDRAW, YOUR_ADDRESS, amount, by_way_of, duration, news_waiting, obstacle, state

_RECEIPTS: Final = 10
"""The newest are read out; a thousand would hide what follows, and `export` has every one."""

_WAITS: Final = {Wait.DUE: "waits to be sent", Wait.REVIEW: "waits for your release", Wait.SET_ASIDE: "was set aside"}


def told(shown: Overview) -> Iterator[str]:
    """Yield what is in force, what is measured, what waits, what was sent, what there is, and what can be done."""
    stands = state(shown.standing)
    yield f"Shimmy metrics: {stands.word}, {stands.note}."
    if shown.trouble:
        yield shown.trouble
    if obstacle(shown.standing):
        yield obstacle(shown.standing)
    if shown.news:
        yield news_waiting(len(shown.news))
    yield from _measured(shown)
    yield from _outgoing(shown)
    yield from _sent(shown)
    yield ""
    yield f"{len(FIELDS)} fields are all that can ever leave. None holds free text."
    for field in FIELDS:
        yield from _field(field)
    yield ""
    yield "Never in a report:"
    for name, fate in NEVER:
        yield f"  {name}: {fate}."
    yield ""
    yield WITHDRAW
    yield "Only in the app (shimmy tui): hold, release or delete one report, compare two, delete the receipts."


def _measured(shown: Overview) -> Iterator[str]:
    if not shown.running:
        yield "No server is running, so nothing is measured."
    for live in shown.running:
        counters = live.session.counters
        yield (
            f"Measuring at {live.session.address} for {duration(counters.uptime_s)}: "
            f"{amount(counters.requests, 'request')}, {amount(counters.errors, 'error')}, "
            f"{amount(counters.tokens, 'token')}."
        )
        yield f"  As it would leave: {live.would_be.body.decode()}"


def _outgoing(shown: Overview) -> Iterator[str]:
    for pending in shown.outbox:
        yield from _waiting(pending)
    if not shown.outbox:
        yield "No report waits."
        if not shown.running:
            yield f"  An idle run would send this: {shown.example.body.decode()}"
    goes = "Reports go" if shown.standing.sends else "A report would go"
    yield f"{goes} to {shown.standing.endpoint}{by_way_of(shown.proxy)}. {YOUR_ADDRESS}"


def _waiting(pending: Pending) -> Iterator[str]:
    reason = f" ({pending.reason})" if pending.reason else ""
    yield f"A report of {pending.sealed:%d %b %Y} {_WAITS[pending.wait]}{reason}, {len(pending.body):,} bytes:"
    yield f"  {pending.body.decode(errors='replace')}"
    yield f"  sha256 {pending.sha256}"


def _sent(shown: Overview) -> Iterator[str]:
    sent = shown.deliveries
    yield f"{amount(len(sent), 'delivery', 'deliveries')} so far{f', last {sent[0].at:%d %b %Y}' if sent else ''}."
    for receipt in shown.receipts[:_RECEIPTS]:
        yield f"  {_receipt(receipt)}"
        if receipt.id in shown.broken_receipts:
            yield "  The chain of receipts is broken here."
    if len(shown.receipts) > _RECEIPTS:
        yield f"  {len(shown.receipts) - _RECEIPTS:,} older ones: shimmy config --metrics export"


def _receipt(receipt: Receipt) -> str:
    if not receipt.body:
        return f"{receipt.at:%d %b %Y}: {receipt.note}."
    outcome = f" {receipt.outcome.value}" if receipt.outcome else ""
    return (
        f"{receipt.at:%d %b %Y %H:%M} UTC: {amount(receipt.reports, 'report')}, {len(receipt.body):,} bytes "
        f"to {receipt.endpoint}, answer {receipt.status}{outcome}, sha256 {receipt.sha256}"
    )


def _field(field: Field) -> Iterator[str]:
    known = bits(field.name)
    yield f"  {field.name}: {field.kind.bounds}. {field.meaning}"
    told_by = f"{known:.1f} identifying bits" if known else "identifies nothing"
    yield f"    Asked for {field.purpose}. From {field.source}. Taken away: {field.coarsening}. {told_by.capitalize()}."
