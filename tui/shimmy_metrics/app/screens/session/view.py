"""Session: is this sent, and when? Then the figures, each beside the form in which it would be sent."""

from datetime import timedelta
from typing import Final, NamedTuple

from shimmy_metrics.actions.overview import Overview, SessionPreview
from shimmy_metrics.app.screens.session.kept_sessions import kept_rows
from shimmy_metrics.app.screens.session.no_session import no_session_view
from shimmy_metrics.app.screens.session.sparkline import sparkline
from shimmy_metrics.app.ui.explanation import explained_field, headed
from shimmy_metrics.app.ui.layout import READING, Canvas, Content, Row, headline
from shimmy_metrics.app.ui.text import BLANK, Line, Role, Span, at, line, muted, note, placed, strong, to, wrapped
from shimmy_metrics.consent.effective_consent import Obstacle, Unusable
from shimmy_metrics.counters import Counters
from shimmy_metrics.records import Session
from shimmy_metrics.vocabulary import TokenSource
from shimmy_metrics.wording.consent import measured_elsewhere, unsaved
from shimmy_metrics.wording.numbers import duration, when, with_separators
from shimmy_metrics.wording.other_servers import switched_elsewhere
from shimmy_metrics.wording.running import last_saved, shown_address
from shimmy_metrics.wording.session_consent import becomes_report, there
from shimmy_metrics.wording.unknown_tokens import tokens_unknown
from shimmy_metrics.wording.values import values

ROUTE: Final = "route "
"""How the key of a route's row begins: they are marked so that the last of many comes into view."""

ROUTE_COLUMNS: Final = 25
"""Columns for a route's name at least."""

_ROUND: Final = 1_000
"""Tokens a second from which a tenth of one is no news."""

BAR: Final = 40
"""Columns of a route's bar; half of the list's where that is more."""


class _Figure(NamedTuple):
    """One live figure: what it is called, its value now with a unit, the field it becomes (empty: it stays here)."""

    label: str
    now: str
    unit: str
    field: str
    note: str = ""


_SOURCES: Final = {
    TokenSource.REPORTED: "the server's count",
    TokenSource.COUNTED: "counted",
    TokenSource.ESTIMATED: "estimated",
    TokenSource.UNKNOWN: "",
}


def session_view(canvas: Canvas, overview: Overview | None, index: int) -> Content:
    """Return the figures of the running session number `index` (from 0), or what to do if none runs."""
    if overview is None:
        return Content((line(muted(READING)), BLANK), ())
    if not overview.running:
        return no_session_view(canvas, overview)
    index = min(index, len(overview.running) - 1)
    live = overview.running[index]
    reported = becomes_report(overview.consent, live.session)
    rows = (*figure_rows(canvas, live, reported=reported), *kept_rows(canvas, overview))
    return Content(_head(canvas, overview, live, index), rows)


def chosen(overview: Overview | None, index: int) -> SessionPreview | None:
    """Return the running session that is shown, or None."""
    if overview is None or not overview.running:
        return None
    return overview.running[min(index, len(overview.running) - 1)]


_STAYS: Final = {
    "tokens a second": "Tokens for each second spent answering. It is in no report.",
    "server memory": "Memory that the server uses now. It is in no report.",
}


def figures_explained(canvas: Canvas, live: SessionPreview | None, mark: str, *, expanded: bool) -> tuple[Line, ...]:
    """Return the explanation of a figure: a field, a route as a part of one, or what is only shown here."""
    sent, measured = (values(live.report.body), live.report.measured) if live is not None else ({}, {})
    name = "api_endpoints_used" if mark.startswith(ROUTE) else mark
    if mark in _STAYS:
        return (*headed(canvas, mark, "not sent"), *wrapped(_STAYS[mark], canvas.width))
    return explained_field(canvas, name, sent, measured, expanded=expanded)


