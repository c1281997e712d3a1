"""The sentences that the app, the plain prompt and the command line share, so that they never differ. Pure."""

import sys
from typing import Final, NamedTuple

from shimmy_metrics.consent.effective import EffectiveConsent, Obstacle, Unusable
from shimmy_metrics.consent.endpoint import ENDPOINT, same_endpoint
from shimmy_metrics.consent.state import Consent, Decision, Delivery
from shimmy_metrics.limits import OUTBOX_DAYS
from shimmy_metrics.records import FIRST_ATTEMPT, NextAttempt

MAINTAINER: Final = "Michael A. Kuykendall"

OWN_SERVER: Final = sys.platform == "linux"
"""Whether `serve` measures a server of its own start on this system."""

QUESTION: Final = "May Shimmy report how it is used?"


def informed(endpoint: str, proxy: str = "", *, off: bool = False) -> tuple[str, ...]:
    """Return who gets it, what for, what, when, how long: said before the answer (at most 78 columns).

    A yes covers the endpoint in force. Where that is not Shimmy's own, nothing can be promised for its owner, and it is
    named, with the `proxy` in use. `off`: an answer other than yes is recorded, so that it is told what a yes would do.
    """
    if not same_endpoint(endpoint, ENDPOINT):
        return (
            f"{'Each session after a yes' if off else 'After each session'}: counts and coarse facts, under 1 kB,",
            *([f"by way of {proxy}"] if proxy else []),
            f"to {endpoint}",
            "which was set here. It is not Shimmy's: its owner says what becomes of them.",
        )
    return (
        "Each session after a yes: counts and coarse facts, under 1 kB, by HTTPS to its"
        if off
        else "After each session: counts and coarse facts, under 1 kB, over HTTPS, to its",
        f"maintainer {MAINTAINER}: to improve Shimmy, for business planning,",
        "investors and published trends. He promises to delete reports after analysis.",
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
HEADERS: Final = "These are all headers of the request. None tells anything about this machine."


def connects(proxy: str) -> str:
    """Return what a proxy gets before the request, as a sentence behind others; empty where there is none."""
    return f" {proxy} is asked first, with a CONNECT that names the receiver." if proxy else ""


UNREAD: Final = "The store was not read: metrics are off, and opening it now would write to it."

DISABLE: Final = "shimmy config --metrics disable"
WITHDRAW: Final = "Change your mind at any time: shimmy config --metrics disable, or in the app c, then n."


class Answer(NamedTuple):
    """An answer to the question: its letter, the word that the plain prompt takes, its name and its consequence."""

    key: str
    word: str
    label: str
    consequence: str


ENABLE: Final = Answer(
    "e",
    "enable",
    "Enable",
    "from the server's next start; behind --upstream at once"
    if OWN_SERVER
    else "at once behind serve --upstream; no other server is measured here",
)
STARTING: Final = "measured from this start on" if OWN_SERVER else ENABLE.consequence
"""A yes's consequence where the question is asked because the server is about to start."""
ONLY_FOR_ME: Final = Answer("o", "only", "Only for me", "measured for these screens, and not sent")
DECLINE: Final = Answer("n", "no", "No thanks", "nothing is measured or sent; only this answer is kept")
ENABLE_HELD: Final = Answer(
    "", "hold", "Enable, held", f"each report is held until you release it, {OUTBOX_DAYS} days at most"
)
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


def state(consent: EffectiveConsent, *, elsewhere: bool = False) -> State:
    """Return the consent state as every screen and `status` say it.

    `elsewhere`: a server is measured that was started without the switch which is in force here.
    """
    decision = consent.decision
    if consent.switch and elsewhere:
        return State(on=True, word="off in this shell", note="a server is measured")
    if consent.switch:
        return State(on=False, word="metrics off", note=f"switched off by {consent.switch}")
    if decision.consent is Consent.UNDECIDED:
        return State(on=False, word="not decided", note="nothing is measured")
    if decision.local:
        return State(on=True, word="only for me", note="not sent")
    if decision.consent is Consent.DECLINED:
        return State(on=False, word="metrics off", note="nothing is measured")
    if consent.obstacle is not None:
        return State(on=True, word="metrics on", note=NOTES[consent.obstacle])
    held = decision.delivery is Delivery.REVIEW
    return State(on=True, word="metrics on", note="held for review" if held else "reports are sent")


def unusable_state(what: Unusable, *, elsewhere: bool) -> State:
    """Return what every screen says where whatever was decided cannot be read, or an endpoint cannot be used.

    `elsewhere`: a server is measured, which goes by what the shell had in which it was started.
    """
    if what is Unusable.CONFIG:
        return State(on=False, word="metrics off", note="config unusable")
    return State(on=elsewhere, word="off in this shell", note="a server is measured" if elsewhere else "no endpoint")


def while_unusable(what: Unusable) -> str:
    """Return what is so until that is mended, as a sentence."""
    if what is Unusable.CONFIG:
        return "While the config cannot be used nothing is measured and nothing leaves."
    here = f"While {what} cannot be used nothing is measured or sent from this shell."
    if what is Unusable.ENDPOINT:
        return f"{here} A server that was started elsewhere goes by its own."
    return f"{here} A server that was started with SHIMMY_METRICS_ENDPOINT set goes by that."


def without_store(shown: State) -> State:
    """Return the state as it is said where the store cannot be used: what would be measured is not, or is not kept."""
    return shown._replace(note="store unusable") if shown.on else shown


NOTES: Final = {
    Obstacle.UNTRUSTED: "nothing is measured",
    Obstacle.SWITCH: "switched off",
    Obstacle.NEWER_SCHEMA: "nothing leaves",
    Obstacle.OTHER_ENDPOINT: "nothing leaves here",
    Obstacle.ENDED: "nothing leaves",
}
"""Short enough for the frame's corner; `obstacle` has the sentence."""


def obstacle(consent: EffectiveConsent) -> str:
    """Return why nothing leaves although the answer was yes, with what to do; empty where nothing stands in the way."""
    match consent.obstacle:
        case Obstacle.UNTRUSTED:
            return (
                f"The yes in the config does not count: {consent.distrust}. Nothing is measured or sent. Enable to "
                "decide anew (another user's file or folder has to be moved away before), or disable."
            )
        case Obstacle.SWITCH:
            return f"Nothing leaves from here: {consent.switch} is set. Unset it to go on as you agreed."
        case Obstacle.NEWER_SCHEMA:
            return "Nothing leaves: you agreed with a newer version of shimmy-metrics. Update this one."
        case Obstacle.OTHER_ENDPOINT:
            return (
                f"Nothing leaves from here: you agreed to {consent.decision.endpoint}, and {consent.endpoint} is in "
                "force in this shell. Enable again to agree to it. A server that was started elsewhere goes by its own."
            )
        case Obstacle.ENDED:
            return (
                f"Nothing leaves: {consent.endpoint} answered that the programme has ended. "
                "What is measured stays here. Enable again to ask it anew."
            )
        case None:
            return ""


_WHICH: Final = ("next", "second", "third")


def next_attempt(attempt: NextAttempt, *, from_here: bool = False) -> str:
    """Return when the sender makes its next attempt by itself, to stand behind "sent".

    `from_here`: the sessions that are measured now make none, since they were started for another receiver; one from
    this shell does.
    """
    verb = "starts" if attempt.at_start else "ends"
    if from_here:
        return f"when the {_WHICH[attempt.ends_skipped]} session from this shell {verb}"
    return f"when the {_WHICH[attempt.ends_skipped]} session {'from now ' if attempt.ends_skipped else ''}{verb}"


HELD: Final = f"Each report is held here until you release it, {OUTBOX_DAYS} days at most."


def leaves(attempt: NextAttempt, *, from_here: bool = False) -> str:
    """Return when reports are sent, as a sentence; the rest as for `next_attempt`.

    Before a server was measured nobody knows how it will be started.
    """
    if attempt == FIRST_ATTEMPT:
        return "Each report is sent after its session."
    return f"Reports are sent {next_attempt(attempt, from_here=from_here)}."


def takes_hold(
    consent: EffectiveConsent,
    *,
    starting: bool = False,
    own_server: bool = OWN_SERVER,
    attempt: NextAttempt = FIRST_ATTEMPT,
) -> tuple[str, ...]:
    """Return when a recorded yes, or "only for me", takes hold and when reports leave, in sentences; none for a no.

    `starting`: a server starts at this very moment. `own_server`: `serve` measures a server of its own start (Linux);
    elsewhere only one behind `--upstream` is measured. `attempt`: when a sender tries next.
    """
    decision = consent.decision
    if not (decision.consent is Consent.GRANTED or decision.local):
        return ()
    if consent.switch:
        return (f"{consent.switch} keeps everything off in this shell.",)
    if not own_server:
        measured = "On this system a server behind serve --upstream is measured, from now on, and no other."
    elif starting:
        measured = "Measured from this start on."
    else:
        measured = "Measured from the server's next start on; behind serve --upstream from now on."
    if decision.local:
        return (measured,)
    blocked = obstacle(consent)
    if blocked:
        return measured, blocked
    when = HELD if decision.delivery is Delivery.REVIEW else leaves(attempt)
    stays = ("Other servers' sessions stay here.",) if same_endpoint(consent.endpoint, ENDPOINT) else ()
    return measured, when, *stays


def amount(number: int, singular: str, plural: str = "") -> str:
    """Return a number with its noun: `1 report`, `2,350 tokens`."""
    return f"{number:,} {singular if number == 1 else plural or f'{singular}s'}"


def duration(seconds: int) -> str:
    """Return a time in minutes and hours as people say it: `2 h 02 min`."""
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours:,} h {minutes:02} min" if hours else f"{minutes} min"


