"""What may happen now, and why not. Pure."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from shimmy_metrics.consent.effective_consent import EffectiveConsent, Obstacle, Unusable
from shimmy_metrics.consent.state import Consent
from shimmy_metrics.records import Session


class State(NamedTuple):
    """The state in words: `word` comes first (with its sign), `note` says more, or is empty.

    `brief` is the note where there is little room, empty where it has no shorter form.
    """

    on: bool
    word: str
    note: str
    brief: str = ""


def state(consent: EffectiveConsent, *, elsewhere: bool = False) -> State:
    """Return the state in words where config and store can be used.

    `elsewhere`: a server is measured that was started without the switch that is set here.
    """
    decision = consent.decision
    if consent.switch and elsewhere:
        return State(on=True, word="off in this shell", note="a server is measured")
    if consent.switch:
        return State(on=False, word="metrics off", note=f"switched off by {consent.switch}")
    if decision.consent is Consent.UNDECIDED:
        word = "answer not counted" if consent.distrust else "not decided"
        return State(on=False, word=word, note="nothing is measured")
    if decision.local:
        if unsaved(consent):
            return State(on=True, word="only for me", note="nothing is saved", brief="not saved")
        return State(on=True, word="only for me", note="nothing is sent", brief="not sent")
    if decision.consent is Consent.DECLINED:
        return State(on=False, word="metrics off", note="nothing is measured")
    if consent.obstacle is not None:
        brief = _BRIEFLY.get(consent.obstacle, "not sent")
        return State(on=True, word="metrics on", note=_OBSTACLE_NOTES[consent.obstacle], brief=brief)
    if consent.holds:
        return State(on=True, word="metrics on", note="held for review", brief="held")
    return State(on=True, word="metrics on", note="sent automatically", brief="automatic")


_BRIEFLY: Final = {
    Obstacle.UNTRUSTED: "not measured",
    Obstacle.NEWER_SCHEMA: "not from here",
    Obstacle.OTHER_ENDPOINT: "not from here",
    Obstacle.UNWRITABLE: "not saved",
}
"""The notes where there is little room; of the other obstacles it is that nothing is sent."""


def shown_state(
    consent: EffectiveConsent, running: Sequence[Session], *, unusable: Unusable | None, store_unusable: bool
) -> State:
    """Return the state as every screen and `status` show it, also where config, endpoint or store cannot be used."""
    if unusable and not consent.switch and consent.decision.consent is not Consent.DECLINED:
        return unusable_state(unusable, elsewhere=bool(running))
    shown = state(consent, elsewhere=bool(measured_elsewhere(consent, running)))
    return without_store(shown) if store_unusable else shown


def measured_elsewhere(consent: EffectiveConsent, running: Sequence[Session]) -> list[Session]:
    """Return the running sessions that a switch in this shell does not reach: they were started without one."""
    return [session for session in running if not session.switch] if consent.switch else []


def unusable_state(what: Unusable, *, elsewhere: bool) -> State:
    """Return the state in words where the decision cannot be read, or an endpoint cannot be used.

    `elsewhere`: a server is measured; it follows the shell in which it was started.
    """
    if what is Unusable.CONFIG:
        return State(on=False, word="metrics off", note="config unusable")
    return State(on=elsewhere, word="off in this shell", note="a server is measured" if elsewhere else "no endpoint")


def while_unusable(what: Unusable) -> str:
    """Return what applies until that is fixed, as a sentence."""
    if what is Unusable.CONFIG:
        return "While the config cannot be used nothing is measured or sent."
    here = f"While {what} cannot be used nothing is measured or sent from this shell."
    if what is Unusable.ENDPOINT:
        return f"{here} A server that was started elsewhere follows its own."
    return f"{here} A server that was started with SHIMMY_METRICS_ENDPOINT set follows that."


NO_REPORT_MADE: Final = frozenset({Obstacle.NEWER_SCHEMA, Obstacle.ENDED})
"""Under these no session from here becomes a report."""

UNSAVED: Final = "nothing is saved or sent while the store cannot be used"


def without_store(shown: State) -> State:
    """Return the state in words where the store cannot be used: nothing is measured, or nothing is kept."""
    return shown._replace(note="store unusable", brief="no store") if shown.on else shown


_OBSTACLE_NOTES: Final = {
    Obstacle.UNTRUSTED: "nothing is measured",
    Obstacle.SWITCH: "switched off",
    Obstacle.NEWER_SCHEMA: "nothing is sent from here",
    Obstacle.OTHER_ENDPOINT: "nothing is sent from here",
    Obstacle.ENDED: "nothing is sent",
    Obstacle.UNWRITABLE: "nothing is saved",
}
"""Short enough for the frame's corner; `obstacle` has the sentence."""


def obstacle(consent: EffectiveConsent) -> str:
    """Return why nothing is sent although the answer was yes, and what to do; empty without an obstacle."""
    match consent.obstacle:
        case Obstacle.UNTRUSTED:
            return (
                f"The answer in the config does not count: {consent.distrust}. Nothing is measured or sent from here. "
                "Enable to decide again (another user's file or folder has to be moved away before), or disable."
            )
        case Obstacle.SWITCH:
            return f"Nothing is sent from here: {consent.switch} is set. Your yes stands where no switch is set."
        case Obstacle.NEWER_SCHEMA:
            return "This version of shimmy-metrics sends nothing: you agreed in a newer one. Update this one."
        case Obstacle.OTHER_ENDPOINT:
            agreed = consent.decision.endpoint or "no address"
            return (
                f"Nothing is sent from here: you agreed to {agreed}, and {consent.endpoint} is in "
                "force in this shell. Enable again to agree to it. A server that was started elsewhere follows its own."
            )
        case Obstacle.ENDED:
            return (
                f"Nothing is sent: {consent.endpoint} answered that the programme has ended. "
                "What is measured stays here. Enable again to ask it once more."
            )
        case Obstacle.UNWRITABLE:
            return f"Nothing can be saved or sent: {consent.unwritable}."
        case None:
            return ""


def unsaved(consent: EffectiveConsent) -> str:
    """Return why nothing can be kept for a person who measures only for themselves; empty where it can."""
    cannot = consent.decision.local and consent.measures and consent.unwritable
    return f"Nothing can be saved: {consent.unwritable}." if cannot else ""


def groups_lowered(consent: EffectiveConsent) -> str:
    """Return that the receiver publishes figures about fewer reports than agreed to, and what follows; else empty."""
    size = consent.groups
    if not (consent.sends and size.lowered):
        return ""
    return (
        f"{consent.endpoint} now publishes figures about {size.named:,} or more reports; under your yes it was "
        f"{size.agreed:,}. Each report is held until you release it. Enable again to agree to that."
    )


def new_fields_waiting(number: int) -> str:
    """Return that so many new fields are not sent because the question about them is open."""
    fields, are, them = ("field", "is", "it") if number == 1 else ("fields", "are", "them")
    return f"{number} {fields} {are} new since you agreed and {are} not sent. To decide about {them}: shimmy tui."


UNREAD: Final = "The store was not read: metrics are off, and opening it now would write to it."

DISABLE: Final = "shimmy config --metrics disable"

ENABLE_LATER: Final = "Change your mind at any time: shimmy config --metrics enable, or c, then e in the app."

WITHDRAW: Final = "Change your mind at any time: shimmy config --metrics disable, or c, then n in the app."