def running_for(canvas: Canvas, session: Session) -> str:
    """Return how long a session has run: its own count, and the time since that was written, unless that is long."""
    if last_saved(session, canvas.now):
        return duration(session.counters.uptime_s)
    since = max(canvas.now - session.updated, timedelta())
    return duration(session.counters.uptime_s + int(since.total_seconds()))


def _head(canvas: Canvas, overview: Overview, live: SessionPreview, index: int) -> tuple[Line, ...]:
    session = live.session
    elsewhere = measured_elsewhere(overview.consent, overview.sessions)
    if elsewhere:
        withdraw = f"{canvas.keys.of('app.consent')}, then {canvas.keys.of('consent.decline')}"
        addresses = [shown_address(each) for each in elsewhere]
        sentence = switched_elsewhere(overview.consent.switch, addresses, withdraw)
        return (*wrapped(sentence, canvas.width, role=Role.STRONG), BLANK)
    several = f" {index + 1} of {len(overview.running)} sessions." if len(overview.running) > 1 else ""
    fate = _fate(canvas, overview, session)
    begun = when(session.started, canvas.now, canvas.zone)
    saved = last_saved(session, canvas.now, canvas.zone)
    sentence = f"{f'Last saved {saved}' if saved else f'Measuring since {begun}'}. {fate}{several}"
    if _paused(overview) or (not saved and len(sentence) + 12 > canvas.width):
        sentence = f"{fate}{several}"
    long = running_for(canvas, session)
    return (*headline(canvas, sentence, to(canvas.right, muted(long), note=True)), BLANK)


def _paused(overview: Overview) -> str:
    """Return why no running session counts anything now, as a sentence; empty where they do."""
    if overview.unusable is Unusable.CONFIG:
        return "Nothing is counted while the config cannot be used."
    if overview.consent.obstacle is Obstacle.UNTRUSTED:
        return "Nothing is measured while the answer in the config does not count."
    return ""


def _fate(canvas: Canvas, overview: Overview, session: Session) -> str:
    paused = _paused(overview)
    if paused:
        return paused
    if unsaved(overview.consent):
        return f"Nothing can be saved; {canvas.keys.of('app.consent')} says why."
    if session.local:
        return "Only for you: it stays here."
    if there(overview.consent, session).obstacle is not None:
        return f"Nothing will be sent when it ends; {canvas.keys.of('app.consent')} says why."
    if overview.consent.holds:
        return "Its report will be sent when you release it."
    return "Nothing of it is sent before it ends."


def _figures(session: Session) -> tuple[_Figure, ...]:
    counters = session.counters
    mean, speed = counters.mean_answer_ms, counters.tokens_a_second
    client = min(counters.clients, key=lambda name: (-counters.clients[name], name), default="not known yet")
    memory = counters.memory_bytes
    kept = (_Figure("server memory", f"{memory / 2**20:,.0f}", "MB", ""),) if memory else ()
    return (
        _Figure("requests", f"{counters.requests:,}", "", "requests_per_session", "two digits"),
        _Figure("errors", f"{counters.errors:,}", "", "errors_count", "two digits"),
        _Figure("tokens", f"{counters.tokens:,}", "", "total_tokens_generated", _source(counters)),
        _Figure("tokens a second", f"{speed:,.{int(speed < _ROUND)}f}" if speed else "-", "", ""),
        _Figure(
            "response time", f"{mean:,}" if mean is not None else "-", "ms, mean", "avg_response_time_ms", "two digits"
        ),
        _Figure(
            "busiest hour",
            f"{counters.peak_hour:,}",
            "request" if counters.peak_hour == 1 else "requests",
            "peak_requests_per_hour",
            "two digits",
        ),
        _Figure(
            "start-up",
            f"{counters.startup_ms:,}" if counters.startup_ms is not None else "-",
            "ms" if counters.startup_ms is not None else "not measured",
            "startup_time_ms",
            "two digits",
        ),
        _Figure(
            "models",
            f"{counters.models:,}",
            "no name kept" if counters.models == 1 else "no names kept",
            "models_used_count",
        ),
        _Figure("client", client, "", "integration_type", "one word"),
        *kept,
    )