def answered(
    consent: EffectiveConsent,
    *,
    changed: bool,
    starting: bool = False,
    own_server: bool = OWN_SERVER,
    attempt: NextAttempt = FIRST_ATTEMPT,
) -> tuple[str, ...]:
    """Return what an answer did, in sentences: what holds now. What was deleted because of it tells `departure_text`.

    `standing` is what is in force with the answer in it; the rest as `takes_hold`.
    """
    holds = takes_hold(consent, starting=starting, own_server=own_server, attempt=attempt)
    if not holds:
        if consent.decision.consent is Consent.UNDECIDED:  # withdrawn by the file's deletion, which is said beside this
            return ("Metrics are off.",)
        return ("Metrics are off. You won't be asked again." if changed else "Metrics were off already.",)
    if consent.switch:
        return (*holds, "Your answer is recorded; it counts where the switch is not set.")
    if consent.decision.local:
        return ("Only for you from now on: what is measured for these screens is not sent.", *holds)
    return ("Metrics are on." if changed else "Metrics were on already.", *holds)


def decided(
    decision: Decision,
    *,
    changed: bool,
    switch: str = "",
    endpoint: str = ENDPOINT,
    starting: bool = False,
    own_server: bool = OWN_SERVER,
    attempt: NextAttempt = FIRST_ATTEMPT,
) -> str:
    """Return what `answered` does, as one line; `switch` and `endpoint` are those in force."""
    consent = EffectiveConsent(decision, switch, endpoint)
    told = answered(consent, changed=changed, starting=starting, own_server=own_server, attempt=attempt)
    return " ".join(told)


def held_for_an_earlier_yes(number: int) -> str:
    """Return that so many reports wait for the person's word since they were sealed under another yes."""
    was, them = ("was", "it") if number == 1 else ("were", "them")
    return f"{amount(number, 'report')} that waited {was} sealed under another yes: held until you release {them}."


def renewed(decision: Decision) -> str:
    """Return what an answer about new fields did."""
    if decision.refused:
        return "Recorded: no. The fields you agreed to go on as before."
    return "Recorded: yes. They are part of each report from the next one on."


def held(attempt: NextAttempt, *, review: bool, blocked: str = "") -> str:
    """Return what a change of how reports leave did. `blocked` says why nothing leaves, empty where something may."""
    if review:
        return HELD
    if blocked:
        return f"Reports are no longer held. {blocked}"
    return f"Reports are sent by themselves from now on: those that wait {next_attempt(attempt)}."
