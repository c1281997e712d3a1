"""History: what was sent, when, and was it taken? Each attempt to send and each note, with the proof that is kept."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from shimmy_metrics.actions.overview import Overview
from shimmy_metrics.app.screens.report.baseline import Baseline
from shimmy_metrics.app.screens.report.wire import wire
from shimmy_metrics.app.ui.layout import READING, Canvas, Content, Row, column_widths, headline, paragraphs, warning
from shimmy_metrics.app.ui.sending import in_full
from shimmy_metrics.app.ui.text import (
    BLANK,
    Line,
    Role,
    Span,
    at,
    length,
    line,
    muted,
    note,
    placed,
    strong,
    to,
    wrapped,
)
from shimmy_metrics.entries import recall_of, taken_in_all
from shimmy_metrics.limits import DEPARTURES_KEPT, OUTBOX_DAYS, OUTBOX_REPORTS
from shimmy_metrics.records import Departure, DepartureKind, Entry, NoteKind, Outcome
from shimmy_metrics.wording.departures import ALIKE, became, failed, host, in_all, label, receipts_kept, sentence
from shimmy_metrics.wording.departures import note as note_text
from shimmy_metrics.wording.numbers import amount, when
from shimmy_metrics.wording.receiver import UNREACHABLE

DAMAGED: Final = "This entry, or the bytes kept of it, is not as it was written."

_MEANINGS: Final = {
    NoteKind.DROPPED: f"A session's end deletes what has waited {OUTBOX_DAYS} days or is beyond {OUTBOX_REPORTS} "
    "reports.",
    NoteKind.DELETED: "The record says how many, not what was in them.",
    NoteKind.FOLDED: f"The newest {DEPARTURES_KEPT:,} entries are kept. This one stands for those before, so that the "
    "chain goes on.",
    NoteKind.GROUPS_LOWERED: "Its receiver said so in an answer. It was more before, so from then on each report is "
    "held until you release it or agree again.",
    NoteKind.RECEIPTS_DELETED: "When, where to and each digest stay on record.",
}

NOT_READ: Final = "The store was not read, so what was sent is not known here."

_WHERE: Final = 47
"""Where the receivers' names begin."""

_HOST: Final = 22
"""Columns for a receiver's name at least: Shimmy's own fits."""

_DIGEST: Final = 9
"""Columns for a digest at least: eight digits and the sign that it goes on."""

_SHA256: Final = 64
_GAP: Final = 2


class _Places(NamedTuple):
    """The columns of receiver, digest and remark: how wide the first two are, where the last two begin."""

    host: int
    digest: int
    digits: int
    remark: int


def history_view(canvas: Canvas, overview: Overview | None, base: int) -> Content:
    """Return the departures and notes, newest first. `base` is the receipt that others are compared with (0: none)."""
    if overview is None:
        return Content((line(muted(READING)), BLANK), ())
    if not overview.entries:
        empty = (
            "Each attempt to send is listed here: when, where to, how many bytes, their digest, and the outcome. "
            "Attempts in a row that sent nothing for the same reason are one line. If a receiver took something, its "
            "bytes are kept too."
        )
        keys = canvas.keys
        then = (
            Row(BLANK),
            Row(placed(canvas.width, at(3, "What would be sent"), at(34, Span(keys.of("app.outgoing"), Role.ACCENT)))),
            Row(
                placed(
                    canvas.width,
                    at(3, "Everything that could be sent"),
                    at(34, Span(keys.of("app.fields"), Role.ACCENT)),
                )
            ),
        )
        nothing = "No attempt to send is on record." if overview.store_read else NOT_READ
        unreachable = paragraphs(canvas, UNREACHABLE)
        return Content((*headline(canvas, nothing), BLANK), (*paragraphs(canvas, empty), *unreachable, *then))
    size = sum(len(receipt.body) for receipt in overview.receipts)
    kept = [to(canvas.right, muted(f"{size:,} bytes kept"), note=True)] if size else []
    head = headline(canvas, _sentence(overview), *kept)
    broken = len(overview.broken)
    damage = warning(canvas, f"{amount(broken, 'entry is', 'entries are')} not as written.") if broken else (BLANK,)
    places = _places(canvas, overview.entries, base)
    recalled = _recalled(overview.entries)
    rows = tuple(_row(canvas, each, base, places, recalled=each.key in recalled) for each in overview.entries)
    of_receipts = (Row(BLANK), *paragraphs(canvas, *_of_receipts(canvas))) if size else ()
    below = (*of_receipts, Row(BLANK), *paragraphs(canvas, UNREACHABLE))
    return Content((*head, *damage, _columns(canvas, places)), (*rows, *below))


