"""The sessions that have ended and are kept for the person alone."""

from shimmy_metrics.actions.overview import Overview
from shimmy_metrics.app.ui.layout import Canvas, Row, headline
from shimmy_metrics.app.ui.text import BLANK, Line, Role, Span, at, line, muted, placed, to, wrapped
from shimmy_metrics.records import Session
from shimmy_metrics.wording.numbers import duration


def kept_rows(canvas: Canvas, overview: Overview) -> tuple[Row, ...]:
    """Return the list of kept sessions, empty where there are none."""
    if not overview.ended:
        return ()
    rows = (Row(_ended_row(canvas, session), row_key(session)) for session in overview.ended)
    title = wrapped("Kept for you alone, never sent:", canvas.width, indent=3, role=Role.MUTED)
    return (Row(BLANK), *map(Row, title), *rows)


def ended_head(canvas: Canvas, session: Session, number: int, of: int) -> tuple[Line, ...]:
    """Return the head above the figures of a kept session, the `number`th (from 1) `of` so many."""
    sentence = f"Ended {canvas.day(session.updated)}, {canvas.clock(session.updated)}. Kept for you alone, never sent."
    place = f"{number} of {of}, " if of > 1 else ""
    long = to(canvas.right, muted(f"{place}{duration(session.counters.uptime_s)}"), note=True)
    return (*headline(canvas, sentence, long), BLANK)


def ended_of(overview: Overview | None, key: str) -> Session | None:
    """Return the ended session that a row's key names, or None."""
    return next((each for each in overview.ended if row_key(each) == key), None) if overview else None


def row_key(session: Session) -> str:
    """Return the key of this session's row."""
    return f"session {session.row_id}"


def ended_explained(canvas: Canvas, session: Session) -> tuple[Line, ...]:
    """Return the explanation of a kept session: where it ran, what it was."""
    server = f"Shimmy {session.version}".strip() if session.server else "a server that did not call itself Shimmy"
    enter = canvas.keys.of("page.explain")
    return (
        *wrapped(f"{server}, at {session.address}", canvas.width, role=Role.STRONG),
        *wrapped("Measured for you alone. It is never sent.", canvas.width, role=Role.MUTED),
        line(Span(enter, Role.ACCENT), muted(": its figures")),
    )


def _ended_row(canvas: Canvas, session: Session) -> Line:
    counters = session.counters
    when = f"{canvas.day(session.started)} {canvas.clock(session.started)}"
    requests, tokens = f"{counters.requests:,}", f"{counters.tokens:,}"
    if canvas.narrow:
        return placed(canvas.width, at(3, Span(when, Role.NAME)), to(canvas.right, requests, muted(" requests")))
    return placed(
        canvas.width,
        at(3, Span(when, Role.NAME)),
        to(34, muted(duration(counters.uptime_s))),
        to(43, requests),
        at(44, muted("requests")),
        to(64, tokens),
        at(65, muted("tokens")),
    )
