"""History: what left, and when? Was it taken? And the proof: the bytes, their digest, the answer."""

from functools import lru_cache
from typing import Final

from shimmy_metrics.actions.overview import Overview
from shimmy_metrics.app.lines import BLANK, Line, Role, Span, at, line, muted, note, placed, strong, to
from shimmy_metrics.app.pages.canvas import READING, Canvas, Page, Row, headline, told
from shimmy_metrics.app.pages.values import values
from shimmy_metrics.limits import OUTBOX_DAYS, OUTBOX_REPORTS, RECEIPTS
from shimmy_metrics.records import Outcome, Receipt
from shimmy_metrics.report.bodies import split
from shimmy_metrics.wording import amount

_NOTES: Final = {
    "deleted": "You deleted a report before it was sent. The chain notes that, not what was in it.",
    "dropped": f"At most {OUTBOX_REPORTS} reports wait, each for {OUTBOX_DAYS} days; others are deleted unsent.",
    "older": f"Only the newest {RECEIPTS:,} are kept whole. This link stands for others, so that the chain goes on.",
}
"""What a note means, by its first word."""


def history_page(canvas: Canvas, overview: Overview | None, base: int) -> Page:
    """Return the list of receipts, newest first. `base` is the receipt that others are compared with (0: none)."""
    if overview is None:
        return Page((line(muted(READING)), BLANK), ())
    sent = overview.deliveries
    if not overview.receipts:
        empty = "A receipt is kept here for each report that leaves: the bytes, when, where to, and the answer."
        keys = canvas.keys
        then = (
            Row(BLANK),
            Row(placed(canvas.width, at(3, "What would leave"), at(21, Span(keys.of("app.outgoing"), Role.ACCENT)))),
            Row(placed(canvas.width, at(3, "What ever can"), at(21, Span(keys.of("app.fields"), Role.ACCENT)))),
        )
        return Page((line(strong("Nothing was sent from here.")), BLANK), (*told(canvas, empty), *then))
    size = sum(len(receipt.body) for receipt in sent)
    sentence = f"{amount(len(sent), 'delivery', 'deliveries')} left from here. Open one to see its bytes."
    head = headline(canvas, sentence, to(canvas.width - 1, muted(f"{size:,} bytes in all"), note=True))
    broken = len(overview.broken_receipts)
    damage = line(Span("! ", Role.BAD), f"{amount(broken, 'receipt')} not as written.") if broken else BLANK
    return Page((*head, damage, _columns(canvas)), tuple(_row(canvas, each, base) for each in overview.receipts))


def explained(canvas: Canvas, receipt: Receipt, *, broken: bool) -> tuple[Line, ...]:
    """Return where it went, its digest, and whether the bytes that are kept have it."""
    if not receipt.body:
        return (line(strong(receipt.note)), line(muted("A link of the chain; it holds no bytes.")))
    proof = f"The {len(receipt.body):,} bytes kept here have this digest."
    if broken:
        proof = "These bytes or their link are not as they were written."
    outcome = (
        "The receiver confirmed it." if receipt.outcome is Outcome.CONFIRMED else "The receiver did not confirm it."
    )
    return (
        placed(
            canvas.width,
            at(1, strong("POST "), receipt.endpoint),
            to(canvas.width - 1, muted(_when(canvas, receipt)), note=True),
        ),
        placed(canvas.width, at(1, muted("sha256 "), receipt.sha256)),
        placed(canvas.width, at(1, proof, muted(f" {outcome}"))),
    )


def note_told(receipt: Receipt) -> str:
    """Return what a note is: there is nothing in it to open."""
    meaning = _NOTES.get(_first_word(receipt), "")
    return f"{receipt.note[:1].upper()}{receipt.note[1:]}. {meaning}".strip()


def receipt_of(overview: Overview | None, key: str) -> Receipt | None:
    """Return the receipt that a row's key names, or None."""
    return next((each for each in overview.receipts if row_key(each) == key), None) if overview else None


def row_key(receipt: Receipt) -> str:
    """Return what the mark stands on at this receipt."""
    return f"receipt {receipt.id}"


def _columns(canvas: Canvas) -> Line:
    if canvas.narrow:
        return placed(canvas.width, at(3, muted("sent")), to(23, muted("bytes")), at(25, muted("answer")))
    return placed(
        canvas.width,
        at(3, muted("sent")),
        to(23, muted("bytes")),
        at(26, muted("answer")),
        to(51, muted("requests")),
        to(60, muted("tokens")),
        note(63, muted("sha256")),
    )


def _row(canvas: Canvas, receipt: Receipt, base: int) -> Row:
    when = Span(_when(canvas, receipt), Role.NAME)
    if not receipt.body:
        return Row(
            placed(
                canvas.width,
                at(3, when),
                at(26, muted(_first_word(receipt) if canvas.narrow else receipt.note)),
            ),
            row_key(receipt),
        )
    cells = [at(3, when), to(23, f"{len(receipt.body):,}")]
    # What was refused was not delivered: it is set aside, and never a receipt.
    answer = (Span(f"{receipt.status} ", Role.MUTED), receipt.outcome.value if receipt.outcome else "")
    if canvas.narrow:
        return Row(placed(canvas.width, *cells, at(26, *answer)), row_key(receipt))
    number, requests, tokens = _sums(receipt.body)
    extra = "base" if receipt.id == base else (f"{number} in one" if number > 1 else "")
    cells += [
        at(26, *answer),
        to(51, requests),
        to(60, tokens),
        note(63, muted(f"{receipt.sha256[:8]}{canvas.signs.cut}")),
    ]
    return Row(placed(canvas.width, *cells, to(canvas.width - 1, strong(extra), note=True)), row_key(receipt))


def _first_word(receipt: Receipt) -> str:
    return receipt.note.partition(" ")[0].rstrip(":")


@lru_cache(2048)
def _sums(body: bytes) -> tuple[int, str, str]:
    """Return how many reports a delivery held, their requests and their tokens. Each is read once."""
    found = [values(report) for report in split(body)]

    def total(name: str) -> str:
        return f"{sum(int(each[name]) for each in found if each.get(name, '').isdecimal()):,}"

    return len(found), total("requests_per_session"), total("total_tokens_generated")


def _when(canvas: Canvas, receipt: Receipt) -> str:
    return f"{canvas.day(receipt.at)} {canvas.clock(receipt.at)}"
