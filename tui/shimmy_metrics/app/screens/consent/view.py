"""The question, and later the screen to change one's mind: who gets what, and what for. Pure."""

from datetime import datetime
from typing import Final

from shimmy_metrics.actions.overview import Overview
from shimmy_metrics.app.screens.consent.answers import can_delete_all, nothing_saved, server_may_keep_files
from shimmy_metrics.app.ui.layout import Canvas, headline, warning
from shimmy_metrics.app.ui.text import BLANK, Line, Role, Span, at, line, muted, note, placed, strong, to, wrapped
from shimmy_metrics.consent.effective_consent import Unusable
from shimmy_metrics.consent.endpoint import ENDPOINT, same_endpoint
from shimmy_metrics.consent.state import Consent, Decision
from shimmy_metrics.report.fields import FIELDS
from shimmy_metrics.wording.consent import (
    UNSAVED,
    groups_lowered,
    measured_elsewhere,
    obstacle,
    unsaved,
    while_unusable,
)
from shimmy_metrics.wording.consent_question import (
    NEVER_LABEL,
    NEVER_LINES,
    OWN_FIGURES,
    QUESTION,
    disclosure,
    no_key,
)
from shimmy_metrics.wording.files import BEYOND, listed
from shimmy_metrics.wording.other_servers import other_receiver, switched_elsewhere
from shimmy_metrics.wording.running import shown_address
from shimmy_metrics.wording.values import values

SHOWN: Final = (
    ("requests_per_session", "how many, not which or when"),
    ("models_used_count", "how many (names are never kept)"),
    ("region_indicator", "from your clock"),
)
"""Three of the fields, as a taste; the rest is one key away."""

_CLOSE: Final = 24
"""Rows up to which the question has no blank line below it."""


def before(canvas: Canvas, overview: Overview, *, seconds: int | None = None) -> tuple[Line, ...]:
    """Return the lines before the answers. `seconds` is what is left of the time in which a key is awaited."""
    # "Deleted after analysis" and the reader's next question, from which machine, share a line where there is room.
    wait = no_key(seconds) if seconds is not None else ""
    asked = headline(canvas, sentence(canvas, overview), to(canvas.width - 1, muted(wait), note=True))
    waits = (line(muted(wait)),) if canvas.narrow and wait else ()
    lines: list[Line] = [*asked, *waits, *_hint(canvas, overview)]
    consent, sends = overview.consent, overview.consent.sends and not overview.store_unusable
    off = consent.decision.consent is not Consent.UNDECIDED and not sends
    held = sends and consent.holds
    usable = overview.unusable is None
    who = disclosure(consent.endpoint, overview.proxy, off=off, held=held) if usable else ()
    lines += wrapped(" ".join(who), canvas.width)
    lines += [BLANK, *_taste(canvas, overview), BLANK]
    if canvas.width >= 80:
        first, *rest = wrapped(" ".join(NEVER_LINES), canvas.width, indent=len(NEVER_LABEL) + 3)
        lines += [line(strong(NEVER_LABEL), "  ", *first[1:]), *rest]
    else:
        lines += wrapped(f"{NEVER_LABEL}: {' '.join(NEVER_LINES)}", canvas.width)
    if overview.store_unusable:  # then nothing is kept, and a no deletes nothing
        return tuple(lines)
    return (*lines, *wrapped(" ".join(OWN_FIGURES), canvas.width))


def change_of_mind(canvas: Canvas, overview: Overview | None, *, starting: bool = False) -> str:
    """Return that an answer can be changed, and how; empty while the config cannot be used, which records none then.

    `starting`: the server starts then, and the app is closed.
    """
    if overview is not None and overview.unusable is Unusable.CONFIG:
        return ""
    first = "shimmy tui, " if starting else ""
    return f"Change your mind at any time: {first}{canvas.keys.of('app.consent')}, then one letter"


def other_operator(overview: Overview | None) -> bool:
    """Whether the receiver that is set is another than Shimmy's own, so that it can be asked who runs it."""
    if overview is None or overview.unusable is not None:
        return False
    return not same_endpoint(overview.consent.endpoint, ENDPOINT)


def on_disk(canvas: Canvas, overview: Overview) -> tuple[Line, ...]:
    """Return what of ours lies on this disk, the recorded answer too; no line where nothing does."""
    if not overview.files:
        return ()
    every = can_delete_all(overview) and not server_may_keep_files(overview)
    deletes = f" ({canvas.keys.of('consent.forget')} deletes all but the config)" if every else ""
    lines = [BLANK, *wrapped(f"On this disk{deletes}:", canvas.width, role=Role.STRONG)]
    for text in listed(overview.files):
        role = Role.MUTED if text.startswith(" ") else Role.TEXT
        lines += wrapped(text.strip(), canvas.width, indent=3 if role is Role.MUTED else 1, role=role)
    lines += wrapped(BEYOND, canvas.width, role=Role.MUTED)
    return tuple(lines)


def sentence(canvas: Canvas, overview: Overview) -> str:
    """Return the first line: the question while it is open, then what is in force."""
    consent, decision = overview.consent, overview.consent.decision
    if overview.unusable is not None and decision.consent is not Consent.DECLINED:
        return while_unusable(overview.unusable)
    elsewhere = [shown_address(each) for each in measured_elsewhere(overview.consent, overview.sessions)]
    if elsewhere:
        return switched_elsewhere(consent.switch, elsewhere, canvas.keys.of("consent.decline"))
    if consent.switch:
        return f"Switched off in this shell by {consent.switch}."
    if decision.consent is Consent.UNDECIDED:
        return QUESTION
    changed = _changed(canvas, decision)
    if decision.local:
        if nothing_saved(overview):
            return f"Only for you{changed}; {UNSAVED}."
        return f"Only for you{changed}: measured for you to see, not sent."
    if decision.consent is Consent.DECLINED:
        return f"Metrics are off{changed}."
    return f"Metrics are on{changed}."


def _hint(canvas: Canvas, overview: Overview) -> tuple[Line, ...]:
    other = other_receiver(overview.consent, overview.sessions, overview.attempt)
    text = overview.trouble or " ".join(
        filter(None, (obstacle(overview.consent) or unsaved(overview.consent), groups_lowered(overview.consent), other))
    )
    if overview.consent.switch:
        text = "In this shell that overrides any answer. It can only switch off."
    if text:
        return warning(canvas, text)
    return (BLANK,) if canvas.height > _CLOSE else ()


def _taste(canvas: Canvas, overview: Overview) -> list[Line]:
    now = values(overview.now.body)
    column, second = (28, canvas.width) if canvas.narrow else (29, 40)
    lines = []
    for name, remark in SHOWN:
        extra = f", {overview.now.measured.get(name, '')}" if name == "region_indicator" else ""
        cells = (at(3, name), at(column, Span(now.get(name, ""), Role.STRONG)), note(second, muted(f"{remark}{extra}")))
        lines.append(placed(canvas.width, *cells))
    size, which = len(overview.now.body), "as of now" if overview.running else "in this example"
    more = f"and {len(FIELDS) - len(SHOWN)} more fields"
    size_note = note(40, muted(f"{size} bytes {which}; {canvas.keys.of('consent.wire')} shows it"))
    lines.append(placed(canvas.width, at(3, muted(more)), size_note))
    return lines


def _changed(canvas: Canvas, decision: Decision) -> str:
    """Return when the answer was last changed; how reports are sent, and which fields, are parts of it."""
    try:
        return f", last changed {canvas.day(datetime.fromisoformat(decision.changed))}"
    except ValueError:
        return ""
