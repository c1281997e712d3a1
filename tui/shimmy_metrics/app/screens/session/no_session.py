"""Where no server runs: how to start one, what was measured last, and the sessions kept for the person alone."""

from typing import Final

from shimmy_metrics.actions.overview import Overview
from shimmy_metrics.app.ui.layout import Canvas, Content, Row, headline
from shimmy_metrics.app.ui.text import BLANK, Line, Role, Span, at, line, muted, note, placed, strong, to, wrapped
from shimmy_metrics.consent.state import Consent
from shimmy_metrics.records import Session
from shimmy_metrics.wording.consent import UNREAD
from shimmy_metrics.wording.numbers import duration

NO_SERVER_KNOWN: Final = "The store was not read, so no server is shown."


def no_session_view(canvas: Canvas, overview: Overview) -> Content:
    """Return what to do, and what is kept."""
    # Of others nothing is known here.
    sentence = "No measured server is running." if overview.store_read else NO_SERVER_KNOWN
    if not overview.consent.measures:
        sentence = f"{_off(overview)}. {sentence}"
    return Content((*headline(canvas, sentence), BLANK), _rows(canvas, overview))


def ended_head(canvas: Canvas, session: Session) -> tuple[Line, ...]:
    """Return what stands above the figures of a session that ended and is kept for the person alone."""
    sentence = f"Ended {canvas.day(session.updated)}, {canvas.clock(session.updated)}. Kept for you alone, never sent."
    long = to(canvas.width - 1, muted(duration(session.counters.uptime_s)), note=True)
    return (*headline(canvas, sentence, long), BLANK)


def ended_of(overview: Overview | None, key: str) -> Session | None:
    """Return the ended session that a row's key names, or None."""
    return next((each for each in overview.ended if row_key(each) == key), None) if overview else None


def row_key(session: Session) -> str:
    """Return what the mark stands on at this ended session."""
    return f"session {session.row_id}"


def ended_explained(canvas: Canvas, session: Session) -> tuple[Line, ...]:
    """Return what there is to say about a session that is kept: where it ran, what it was."""
    server = f"Shimmy {session.version}".strip() if session.server else "a server that did not call itself Shimmy"
    enter = canvas.keys.of("page.explain")
    return (
        line(strong(f"{server}, at {session.address}")),
        line(muted("Measured for you alone: it is in no report and is not sent.")),
        line(Span(enter, Role.ACCENT), muted(": its figures")),
    )


def _off(overview: Overview) -> str:
    consent = overview.consent
    if overview.unusable:
        return f"{overview.unusable[:1].upper()}{overview.unusable[1:]} cannot be used"
    if consent.switch:
        return f"{consent.switch} is set in this shell"
    return "Nothing is decided yet" if consent.decision.consent is Consent.UNDECIDED else "Metrics are off"


def _rows(canvas: Canvas, overview: Overview) -> tuple[Row, ...]:
    rows: list[Row] = []
    if not (overview.consent.measures or overview.consent.switch or overview.unusable):
        consent = Span(canvas.keys.of("app.consent"), Role.ACCENT)
        # After a recorded answer it is decided already.
        label = "Decide" if overview.consent.decision.consent is Consent.UNDECIDED else "Decide anew"
        rows.append(Row(placed(canvas.width, at(3, label), at(19, consent, muted("  what may be measured and sent")))))
    for label, command, then in (
        (
            "Start one",
            "shimmy serve",
            "it appears here by itself" if overview.consent.measures and overview.store_read else "",
        ),
        ("Or watch one", "shimmy serve --upstream http://127.0.0.1:11434", ""),
    ):
        if canvas.narrow:
            told = wrapped(command, canvas.width, indent=5, role=Role.STRONG)
            rows += [Row(placed(canvas.width, at(3, label))), *map(Row, told)]
        else:
            rows.append(Row(placed(canvas.width, at(3, label), at(19, strong(command)), note(47, muted(then)))))
    last = _last(canvas, overview)
    if last:
        rows += [Row(BLANK), Row(placed(canvas.width, at(3, "Last"), at(8 if canvas.narrow else 19, last)))]
    if overview.ended:
        rows += [Row(BLANK), Row(line(muted("  Kept for you alone, never sent:")))]
        rows += [Row(_ended_row(canvas, session), row_key(session)) for session in overview.ended]
    if overview.unread:
        rows += [Row(BLANK), *map(Row, wrapped(UNREAD, canvas.width, indent=3, role=Role.MUTED))]
    return tuple(rows)


def _ended_row(canvas: Canvas, session: Session) -> Line:
    counters = session.counters
    when = f"{canvas.day(session.started)} {canvas.clock(session.started)}"
    requests, tokens = f"{counters.requests:,}", f"{counters.tokens:,}"
    if canvas.narrow:
        return placed(canvas.width, at(3, Span(when, Role.NAME)), to(canvas.width - 1, requests, muted(" requests")))
    return placed(
        canvas.width,
        at(3, Span(when, Role.NAME)),
        to(34, muted(duration(counters.uptime_s))),
        to(43, requests),
        at(44, muted("requests")),
        to(64, tokens),
        at(65, muted("tokens")),
    )


def _last(canvas: Canvas, overview: Overview) -> str:
    sealed = max((report.sealed for report in overview.outbox), default=None)
    sent = max((receipt.begun for receipt in overview.receipts), default=None)
    if sealed is not None and (sent is None or sealed > sent):
        return f"ended {canvas.day(sealed)}; its report is waiting: {canvas.keys.of('app.outgoing')}"
    return f"sent {canvas.day(sent)}: {canvas.keys.of('app.history')}" if sent is not None else ""
