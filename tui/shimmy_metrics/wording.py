"""The sentences that the app, the plain prompt and the command line share, so that they never differ. Pure."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from shimmy_metrics.consent import ENDPOINT, Consent, Decision, Delivery, Obstacle, Standing

if TYPE_CHECKING:
    from shimmy_metrics.report.check import Fault  # the field table, which most sentences do not need

MAINTAINER: Final = "Michael A. Kuykendall"

QUESTION: Final = "May Shimmy report how it is used?"


def informed(endpoint: str, proxy: str = "") -> tuple[str, ...]:
    """Return who gets it, what for, what, when, how long: said before the answer (at most 78 columns).

    A yes covers the endpoint in force. Where that is not Shimmy's own, nothing can be promised for its owner, and it is
    named, with the `proxy` in use.
    """
    when = "Once per run, after the server stopped: counts and coarse facts, under 1 kB,"
    if endpoint != ENDPOINT:
        return (
            when,
            *([f"by way of {proxy}"] if proxy else []),
            f"to {endpoint}",
            "which was set here. It is not Shimmy's: its owner says what becomes of them.",
        )
    return (
        when,
        f"over HTTPS, to its maintainer {MAINTAINER}, to improve Shimmy and to",
        "plan and show its business, to investors too. Deleted after analysis.",
    )


def by_way_of(proxy: str) -> str:
    """Return through what an endpoint is reached, to stand behind its name; empty where nothing is between."""
    return f", by way of {proxy}" if proxy else ""


NEVER_HEAD: Final = "Never"
NEVER: Final = (
    "prompts, answers, model names, file paths, addresses, keys: a report has",
    "no free text, so there is no room for them. The receiver sees your IP",
    "address, as any web server does. It is in no report.",
)

YOUR_ADDRESS: Final = "The receiver sees your IP address, as any web server does. It is in no report."
HEADERS: Final = "These are all the headers. None tells anything about this machine."

UNREAD: Final = "The store's log was not read: metrics are off, and reading it would write to it."

WITHDRAW: Final = "Change your mind at any time: shimmy config --metrics disable, or in the app c, then n."


class Answer(NamedTuple):
    """One of the four answers: its letter, the word that the plain prompt takes, its name and its consequence."""

    key: str
    word: str
    label: str
    consequence: str


ENABLE: Final = Answer("e", "enable", "Enable", "measure from the server's next start, one report a run")
STARTING: Final = "measure from this start on, one report a run"
"""A yes's consequence where the question is asked because the server is about to start."""
ONLY_FOR_ME: Final = Answer("o", "only", "Only for me", "measure for these screens; nothing is ever sent")
DECLINE: Final = Answer("n", "no", "No thanks", "nothing is measured, kept or sent; not asked again")
LATER: Final = Answer("a", "later", "Ask me later", "nothing is written; asked again at the next start")
ANSWERS: Final = (ENABLE, ONLY_FOR_ME, DECLINE, LATER)


def no_key(seconds: int) -> str:
    """Return what happens where nobody answers, `seconds` from now."""
    return f"no key: the server starts in {seconds} s"


def news_question(number: int) -> str:
    """Return the question about so many fields that are new since a yes."""
    if number == 1:
        return "One field is new since you agreed. May it be sent too?"
    return f"{number} fields are new since you agreed. May they be sent too?"


def news_answers(number: int, agreed: int) -> tuple[Answer, Answer, Answer]:
    """Return its answers: add them, leave it at the `agreed` ones, later."""
    before = f"the {agreed} you agreed to, as before"
    return (
        Answer(
            "e", "add", "Add it" if number == 1 else "Add them", f"{agreed + number} fields from the next report on"
        ),
        Answer("n", "no", "No", f"{before}; not asked again"),
        Answer("a", "later", "Ask me later", f"{before}; asked again next time"),
    )


def news_waiting(number: int) -> str:
    """Return that so many new fields are not sent, since nobody was asked yet."""
    fields, are = ("field", "is") if number == 1 else ("fields", "are")
    return f"{number} {fields} {are} new since you agreed and {are} not sent: shimmy tui asks."


class State(NamedTuple):
    """What is in force, in words: `word` stands first (with its sign), `note` says more, or is empty."""

    on: bool
    word: str
    note: str


