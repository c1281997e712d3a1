"""The frame around every screen's content: the tabs and the consent, the rules, the drawer. Pure."""

from typing import Final, NamedTuple

from shimmy_metrics.actions.overview import Overview
from shimmy_metrics.app.ui.layout import Canvas, warning
from shimmy_metrics.app.ui.notice import Notice
from shimmy_metrics.app.ui.sending import happened, in_short
from shimmy_metrics.app.ui.text import BLANK, Line, Role, Span, cut, length, line, muted, placed, to
from shimmy_metrics.wording.consent import State, shown_state


class Tab(NamedTuple):
    """One of the four screens."""

    mode: str
    name: str


TABS: Final = (
    Tab("session", "Session"),
    Tab("outgoing", "Outgoing"),
    Tab("history", "History"),
    Tab("fields", "Fields"),
)

TITLE: Final = "Shimmy metrics"

SHORT: Final = 3
"""Lines of the drawer that are always there."""


def top(canvas: Canvas, overview: Overview | None, mode: str) -> tuple[Line, Line]:
    """Return rows 0 and 1: the tabs with the consent at the right, and the rule with the open tab's part.

    Where not every name has room beside the consent's word, only the open tab keeps its own.
    """
    parts, begin, end = _tabs(canvas, overview, mode, named=not canvas.narrow)
    if overview is not None and length(parts) + length(consent(canvas, effective_consent(overview))) > canvas.width - 1:
        parts, begin, end = _tabs(canvas, overview, mode, named=False)
    return _with_state(canvas, parts, overview), _head_rule(canvas, begin, end, overview)


def _tabs(canvas: Canvas, overview: Overview | None, mode: str, *, named: bool) -> tuple[Line, int, int]:
    """Return the tabs, and where that of `mode` begins and ends; each has its name if all are `named`."""
    parts: list[Span] = [Span(" ")]
    begin = end = 0
    for tab in TABS:
        opened = tab.mode == mode
        waiting = len(overview.outbox) if overview and tab.mode == "outgoing" else 0
        name = f" {tab.name}{f' ({waiting})' if waiting else ''}" if named or opened else ""
        text = f"{canvas.keys.of(f'app.{tab.mode}')}{name}"
        if opened:
            begin = length(parts)
            end = begin + len(text)
        parts.append(Span(text, Role.MARKED if opened else Role.MUTED, f"app.go('{tab.mode}')"))
        parts.append(Span("  " if named and tab is not TABS[-1] else " "))
    return tuple(parts), begin, end


def title(canvas: Canvas, overview: Overview | None, name: str = TITLE) -> tuple[Line, Line]:
    """Return rows 0 and 1 of a screen that has no tab."""
    heading: Line = (Span(" "), Span(name, Role.STRONG), Span("  "))
    return _with_state(canvas, heading, overview), _head_rule(canvas, 0, 0, overview)


def tiny(canvas: Canvas, overview: Overview | None) -> tuple[Line, ...]:
    """Return what a few cells have room for: whether metrics are on, the sign first."""
    return (cut(consent(canvas, effective_consent(overview)), canvas.width),) if overview else ()


def rule(canvas: Canvas, text: str = "", *, more: str = "") -> Line:
    """Return a rule over the whole width, with a word in it near its left, or near its right."""
    if not text and not more:
        return _rule(canvas, 0, 0)
    sign = canvas.glyphs.rule
    left = (Span(sign * 2 + " ", Role.RULE), Span(text, Role.STRONG), Span(" ")) if text else ()
    right = (Span(" "), muted(more), Span(" " + sign * 2, Role.RULE)) if more else ()
    between = canvas.width - length(left) - length(right)
    return cut((*left, Span(sign * max(between, 0), Role.RULE), *right), canvas.width)


def consent(canvas: Canvas, now: State, note: str = "") -> Line:
    """Return the consent as a sign and a word, with a note where one is given."""
    sign = Span(f"{canvas.glyphs.on if now.on else canvas.glyphs.off} ", Role.GOOD if now.on else Role.TEXT)
    word = Span(now.word, Role.STRONG, "app.go('consent')")
    return (sign, word, muted(f" {canvas.glyphs.separator} {note}")) if note else (sign, word)


def effective_consent(overview: Overview) -> State:
    """Return the consent state in words."""
    return shown_state(
        overview.consent, overview.sessions, unusable=overview.unusable, store_unusable=overview.store_unusable
    )


def _with_state(canvas: Canvas, left: Line, overview: Overview | None) -> Line:
    if overview is None:
        return cut(left, canvas.width)
    room = canvas.width - 1 - length(left)
    # Where there is no room for the whole note, a switch is named all the same: it decides, and is easily forgotten.
    now = effective_consent(overview)
    for note in (now.note, now.brief or overview.consent.switch, ""):
        right = consent(canvas, now, note)
        if length(right) <= room:
            gap = Span(" " * (room - length(right)))
            return (*left, gap, *right)
    sign = consent(canvas, now)[:1]
    return placed(canvas.width, to(canvas.width - 1, *left), to(canvas.width - 1, *sign, note=True))


