"""The sessions that have ended and are kept for the person alone."""

from shimmy_metrics.actions.overview import Overview
from shimmy_metrics.app.ui.layout import Canvas, Row, headline
from shimmy_metrics.app.ui.text import BLANK, Line, Role, Span, at, line, muted, placed, to, wrapped
from shimmy_metrics.records import Departure, Session
from shimmy_metrics.wording.departures import became, sentence
from shimmy_metrics.wording.numbers import duration, noun
from shimmy_metrics.wording.running import shown_address


def kept_rows(canvas: Canvas, overview: Overview) -> tuple[Row, ...]:
    """Return the list of kept sessions, empty where there are none."""
    if not overview.ended:
        return ()
    rows = (Row(_ended_row(canvas, session), row_key(session)) for session in overview.ended)
    sent = any(overview.carrying(session.report_id) for session in overview.ended)
    kept = "Kept for you alone:" if sent else "Kept for you alone, never sent:"
    title = wrapped(kept, canvas.width, indent=3, role=Role.MUTED)
    return (Row(BLANK), *map(Row, title), *rows)


def ended_head(canvas: Canvas, session: Session, departure: Departure | None, number: int, of: int) -> tuple[Line, ...]:
    """Return the head above the figures of a kept session, the `number`th (from 1) `of` so many.

    `departure` is the newest that carried its report, None where it was never sent.
    """
    ended = f"Ended {canvas.day(session.updated)}, {canvas.clock(session.updated)}. Kept for you alone"
    before = _sent_before(canvas, departure)
    place = f"{number} of {of}, " if of > 1 else ""
    long = to(canvas.right, muted(f"{place}{duration(session.counters.uptime_s)}"), note=True)
    return (*headline(canvas, f"{ended}{'' if before else ', never sent'}.", long), *before, BLANK)


def ended_of(overview: Overview | None, key: str) -> Session | None:
    """Return the ended session that a row's key names, or None."""
    return next((each for each in overview.ended if row_key(each) == key), None) if overview else None


def row_key(session: Session) -> str:
    """Return the key of this session's row."""
    return f"session {session.row_id}"


def ended_explained(canvas: Canvas, session: Session, departure: Departure | None) -> tuple[Line, ...]:
    """Return the explanation of a kept session: where it ran, what it was. `departure` as for `ended_head`."""
    server = f"Shimmy {session.version}".strip() if session.server else "a server that did not call itself Shimmy"
    enter = canvas.keys.of("page.explain")
    return (
        *wrapped(f"{server}, at {shown_address(session)}", canvas.width, role=Role.STRONG),
        *(_sent_before(canvas, departure) or wrapped("It was never sent.", canvas.width, role=Role.MUTED)),
        line(Span(enter, Role.ACCENT), muted(": its figures")),
    )


def _sent_before(canvas: Canvas, departure: Departure | None) -> tuple[Line, ...]:
    """Return what became of the report that it was before it was kept for the person; empty where it was never sent."""
    if departure is None:
        return ()
    return tuple(wrapped(sentence(became(departure, canvas.now, canvas.zone)), canvas.width, role=Role.MUTED))


def _ended_row(canvas: Canvas, session: Session) -> Line:
    counters = session.counters
    when = f"{canvas.day(session.started)} {canvas.clock(session.started)}"
    requests, tokens = f"{counters.requests:,}", f"{counters.tokens:,}"
    of_requests, of_tokens = noun(counters.requests, "request"), noun(counters.tokens, "token")
    if canvas.narrow:
        return placed(canvas.width, at(3, Span(when, Role.NAME)), to(canvas.right, requests, muted(f" {of_requests}")))
    return placed(
        canvas.width,
        at(3, Span(when, Role.NAME)),
        to(34, muted(duration(counters.uptime_s))),
        to(43, requests),
        at(44, muted(of_requests)),
        to(64, tokens),
        at(65, muted(of_tokens)),
    )
