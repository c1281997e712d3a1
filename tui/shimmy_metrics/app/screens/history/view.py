"""History: what was sent, when, and was it taken? Each attempt to send and each note, with the proof that is kept."""

from collections.abc import Iterator
from typing import Final

from shimmy_metrics.actions.overview import Overview
from shimmy_metrics.app.ui.layout import READING, Canvas, Content, Row, headline, paragraphs, warning
from shimmy_metrics.app.ui.sending import in_full
from shimmy_metrics.app.ui.text import BLANK, Line, Role, Span, at, line, muted, note, placed, strong, to, wrapped
from shimmy_metrics.limits import DEPARTURES_KEPT, OUTBOX_DAYS, OUTBOX_REPORTS
from shimmy_metrics.records import Departure, Entry, NoteKind
from shimmy_metrics.wording.departures import failed, host, in_all, label, receipts_kept, sentence, taken_in_all, when
from shimmy_metrics.wording.departures import note as note_text
from shimmy_metrics.wording.numbers import amount

_MEANINGS: Final = {
    NoteKind.DROPPED: f"At most {OUTBOX_REPORTS} reports wait, each for {OUTBOX_DAYS} days; others are deleted.",
    NoteKind.DELETED: "The record says how many, not what was in them.",
    NoteKind.FOLDED: f"The newest {DEPARTURES_KEPT:,} entries are kept. This one stands for those before, so that the "
    "chain goes on.",
    NoteKind.RECEIPTS_DELETED: "When, where to and each digest stay on record.",
}

NOT_READ: Final = "The store was not read, so what was sent is not known here."

_WHERE: Final = 22
"""Columns for the receiver's name: Shimmy's own fits."""


def history_view(canvas: Canvas, overview: Overview | None, base: int) -> Content:
    """Return the departures and notes, newest first. `base` is the receipt that others are compared with (0: none)."""
    if overview is None:
        return Content((line(muted(READING)), BLANK), ())
    if not overview.entries:
        empty = (
            "Each attempt to send is listed here: when, where to, how many bytes, their digest, and the outcome. "
            "Attempts in a row that sent nothing are one line. If a receiver took something, its bytes are kept too."
        )
        keys = canvas.keys
        then = (
            Row(BLANK),
            Row(placed(canvas.width, at(3, "Next to be sent"), at(27, Span(keys.of("app.outgoing"), Role.ACCENT)))),
            Row(
                placed(
                    canvas.width,
                    at(3, "Everything that could be sent"),
                    at(27, Span(keys.of("app.fields"), Role.ACCENT)),
                )
            ),
        )
        nothing = "No attempt to send is on record." if overview.store_read else NOT_READ
        return Content((*headline(canvas, nothing), BLANK), (*paragraphs(canvas, empty), *then))
    size = sum(len(receipt.body) for receipt in overview.receipts)
    kept = [to(canvas.width - 1, muted(f"{size:,} bytes kept"), note=True)] if size else []
    head = headline(canvas, _sentence(overview), *kept)
    broken = len(overview.broken)
    damage = warning(canvas, f"{amount(broken, 'entry is', 'entries are')} not as written.") if broken else (BLANK,)
    return Content((*head, *damage, _columns(canvas)), tuple(_row(canvas, each, base) for each in overview.entries))


def explained(canvas: Canvas, overview: Overview, entry: Entry) -> tuple[Line, ...]:
    """Return the explanation of an entry, what matters most first."""
    if not isinstance(entry, Departure):
        found = (f"{sentence(note_text(entry))} {_MEANINGS[entry.kind]}",)
        broken = ("This link is not as it was written.",) if entry.key in overview.broken else ()
        return tuple(each for text in (*broken, *found) for each in wrapped(text, canvas.width))
    became, *then = in_full(canvas, overview, entry)
    lines = [*wrapped(became, canvas.width, role=Role.STRONG)]
    lines += [each for text in then for each in wrapped(text, canvas.width)]
    lines += [placed(canvas.width, at(1, muted("sha256 "), entry.sha256))]
    lines += [each for text in _proof(overview, entry) for each in wrapped(text, canvas.width)]
    lines += wrapped(f"POST {entry.endpoint}, {entry.length:,} bytes, {_word(entry)}.", canvas.width, role=Role.MUTED)
    return tuple(lines)


def entry_of(overview: Overview | None, key: str) -> Entry | None:
    """Return the entry that a row's key names, or None."""
    return next((each for each in overview.entries if each.key == key), None) if overview else None


def _sentence(overview: Overview) -> str:
    """Return what left, in numbers: what was taken, and what may have been."""
    taken = taken_in_all(overview.entries)
    left = sentence(in_all(taken, overview.departures))
    if not taken:
        return left
    kept = any(each.body for each in overview.receipts)
    return f"{left} {'Open one to see its bytes.' if kept else sentence(receipts_kept(0))}"


def _proof(overview: Overview, departure: Departure) -> Iterator[str]:
    """Yield whether the bytes are kept, and whether they are those of the digest."""
    if departure.key in overview.broken:
        yield "This entry, or the bytes kept of it, is not as it was written."
    elif departure.body:
        yield f"The {len(departure.body):,} bytes kept here have this digest."
    elif departure.receipt:
        yield "No receipt is kept here: you deleted its bytes."


def _word(departure: Departure) -> str:
    return "released by you" if departure.by_hand else "sent automatically"


def _columns(canvas: Canvas) -> Line:
    if canvas.narrow:
        return placed(canvas.width, at(3, muted("when")), at(17, muted("outcome")))
    return placed(
        canvas.width,
        at(3, muted("when")),
        at(17, muted("outcome")),
        to(39, muted("reports")),
        to(46, muted("bytes")),
        at(48, muted("receiver")),
        note(71, muted("sha256")),
    )


def _row(canvas: Canvas, entry: Entry, base: int) -> Row:
    key = entry.key
    moment = entry.ended or entry.begun if isinstance(entry, Departure) else entry.at
    cells = [at(3, Span(f"{canvas.day(moment)} {canvas.clock(moment)}", Role.NAME))]
    if not isinstance(entry, Departure):
        return Row(
            placed(canvas.width, *cells, at(17, muted(canvas.fitting(note_text(entry), canvas.width - 18)))), key
        )
    times = f" {entry.attempts:,}x" if entry.attempts > 1 else ""
    cells.append(at(17, Span(f"{label(entry)}{times}", Role.BAD if failed(entry) else Role.TEXT)))
    if canvas.narrow:
        return Row(placed(canvas.width, *cells), key)
    cells += [
        to(39, f"{entry.reports:,}"),
        to(46, f"{entry.length:,}"),
        at(48, canvas.fitting(host(entry.endpoint), _WHERE)),
        note(71, muted(entry.sha256[:8])),
        note(82, *_extra(canvas, entry, base)),
    ]
    return Row(placed(canvas.width, *cells), key)


def _extra(canvas: Canvas, departure: Departure, base: int) -> Line:
    """Return what there is room for where it is wide: since when, or the answer, and whether it is the base."""
    if departure.row_id == base:
        return (strong("compared with"),)
    if departure.attempts > 1 and departure.since is not None:
        return (muted(f"since {when(departure.since, canvas.now, canvas.zone)}"),)
    return (muted(f"answer {departure.status}"),) if departure.status else ()