def state(standing: Standing) -> State:
    """Return the consent state as every screen and `status` say it."""
    decision = standing.decision
    if standing.switch:
        return State(on=False, word="metrics off", note=f"switched off by {standing.switch}")
    if decision.consent is Consent.UNDECIDED:
        return State(on=False, word="not decided", note="nothing is measured")
    if decision.local:
        return State(on=True, word="only for me", note="nothing is ever sent")
    if decision.consent is Consent.DECLINED:
        return State(on=False, word="metrics off", note="nothing is measured")
    if standing.obstacle is not None:
        return State(on=True, word="metrics on", note=NOTES[standing.obstacle])
    held = decision.delivery is Delivery.REVIEW
    return State(on=True, word="metrics on", note="held for review" if held else "sent after each run")


UNUSABLE: Final = State(on=False, word="metrics off", note="config unusable")
"""What every screen says where whatever was decided cannot be read."""

NOTES: Final = {
    Obstacle.SWITCH: "switched off",
    Obstacle.NEWER_SCHEMA: "nothing leaves",
    Obstacle.OTHER_ENDPOINT: "nothing leaves",
    Obstacle.ENDED: "nothing leaves",
}
"""Short enough for the frame's corner; `obstacle` has the sentence."""


def obstacle(standing: Standing) -> str:
    """Return why nothing leaves although the answer was yes, with what to do; empty where nothing stands in the way."""
    match standing.obstacle:
        case Obstacle.SWITCH:
            return f"Nothing leaves: {standing.switch} is set. Unset it to go on as you agreed."
        case Obstacle.NEWER_SCHEMA:
            return "Nothing leaves: you agreed with a newer version of shimmy-metrics. Update this one."
        case Obstacle.OTHER_ENDPOINT:
            return (
                f"Nothing leaves: you agreed to {standing.decision.endpoint}, and {standing.endpoint} is in force. "
                "Enable again to agree to it."
            )
        case Obstacle.ENDED:
            return f"Nothing leaves: {standing.endpoint} answered that the programme has ended."
        case None:
            return ""


def amount(number: int, singular: str, plural: str = "") -> str:
    """Return a number with its noun: `1 report`, `2,350 tokens`."""
    return f"{number:,} {singular if number == 1 else plural or f'{singular}s'}"


def duration(seconds: int) -> str:
    """Return a time in minutes and hours as people say it: `2 h 02 min`."""
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours:,} h {minutes:02} min" if hours else f"{minutes} min"


def findings(faults: "Iterable[Fault]", canaries: Iterable[str], checked: int, *, held: bool = False) -> Iterator[str]:
    """Yield what a validation found, a line each, and its sum last. `held`: of all that is kept here."""
    listed = [str(fault) for fault in faults]
    found = list(canaries)
    yield from listed
    yield from (f"found: {find}" for find in found)
    if listed or found:
        yield f"{amount(len(listed) + len(found), 'violation')} in {amount(checked, 'report')}."
    else:
        what = amount(checked, "report")
        what = f"Checked all held here, {what}" if held else f"{what} checked"
        yield f"{what}: every byte is one that the fields allow."
        yield "No user name, host name, path, address or secret of this machine stands in it."
        yield "Model names are kept nowhere, so there was none to search for."


def deleted(*, reports: int, sessions: int, requests: int) -> str:
    """Return what was deleted, in numbers: `1 report not sent, 47 requests counted`; empty where nothing was."""
    lost = [f"{amount(reports, 'report')} not sent"] if reports else []
    lost += [f"{amount(sessions, 'session')} kept for you"] if sessions else []
    lost += [f"{amount(requests, 'request')} counted"] if requests else []
    return ", ".join(lost)


def decided(decision: Decision, *, changed: bool, lost: str, whole: bool, switch: str = "") -> str:
    """Return what a decision did: what holds now, and what was `lost`, that is deleted because of it.

    `switch` is the environment's switch that is in force, whatever the decision, or empty.
    """
    if switch and (decision.local or decision.consent is Consent.GRANTED):
        told = f"Your answer is recorded. {switch} still keeps everything off."
    elif decision.local:
        told = "Only for you from now on: measured for these screens, never sent."
    elif decision.consent is not Consent.GRANTED:
        told = "Metrics are off. You are not asked again."
    elif not changed:
        told = "Metrics stay on."
    else:
        told = "Metrics are on, from the server's next start; behind serve --upstream from now on."
    later = "" if whole else " Their old pages go with the store's next write."
    return f"{told} Deleted: {lost}.{later}" if lost else told


def renewed(decision: Decision) -> str:
    """Return what an answer about new fields did."""
    if decision.refused:
        return "Recorded: no. The fields you agreed to go on as before."
    return "Recorded: yes. They are part of the next report."


def held(*, review: bool) -> str:
    """Return what a change of how reports leave did."""
    if review:
        return "Each report waits from now on until you release it."
    return "Reports leave after each run from now on."