def _source(counters: Counters) -> str:
    """Return where the tokens come from; of several sources the least certain."""
    if counters.token_source is not TokenSource.MIXED:
        return _SOURCES[counters.token_source]
    doubtful = (TokenSource.UNKNOWN, TokenSource.ESTIMATED, TokenSource.COUNTED)
    return f"partly {next(source for source in doubtful if counters.sources.get(source))}"


def figure_rows(canvas: Canvas, live: SessionPreview, *, reported: bool = False) -> tuple[Row, ...]:
    """Return each figure beside what the report says, requests a minute, routes, and where tokens are unknown.

    `reported`: a report is made of the session.
    """
    ends, leaves, notes = (23, 24, 99) if canvas.narrow else (34, 50, 62)
    sent = values(live.report.body)
    now = "measured" if live.session.ended else "now"
    room = canvas.width - 1 - leaves
    leaving_as = canvas.fullest(room, *_leaving(canvas, reported=reported))
    stays = canvas.fullest(room - 2, "not sent", "unsent")
    head = placed(canvas.width, to(ends, muted(now)), at(leaves, muted(leaving_as)))
    rows = [Row(head)]
    for figure in _figures(live.session):
        leaving = figure.field in sent
        cells = [at(3, Span(figure.label, Role.NAME)), to(ends, strong(figure.now))]
        if not canvas.narrow and figure.unit:
            cells.append(at(ends + 1, muted(figure.unit)))
        if leaving:
            cells.append(at(leaves, Span(canvas.glyphs.arrow, Role.ACCENT), f" {with_separators(sent[figure.field])}"))
            if figure.note and sent[figure.field] != "null":
                cells.append(note(notes, muted(figure.note)))
        else:
            cells.append(at(leaves, muted(f"{canvas.glyphs.separator} {stays}")))
        rows.append(Row(placed(canvas.width, *cells), figure.field or figure.label))
    rows.append(Row(BLANK))
    below = (*_routes(canvas, live.session), *_unread(canvas, live.session))
    return (*rows, *map(Row, sparkline(canvas, live.session, canvas.rows - len(rows) - len(below))), *below)


def _leaving(canvas: Canvas, *, reported: bool) -> tuple[str, ...]:
    """Return the heading above what a report says, in ever fewer words."""
    which = "the" if reported else "a"
    short = (f"in {which} report", "reported")
    return short if canvas.narrow else (f"as {which} report would say", *short)


def _routes(canvas: Canvas, session: Session) -> tuple[Row, ...]:
    counts = sorted(session.counters.routes.items(), key=lambda each: (-each[1], each[0]))
    if not counts:
        return ()
    name = min(max(len(route) for route, _ in counts), max(canvas.width - BAR - 10, ROUTE_COLUMNS))
    begin = name + 10
    room = max(min(canvas.width - begin - 2, max(canvas.width // 2, BAR)), 0)
    top = counts[0][1]
    rows: list[Row] = []
    for route, count in counts:
        bar = canvas.glyphs.bar * max(round(count * room / top), 1) if room else ""
        cells = (
            at(3, Span(canvas.fitting(route, name), Role.NAME)),
            to(begin - 1, strong(f"{count:,}")),
            note(begin, Span(bar, Role.ACCENT)),
        )
        rows.append(Row(placed(canvas.width, *cells), f"{ROUTE}{route}"))
    return tuple(rows)


def _unread(canvas: Canvas, session: Session) -> tuple[Row, ...]:
    sentence = tokens_unknown(session.counters.unread)
    return tuple(map(Row, (BLANK, *wrapped(sentence, canvas.width, indent=3, role=Role.MUTED)))) if sentence else ()