def _of_receipts(canvas: Canvas) -> tuple[str, str, str]:
    """Return what opening a receipt shows, and how those of some days, or all, are saved."""
    keys = canvas.keys
    return (
        f"{keys.of('page.explain')} opens a receipt: its bytes, and what is new in it.",
        f"{keys.of('history.save')} saves those of the last 7 days, of last week, or all: each body beside its "
        "sha256, and whether its receiver answered with that.",
        "Those of any days: shimmy-metrics history --json --from DATE --to DATE",
    )


def explained(
    canvas: Canvas, overview: Overview, entry: Entry, base: Baseline | None = None, *, expanded: bool = False
) -> tuple[Line, ...]:
    """Return the explanation of an entry, what matters most first; beside the list with the bytes that are kept.

    `base` is what a person chose to compare them with. Nothing is cut if `expanded`.
    """
    if not isinstance(entry, Departure):
        found = (f"{sentence(note_text(entry))} {_MEANINGS[entry.kind]}",)
        broken = ("This link is not as it was written.",) if entry.key in overview.broken else ()
        return tuple(each for text in (*broken, *found) for each in wrapped(text, canvas.width))
    became, *then = in_full(canvas, overview, entry)
    lines = [*wrapped(became, canvas.width, role=Role.STRONG)]
    lines += [each for text in then for each in wrapped(text, canvas.width)]
    digits = _SHA256
    while expanded and digits > 8 and digits + 9 > canvas.width:
        digits //= 2
    lines += [placed(canvas.width, at(1, muted("sha256 "), entry.sha256[:digits]))]
    rest = range(digits, len(entry.sha256), digits)
    lines += [placed(canvas.width, at(8, entry.sha256[begin : begin + digits])) for begin in rest]
    lines += [each for text in _proof(canvas, overview, entry) for each in wrapped(text, canvas.width)]
    lines += wrapped(_request(entry), canvas.width, role=Role.MUTED)
    if canvas.aside and entry.body:
        lines += [row.line for row in wire(canvas, base, entry.body)]
    return tuple(lines)


def entry_of(overview: Overview | None, key: str) -> Entry | None:
    """Return the entry that a row's key names, or None."""
    return next((each for each in overview.entries if each.key == key), None) if overview else None


def recall_offered(entry: Entry | None) -> bool:
    """Whether a recall is offered for an entry: bytes of it left, and the ids of its reports are known here."""
    return isinstance(entry, Departure) and entry.kind is DepartureKind.REPORTS and bool(entry.body or entry.report_ids)


def _sentence(overview: Overview) -> str:
    """Return what left, in numbers: what was taken, and what may have been; and that like attempts are one line."""
    taken = taken_in_all(overview.entries)
    left = sentence(in_all(taken, overview.entries))
    if any(departure.attempts > 1 for departure in overview.departures):
        left = f"{left} {ALIKE}"
    if not taken:
        return left
    kept = any(each.body for each in overview.receipts)
    return f"{left} {'Open one to see its bytes.' if kept else sentence(receipts_kept(0))}"


def _proof(canvas: Canvas, overview: Overview, departure: Departure) -> Iterator[str]:
    """Yield whether it was recalled, whether the bytes are kept, and whether they are those of the digest."""
    recalled = recall_of(overview.entries, departure)
    if recalled is not None:
        yield sentence(became(recalled, canvas.now, canvas.zone))
    if departure.key in overview.broken:
        yield DAMAGED
    elif departure.body:
        yield bytes_kept(departure)
    elif departure.receipt:
        yield "No receipt is kept here: you deleted its bytes."