def _head_rule(canvas: Canvas, begin: int, end: int, overview: Overview | None) -> Line:
    """Return the rule below the tabs: with the notice, and what became of an attempt to send.

    So they are in view on every screen, at no row: what has just happened, until it was seen, else how the last attempt
    failed; in as many words as there is room for.
    """
    drawn = _rule(canvas, begin, end)
    notice: Line = (Span(f" {canvas.notice} ", Role.STRONG), Span(canvas.glyphs.rule * 2, Role.RULE))
    notice = notice if canvas.notice else ()
    failed = in_short(canvas, overview) if overview is not None else ()
    sign = Span(" ! ", Role.BAD)
    if canvas.departed is not None:
        failed = happened(canvas, canvas.departed)
        sign = Span(" + ", Role.GOOD) if canvas.departed.receipt else sign
    told: list[Line] = [(sign, Span(f"{each} "), Span(canvas.glyphs.rule * 2, Role.RULE)) for each in failed]
    for extra in (*((*each, *notice) for each in told), notice):
        room = canvas.width - length(extra)
        if room >= end:
            return (*cut(drawn, room), *extra)
        # Beside the last tab there may be no room at its right.
        if length(extra) <= begin:
            return (
                *extra,
                *cut(_rule(canvas, begin - length(extra), end - length(extra)), canvas.width - length(extra)),
            )
    return drawn


def _rule(canvas: Canvas, begin: int, end: int) -> Line:
    glyphs = canvas.glyphs
    if end <= begin:
        return (Span(glyphs.rule * canvas.width, Role.RULE),)
    return cut(
        (
            Span(glyphs.rule * begin, Role.RULE),
            Span(glyphs.current_tab * (end - begin), Role.ACCENT),
            Span(glyphs.rule * max(canvas.width - end, 0), Role.RULE),
        ),
        canvas.width,
    )


SMALL: Final = 10
"""Rows below which the head gives up its rule and its blank lines."""


class FrameRows(NamedTuple):
    """The rows of the frame's places; `cursor` is the screen's row of the mark, or of the content's first line.

    `unread`: not all of the notice in the drawer is in view.
    """

    head: tuple[Line, ...]
    content: tuple[Line, ...]
    drawer: tuple[Line, ...]
    cursor: int
    unread: bool = False


def heading(
    canvas: Canvas, overview: Overview | None, mode: str, name: str, lines: tuple[Line, ...]
) -> tuple[Line, ...]:
    """Return the head: the tabs with that of `mode` open, or the screen's `name`; then the content's `lines`."""
    if canvas.tiny:
        return tiny(canvas, overview)
    if overview is not None and overview.trouble:
        lines = (*warning(canvas, overview.trouble), *lines)
    first = top(canvas, overview, mode) if mode else title(canvas, overview, name)
    close = tuple(each for each in lines if each != BLANK)
    if canvas.height >= SMALL:
        return (*first, *(close if canvas.low else lines))
    # The screen's answer in one sentence is worth more than the tabs where only a few rows are left.
    room = max(canvas.height - 3, 1)
    return (*close[:1], first[0], *close[1:])[:room] if canvas.height > 4 else close[:1]


def drawer_rows(canvas: Canvas, head: int) -> int:
    """Return how many rows an expanded drawer may have: the content keeps three, so that the mark is in view."""
    return max(canvas.height - head - 4, 0)


def content_height(canvas: Canvas, head: int, drawer: int) -> int:
    """Return how many rows are left for the content; the last row is that of the buttons."""
    return max(canvas.height - head - drawer - 1, 0)


def notice_drawer(canvas: Canvas, head: int, notice: Notice) -> tuple[tuple[Line, ...], bool]:
    """Return the drawer with a notice, a row for its rule first, and whether not all of the notice is in view.

    It takes what room there is between the head and the buttons; the content keeps a row.
    """
    page = notice.page(canvas, canvas.height - head - 3)
    return (line(), *(page.lines if canvas.low else _padded(page.lines))), page.unread


def explanation_drawer(canvas: Canvas, head: int, explained: tuple[Line, ...], *, expanded: bool) -> tuple[Line, ...]:
    """Return the drawer with the marked line explained: a row for its rule, and three lines, or all if `expanded`.

    Where the line is explained beside its list it is the rule alone, and nothing where rows are few.
    """
    if canvas.low and (canvas.beside or not expanded):
        return ()
    if canvas.beside:
        return (line(),)
    return (line(), *_padded(explained if expanded else explained[:SHORT]))[: drawer_rows(canvas, head)]


def overflows(canvas: Canvas, head: int, explained: tuple[Line, ...]) -> bool:
    """Whether an expanded drawer has not the rows for the whole explanation."""
    return len(explained) > max(drawer_rows(canvas, head) - 1, 0)


def _padded(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    return (*lines, *(BLANK,) * (SHORT - len(lines)))
