"""The question and its answers, as the app and the plain prompt ask it. Pure."""

import sys
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from shimmy_metrics.consent.answer import Answer
from shimmy_metrics.consent.endpoint import ENDPOINT, same_endpoint
from shimmy_metrics.limits import GROUP_REPORTS, OUTBOX_DAYS, USAGE_DAYS

MAINTAINER: Final = "Michael A. Kuykendall"

OWN_SERVER: Final = sys.platform == "linux"
"""Whether `serve` measures a server of its own start on this system."""

QUESTION: Final = "May Shimmy report how it is used?"


def disclosure(endpoint: str, proxy: str = "", *, off: bool = False, held: bool = False) -> tuple[str, ...]:
    """Return who gets what, when, what for and for how long, to be read before answering (at most 78 columns).

    A yes covers the endpoint in force. If that is not Shimmy's own, it is named with the `proxy` in use, and nothing is
    promised on its owner's behalf. `off`: an answer is recorded under which nothing is sent; say what a yes would do.
    `held`: only what the person releases is sent.
    """
    when = "Each session after a yes" if off else "What you release" if held else "After each session"
    what = f"{when}: counts and coarse facts,"
    if not same_endpoint(endpoint, ENDPOINT):
        return (
            f"{what} under 1 kB,",
            *([f"through {proxy}"] if proxy else []),
            f"to {endpoint}",
            "(set here). It is not Shimmy's: its owner decides about the reports. Shimmy's",
            f"publishes no figure about fewer than {GROUP_REPORTS} reports; this one may.",
        )
    return (
        f"{what} to {urlsplit(ENDPOINT).hostname}{' of' if off else ', for its'}",
        f"maintainer {MAINTAINER}: to improve Shimmy, for business planning,",
        "investors and published trends. He promises to delete reports after analysis.",
    )


NEVER_LABEL: Final = "Never"

NEVER_LINES: Final = (
    "prompts, answers, model names, file paths, addresses, keys: a report has",
    "no free text, so there is no room for them. The receiver sees your IP",
    "address, or a proxy's, as any web server does. It is in no report.",
)


OWN_FIGURES: Final = (
    "After a yes or Only for me your own figures (requests, errors, tokens by day)",
    f"stay here, {USAGE_DAYS} days up to the newest. Never sent; a no deletes them.",
)
"""What is kept for the person besides the reports (at most 78 columns)."""


class AnswerText(NamedTuple):
    """An answer as it is offered: the word that the plain prompt takes, its name and its consequence.

    `brief` is the consequence where one row of 40 columns is all there is, empty where there is no shorter one.
    """

    answer: Answer
    word: str
    label: str
    consequence: str
    brief: str = ""


ENABLE: Final = AnswerText(
    Answer.ENABLE,
    "enable",
    "Enable",
    "from the server's next start; behind --upstream at once"
    if OWN_SERVER
    else "at once behind serve --upstream; no other server is measured here",
    "sent automatically",
)

STARTING: Final = "measured from this start on" if OWN_SERVER else ENABLE.consequence
"""What a yes does when the question is asked because the server is about to start."""

ENABLE_HELD: Final = AnswerText(
    Answer.ENABLE_HELD,
    "hold",
    "Enable, held",
    f"sent only if you release it, within {OUTBOX_DAYS} days at most",
    "sent once you say so",
)

ONLY_FOR_ME: Final = AnswerText(
    Answer.ONLY_FOR_ME, "only", "Only for me", "measured for you to see, never sent", "measured, never sent"
)

DECLINE: Final = AnswerText(
    Answer.DECLINE,
    "no",
    "No thanks",
    "nothing is measured or sent; only this answer is kept",
    "nothing measured or sent",
)

DECLINE_AGAIN: Final = DECLINE._replace(consequence="nothing is measured or sent; this answer is kept")
"""The same where something else is kept as well: what was sent, and the log."""

LATER: Final = AnswerText(
    Answer.LATER, "later", "Ask me later", "nothing is written; shimmy tui asks again", "nothing is written"
)


def no_key(seconds: int) -> str:
    """Return what happens in `seconds` if nobody presses a key: a server starts, or one that runs is passed on."""
    return f"no key: serve goes on in {seconds} s"


def new_fields_question(number: int) -> str:
    """Return the question about so many fields that are new since a yes."""
    if number == 1:
        return "One field is new since you agreed. May it be sent too?"
    return f"{number} fields are new since you agreed. May they be sent too?"


def new_fields_answers(number: int, agreed: int) -> tuple[AnswerText, AnswerText, AnswerText]:
    """Return its answers: add them, keep to the `agreed` ones, later."""
    before = f"the {agreed} you agreed to, as before"
    add = "Add it" if number == 1 else "Add them"
    return (
        AnswerText(Answer.ADD_FIELDS, "add", add, f"{agreed + number} fields from the next report on"),
        AnswerText(Answer.LEAVE_FIELDS, "no", "No", f"{before}; you won't be asked again"),
        AnswerText(Answer.LATER, "later", "Ask me later", f"{before}; shimmy tui asks again"),
    )
