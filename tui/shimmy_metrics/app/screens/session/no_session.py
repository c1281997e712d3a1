"""The screen Session while no measured server runs: how to start one, and what was measured last."""

from typing import Final

from shimmy_metrics.actions.overview import Overview
from shimmy_metrics.app.screens.session.kept_sessions import kept_rows
from shimmy_metrics.app.ui.layout import Canvas, Content, Row, headline
from shimmy_metrics.app.ui.text import BLANK, Role, Span, at, muted, note, placed, strong, wrapped
from shimmy_metrics.consent.state import Consent
from shimmy_metrics.wording.consent import UNREAD
from shimmy_metrics.wording.consent_question import OWN_SERVER

START: Final = "shimmy serve"
WATCH: Final = "shimmy serve --upstream http://127.0.0.1:11434"

NO_SERVER_KNOWN: Final = "The store was not read, so no servers are shown."


def no_session_view(canvas: Canvas, overview: Overview, *, own_server: bool = OWN_SERVER) -> Content:
    """Return what to do, and what is kept."""
    # Of others nothing is known here.
    sentence = "No measured server is running." if overview.store_read else NO_SERVER_KNOWN
    if not overview.consent.measures:
        sentence = f"{_off(overview)}. {sentence}"
    if overview.cut_off:
        number = len(overview.cut_off)
        were, it = ("A session was", "it") if number == 1 else (f"{number} sessions were", "them")
        sentence = f"{sentence} {were} cut off: {canvas.keys.of('app.outgoing')} shows {it}."
    return Content((*headline(canvas, sentence), BLANK), _rows(canvas, overview, own_server=own_server))


def _off(overview: Overview) -> str:
    consent = overview.consent
    if overview.unusable:
        return f"{overview.unusable[:1].upper()}{overview.unusable[1:]} cannot be used"
    if consent.switch:
        return f"{consent.switch} is set in this shell"
    if consent.distrust and consent.decision.consent is Consent.UNDECIDED:
        return "The answer in the config does not count"
    return "Nothing is decided yet" if consent.decision.consent is Consent.UNDECIDED else "Metrics are off"


def _rows(canvas: Canvas, overview: Overview, *, own_server: bool) -> tuple[Row, ...]:
    rows: list[Row] = []
    if not (overview.consent.measures or overview.consent.switch or overview.unusable):
        consent = Span(canvas.keys.of("app.consent"), Role.ACCENT)
        # After a recorded answer it is decided already.
        label = "Decide" if overview.consent.decision.consent is Consent.UNDECIDED else "Decide again"
        rows.append(Row(placed(canvas.width, at(3, label), at(19, consent, muted("  what may be measured and sent")))))
    measured = overview.consent.measures and overview.store_read and not overview.consent.unwritable
    appears = "it will show up here" if measured else ""
    # A command is there to be copied: where not every one fits beside its label, they stand below, whole.
    below = canvas.width - 1 < 19 + max(map(len, (START, WATCH)))
    start, watch = ("Start one", START, appears), ("Or measure one" if own_server else "Measure one", WATCH, "")
    for label, command, then in (start, watch) if own_server else (watch,):
        if below:
            lines = wrapped(command, canvas.width, indent=5, role=Role.STRONG)
            rows += [Row(placed(canvas.width, at(3, label))), *map(Row, lines)]
        else:
            rows.append(Row(placed(canvas.width, at(3, label), at(19, strong(command)), note(47, muted(then)))))
    last = _last(canvas, overview)
    if last:
        rows += [Row(BLANK), Row(placed(canvas.width, at(3, "Last"), at(8 if canvas.narrow else 19, last)))]
    rows += kept_rows(canvas, overview)
    if overview.unread:
        rows += [Row(BLANK), *map(Row, wrapped(UNREAD, canvas.width, indent=3, role=Role.MUTED))]
    return tuple(rows)


def _last(canvas: Canvas, overview: Overview) -> str:
    sealed = max((report.sealed for report in overview.outbox), default=None)
    sent = max((receipt.begun for receipt in overview.receipts), default=None)
    kept = max((session.updated for session in overview.ended), default=None)
    if kept is not None and all(moment is None or moment < kept for moment in (sealed, sent)):
        return ""  # the last one is in the list below
    if sealed is not None and (sent is None or sealed > sent):
        waiting = "report" if len(overview.outbox) == 1 else f"{len(overview.outbox)} reports"
        return f"ended {canvas.day(sealed)}, {waiting} waiting (press {canvas.keys.of('app.outgoing')})"
    if sent is None:
        return ""
    if overview.outbox:  # one may be of a session that ended later than the one whose report was sent
        return f"sent {canvas.day(sent)}; {len(overview.outbox)} waiting (press {canvas.keys.of('app.outgoing')})"
    return f"sent {canvas.day(sent)} (press {canvas.keys.of('app.history')})"