def bytes_kept(departure: Departure) -> str:
    """Return that the bytes that are kept have the digest, and whether the receiver said so too, as a sentence."""
    kept = f"The {len(departure.body):,} bytes kept here have this digest"
    confirmed = departure.outcome is Outcome.CONFIRMED
    return f"{kept}; the receiver computed it as well." if confirmed else f"{kept}."


def _request(departure: Departure) -> str:
    if departure.kind is DepartureKind.RECALL:
        return f"DELETE {departure.endpoint}/ID for each report of that request of {departure.length:,} bytes."
    how = "released by you" if departure.by_hand else "begun automatically"
    last = "The last: " if departure.attempts > 1 else ""  # those before it may have been begun otherwise
    return f"{last}POST {departure.endpoint}, {departure.length:,} bytes, {how}."


def _columns(canvas: Canvas, places: _Places) -> Line:
    if canvas.narrow:
        return placed(canvas.width, at(3, muted("when")), at(17, muted("outcome")))
    return placed(
        canvas.width,
        at(3, muted("when")),
        at(17, muted("outcome")),
        to(38, muted("reports")),
        to(45, muted("bytes")),
        at(_WHERE, muted("receiver")),
        note(places.digest, muted("sha256")),
    )


def _places(canvas: Canvas, entries: Sequence[Entry], base: int) -> _Places:
    """Return where the last columns stand: the receiver has room first, then the remark, then the digest."""
    found = [each for each in entries if isinstance(each, Departure)]
    where = max((len(host(each.endpoint)) for each in found), default=0)
    remark = max((length(_extra(canvas, each, base)) for each in found), default=0) + _GAP
    room, least = canvas.width - _WHERE - 2, (_HOST, 0, _DIGEST)
    columns = column_widths(room, least, (where, remark, _SHA256))
    if columns[1] < remark:
        columns = column_widths(room, least, (where, 0, _SHA256))
    digest = _WHERE + columns[0] + 1
    return _Places(columns[0], digest, columns[2], digest + columns[2] + _GAP)


def _recalled(entries: Sequence[Entry]) -> frozenset[str]:
    """Return the keys of the requests of which the receiver deleted every report again."""
    found = [each for each in entries if isinstance(each, Departure)]
    recalls = (each for each in found if each.kind is DepartureKind.RECALL and each.outcome is Outcome.RECALLED)
    deleted = {(each.endpoint, each.sha256) for each in recalls}
    sent = (each for each in found if each.kind is DepartureKind.REPORTS)
    return frozenset(each.key for each in sent if (each.endpoint, each.sha256) in deleted)


def _row(canvas: Canvas, entry: Entry, base: int, places: _Places, *, recalled: bool) -> Row:
    """Return an entry's row. `recalled`: it is a request that was taken, and deleted at its receiver later."""
    key = entry.key
    moment = entry.ended or entry.begun if isinstance(entry, Departure) else entry.at
    cells = [at(3, Span(f"{canvas.day(moment)} {canvas.clock(moment)}", Role.NAME))]
    if not isinstance(entry, Departure):
        return Row(
            placed(canvas.width, *cells, at(17, muted(canvas.fitting(note_text(entry), canvas.width - 18)))), key
        )
    times = f" {entry.attempts:,}x" if entry.attempts > 1 else ""
    what = "recalled later" if recalled else f"{label(entry)}{times}"
    cells.append(at(17, Span(what, Role.BAD if failed(entry) else Role.TEXT)))
    if canvas.narrow:
        return Row(placed(canvas.width, *cells), key)
    cells += [
        to(38, f"{entry.reports:,}"),
        to(45, f"{entry.length:,}"),
        at(_WHERE, canvas.fitting(host(entry.endpoint), places.host)),
        note(places.digest, muted(canvas.fitting(entry.sha256, places.digits))),
        note(places.remark, *_extra(canvas, entry, base)),
    ]
    return Row(placed(canvas.width, *cells), key)


def _extra(canvas: Canvas, departure: Departure, base: int) -> Line:
    """Return what there is room for where it is wide: since when, or the answer, and whether it is the base."""
    if departure.row_id == base:
        return (strong("compared with"),)
    if departure.attempts > 1 and departure.since is not None:
        return (muted(f"since {when(departure.since, canvas.now, canvas.zone)}"),)
    return (muted(f"answer {departure.status}"),) if departure.status else ()
