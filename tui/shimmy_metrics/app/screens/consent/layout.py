"""The rows of the screen of consent: about everything, or about new fields alone. Pure.

The answers have a place of their own, at the bottom: nothing that is said or read above them hides one.
"""

from typing import Final, NamedTuple

from shimmy_metrics.actions.overview import Overview
from shimmy_metrics.app.screens.consent import renewal, view
from shimmy_metrics.app.screens.consent.answer_line import Choice, answer_line, answer_lines
from shimmy_metrics.app.screens.consent.answers import choices_now
from shimmy_metrics.app.ui.frame import rule, tiny, title
from shimmy_metrics.app.ui.layout import READING, Canvas
from shimmy_metrics.app.ui.notice import Notice
from shimmy_metrics.app.ui.text import BLANK, Line, line, muted, wrapped

_TEXT: Final = 7
"""Rows that the rule and the text keep beside answers with their whole consequences."""

_ROOMY: Final = 60
"""Columns from which on the rule says where the files are that it announces."""

_RULED: Final = 3
"""Rows beside the answers from which on there is a rule between them and the text."""


class ConsentRows(NamedTuple):
    """What stands on the screen: the head, the text, which scrolls, the foot below it, the answers.

    `height` is how many rows of the text are in view. `answers` has the lines of each choice, none where there is no
    room for a row each: then they stand in the text. `unread`: a step shows more of the notice.
    """

    head: tuple[Line, ...]
    text: tuple[Line, ...]
    height: int
    foot: tuple[Line, ...]
    choices: tuple[Choice, ...]
    answers: tuple[tuple[Line, ...], ...]
    unread: bool = False


def consent_rows(
    canvas: Canvas,
    overview: Overview | None,
    notice: Notice,
    *,
    renewing: bool,
    starting: bool,
    seconds: int | None,
    top: int = 0,
) -> ConsentRows:
    """Return the rows. `renewing`: ask about new fields alone; `starting`: the server starts after the answer.

    `top` is the first line of the text in view.
    `seconds` is what is left of the time in which a key is awaited, None if it is not counted down.
    """
    named = tiny(canvas, overview) if canvas.tiny else title(canvas, overview)
    head = named if canvas.height > 4 else named[:1]
    choices: tuple[Choice, ...] = ()
    files: tuple[Line, ...] = ()
    if overview is None:
        text: tuple[Line, ...] = (line(muted(READING)),)
    elif renewing:
        choices = renewal.choices(overview)
        text = (*renewal.before(canvas, overview, seconds=seconds), *renewal.after(canvas, overview))
    else:
        choices = choices_now(overview, starting=starting)
        files = view.on_disk(canvas, overview)
        text = (*view.before(canvas, overview, seconds=seconds), *files)
    room = canvas.height - len(head) - 1
    whole = tuple(answer_lines(canvas, each) for each in choices)
    answers = _answers(canvas, choices, whole, room)
    if answers != whole:
        consequences = [each for lines in whole for each in lines]
        text = (*text[:1], *consequences, *text[1:]) if not answers else (*text, BLANK, *consequences)
    left = room - sum(map(len, answers))
    page = notice.page(canvas, left - 1)
    ruled = left >= _RULED
    shown = left - ruled - len(page.lines)
    close = tuple(each for each in text if each != BLANK)
    text = close if len(close) <= left - ruled < len(text) else text  # no sentence is cut for a blank row
    mind = view.change_of_mind(canvas, overview, starting=starting)
    fits = len(text) <= shown and len(mind) < canvas.width - 6
    if mind and not (fits or renewing):
        text = (*text, *wrapped(f"{mind}.", canvas.width))
    leaf = canvas.keys.of("page.leaf-down").lower()
    more = f"{leaf}: more" if page.unread or len(text) > top + shown else (mind if fits and not renewing else "")
    first_of_files = next((each for each in files if each != BLANK), None)
    if first_of_files in text[top + shown :] and not page.unread:
        more = f"{more}, and the files on this disk" if canvas.width >= _ROOMY else f"{more}, and the files"
    foot = ((rule(canvas, more=more),) if ruled else ()) + page.lines
    height = min(len(text), shown) if answers else shown
    return ConsentRows(head, text, max(height, 0), foot, choices, answers, page.unread)


def _answers(
    canvas: Canvas, choices: tuple[Choice, ...], whole: tuple[tuple[Line, ...], ...], room: int
) -> tuple[tuple[Line, ...], ...]:
    """Return the answers as there is room for them: whole, a row each, or none."""
    if sum(map(len, whole)) + _TEXT <= room:
        return whole
    return tuple((answer_line(canvas, each),) for each in choices) if len(choices) < room else ()
