"""The question, and later the same page to change one's mind: who gets what, what for, and four answers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shimmy_metrics.actions.overview import Overview
from shimmy_metrics.app.lines import BLANK, Line, Role, Span, at, line, muted, note, placed, strong, to, wrapped
from shimmy_metrics.app.pages.canvas import Canvas, warning
from shimmy_metrics.app.pages.values import values
from shimmy_metrics.consent import Consent, Decision, Delivery
from shimmy_metrics.limits import REPORT_BYTES
from shimmy_metrics.report.fields import FIELDS
from shimmy_metrics.wording import (
    DECLINE,
    ENABLE,
    INFORMED,
    LATER,
    NEVER,
    NEVER_HEAD,
    ONLY_FOR_ME,
    QUESTION,
    amount,
    obstacle,
)

SHOWN: Final = (
    ("requests_per_session", "how many; not which, not when"),
    ("models_used_count", "how many; their names are never kept"),
    ("region_indicator", "from your clock"),
)
"""Three of the fields, as a taste; the rest is one key away."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer on the page: its letter, what it does (an action's name), its name and its consequence."""

    key: str
    action: str
    label: str
    consequence: str


def choices(overview: Overview) -> tuple[Choice, ...]:
    """Return the four answers as they stand now, each with its consequence in numbers."""
    decision = overview.standing.decision
    enable = Choice(ENABLE.key, "enable", ENABLE.label, ENABLE.consequence)
    only = Choice(ONLY_FOR_ME.key, "only", ONLY_FOR_ME.label, ONLY_FOR_ME.consequence)
    decline = Choice(DECLINE.key, "decline", DECLINE.label, DECLINE.consequence)
    if decision.consent is Consent.UNDECIDED:
        return (enable, only, decline, Choice(LATER.key, "later", LATER.label, LATER.consequence))
    if decision.consent is Consent.GRANTED:
        held = decision.delivery is Delivery.REVIEW
        hold = Choice("t", "hold", "Send at once" if held else "Hold reports", _HOLDS[held])
        again = overview.standing.obstacle is not None
        keep = Choice("e", "enable", "Agree again" if again else "Keep on", _sent_to(overview) if again else _KEEPS)
        no = Choice("n", "decline", "Withdraw", _withdrawn(overview))
        return (
            keep,
            Choice(
                "o", "only", ONLY_FOR_ME.label, ", ".join(filter(None, ("nothing is sent any more", _lost(overview))))
            ),
            no,
            hold,
        )
    stays = "as it is: measured for these screens alone" if decision.local else "measured for these screens, never sent"
    keep_off = (
        "stop measuring; nothing is kept or sent" if decision.local else "as it is: nothing measured, nothing sent"
    )
    return (
        enable,
        Choice("o", "only", ONLY_FOR_ME.label, stays),
        Choice("n", "decline", "Off" if decision.local else "Keep off", keep_off),
    )


def before(canvas: Canvas, overview: Overview, *, seconds: int | None = None) -> tuple[Line, ...]:
    """Return what stands above the answers. `seconds` is what is left of the time in which a key is awaited."""
    # "Deleted after analysis" and the reader's next question, from which machine, share a line where there is room.
    wait = f"no key: the server starts in {seconds} s" if seconds is not None else ""
    asked = placed(
        canvas.width,
        at(1, strong(sentence(canvas, overview))),
        to(canvas.width - 1, muted(wait), note=True),
    )
    lines: list[Line] = [asked, *_hint(canvas, overview)]
    if canvas.narrow and wait:
        lines.insert(1, line(muted(wait)))
    if canvas.width >= 80:
        lines += [line(each) for each in INFORMED]
    else:
        lines += wrapped(" ".join(INFORMED), canvas.width)
    lines += [BLANK, *_taste(canvas, overview), BLANK]
    if canvas.width >= 80:
        first, *rest = NEVER
        lines.append(line(strong(NEVER_HEAD), f"  {first}"))
        lines += [line(f"{' ' * len(NEVER_HEAD)}  {each}") for each in rest]
    else:
        lines += wrapped(f"{NEVER_HEAD}: {' '.join(NEVER)}", canvas.width)
    return (*lines, BLANK)


def sentence(canvas: Canvas, overview: Overview) -> str:
    """Return the page's first line: the question while it is open, then what is in force."""
    standing, decision = overview.standing, overview.standing.decision
    if standing.switch:
        return f"Switched off by {standing.switch}."
    if decision.consent is Consent.UNDECIDED:
        return QUESTION
    since = _since(canvas, decision)
    if decision.local:
        return f"Only for you{since}: nothing is ever sent."
    if decision.consent is Consent.DECLINED:
        return f"Metrics are off{since}."
    return f"Metrics are on{since}."


def answer_lines(canvas: Canvas, choice: Choice) -> tuple[Line, ...]:
    """Return one answer: its letter, its name, its consequence."""
    cells = (at(3, Span(choice.key, Role.MARKED)), at(6, Span(choice.label, Role.STRONG)))
    if canvas.width < 80:
        told = wrapped(choice.consequence, canvas.width, indent=6, role=Role.MUTED)
        return (placed(canvas.width, *cells), *told)
    return (placed(canvas.width, *cells, at(20, muted(choice.consequence))),)


def _hint(canvas: Canvas, overview: Overview) -> tuple[Line, ...]:
    said = overview.trouble or obstacle(overview.standing)
    if overview.standing.switch:
        said = "That wins over any answer here; it can only switch off."
    return warning(canvas, said) if said else (BLANK,)


def _taste(canvas: Canvas, overview: Overview) -> list[Line]:
    now = values(overview.example.body)
    column, second = (28, canvas.width) if canvas.narrow else (29, 40)
    lines = []
    for name, told in SHOWN:
        extra = f", {overview.example.measured.get(name, '')}" if name == "region_indicator" else ""
        cells = (at(3, name), at(column, Span(now.get(name, ""), Role.STRONG)), note(second, muted(f"{told}{extra}")))
        lines.append(placed(canvas.width, *cells))
    size = len(overview.example.body)
    more = f"and {len(FIELDS) - len(SHOWN)} more fields"
    size_note = note(40, muted(f"{size} of {REPORT_BYTES:,} bytes; w shows them all"))
    lines.append(placed(canvas.width, at(3, muted(more)), size_note))
    return lines


_KEEPS: Final = "as it is: one report a run"
_HOLDS: Final = {
    True: "reports leave after each run, without waiting for you",
    False: "each report waits here until you release it",
}


def _sent_to(overview: Overview) -> str:
    return f"reports go to {overview.standing.endpoint}"


def _lost(overview: Overview) -> str:
    """Return what a withdrawal deletes, in numbers; empty where there is nothing."""
    counted = sum(live.session.counters.requests for live in overview.running)
    lost = [amount(len(overview.outbox), "report")] if overview.outbox else []
    lost += [amount(counted, "request")] if counted else []
    return f"deletes {', '.join(lost)}" if lost else ""


def _withdrawn(overview: Overview) -> str:
    receipts = len(overview.deliveries)
    kept = f"; {amount(receipts, 'receipt')} {'stays' if receipts == 1 else 'stay'}" if receipts else ""
    return f"stops now, {_lost(overview) or 'nothing waits here'}{kept}"


def _since(canvas: Canvas, decision: Decision) -> str:
    try:
        return f" since {canvas.day(datetime.fromisoformat(decision.changed))}"
    except ValueError:
        return ""
