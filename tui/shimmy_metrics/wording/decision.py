"""What a recorded answer changed. Pure."""

from collections.abc import Iterator, Sequence
from typing import Final

from shimmy_metrics.actions.situation import Situation
from shimmy_metrics.consent.effective_consent import EffectiveConsent, Obstacle
from shimmy_metrics.consent.endpoint import ENDPOINT, same_endpoint
from shimmy_metrics.consent.state import Consent, Decision
from shimmy_metrics.records import Session
from shimmy_metrics.wording.consent import NO_REPORT_MADE, UNSAVED, groups_lowered, obstacle, unsaved, while_unusable
from shimmy_metrics.wording.consent_question import OWN_SERVER
from shimmy_metrics.wording.numbers import amount
from shimmy_metrics.wording.other_servers import next_end, next_report
from shimmy_metrics.wording.schedule import (
    BEING_SENT,
    HELD_UNTIL_RELEASED,
    MAY_STILL_BE_TAKEN,
    UNDER_ANOTHER_YES,
    next_attempt,
    sent_when,
)
from shimmy_metrics.wording.session_consent import covered

FROM_NEXT_START: Final = (
    "From now on each server that starts is measured, and one behind serve --upstream at once, unless a switch is set "
    "there."
)


def effect_of_answer(
    consent: EffectiveConsent, now: Situation, *, starting: bool = False, own_server: bool = OWN_SERVER
) -> tuple[str, ...]:
    """Return when a recorded yes or "only for me" takes effect, and when reports are sent; nothing for a no.

    `starting`: a server is about to start. `own_server`: `serve` measures a server of its own start (Linux);
    elsewhere only one behind `--upstream` is measured.
    """
    decision = consent.decision
    if not (decision.consent is Consent.GRANTED or decision.local):
        return ()
    if consent.switch:
        return (f"{consent.switch} keeps measuring and sending off in this shell.",)
    cannot = _in_the_way(now)
    if cannot:
        return (cannot,)
    if consent.obstacle is Obstacle.UNWRITABLE:
        return (obstacle(consent),)
    if unsaved(consent):
        return (unsaved(consent),)
    if not own_server:
        measured = "On this system only a server behind serve --upstream is measured, from now on."
    elif starting:
        measured = "The server is measured from this start on."
    else:
        measured = FROM_NEXT_START
    if decision.local:
        return (measured,)
    blocked = obstacle(consent)
    if blocked:
        return measured, blocked
    if consent.holds:
        when = f"{HELD_UNTIL_RELEASED} {MAY_STILL_BE_TAKEN}" if now.sending else HELD_UNTIL_RELEASED
    else:
        when = BEING_SENT if now.sending else sent_when(now.attempt, next_report(consent, now.running))
    others = "Only sessions of Shimmy itself are sent; those of another server stay here."
    stays = (others,) if same_endpoint(consent.endpoint, ENDPOINT) else ()
    return measured, when, *stays, *_begun_before(decision, (*now.running, *now.cut_off))


def _in_the_way(now: Situation) -> str:
    """Return what applies while the config, an endpoint or the store cannot be used; empty where they can."""
    if now.unusable:
        return while_unusable(now.unusable)
    return f"{UNSAVED.capitalize()}." if now.store_unusable else ""


def _begun_before(decision: Decision, unended: Sequence[Session]) -> Iterator[str]:
    """Yield what becomes of sessions that a yes does not cover: they run, or were cut off."""
    if any(session.local for session in unended):
        yield "A session that began only for you stays here."
    if any(not session.local and not covered(decision, session) for session in unended):
        yield UNDER_ANOTHER_YES


def answer_recorded(
    consent: EffectiveConsent, now: Situation, *, changed: bool, starting: bool = False
) -> tuple[str, ...]:
    """Return what an answer changed, in sentences. `departures.purged` has those about what it deleted.

    `consent` includes the answer; `starting` is as for `effect_of_answer`.
    """
    holds = effect_of_answer(consent, now, starting=starting)
    if not holds:
        return (no_recorded(consent.decision, changed=changed),)
    if consent.switch:
        return (*holds, "Your answer is recorded and applies where no switch is set.")
    if consent.decision.local:
        since = "from now on" if changed else "already"
        return (f"Only for you {since}: what is measured is yours to see and is not sent.", *holds)
    return ("Metrics are on." if changed else "Metrics were on already.", *holds)


def no_recorded(decision: Decision, *, changed: bool) -> str:
    """Return what a no changed, as a sentence."""
    if decision.consent is Consent.UNDECIDED:  # the file was deleted, which is reported separately
        return "Metrics are off."
    return "Metrics are off. You won't be asked again." if changed else "Metrics were off already."


def held_for_an_earlier_yes(number: int) -> str:
    """Return that so many reports are held because they were sealed under another yes."""
    was, them = ("was", "it") if number == 1 else ("were", "them")
    return f"{amount(number, 'report')} that waited {was} made under another yes. Held until you release {them}."


def renewal_recorded(decision: Decision) -> str:
    """Return what an answer about new fields changed."""
    if decision.refused:
        return "Your no is recorded. The fields you agreed to are sent as before."
    return "Your yes is recorded. The new fields are part of each report from the next one on."


def delivery_changed(consent: EffectiveConsent, now: Situation, *, review: bool, moved: int) -> str:
    """Return what holding or no longer holding reports changed.

    `moved` counts the reports that are held because of it, or due. A sender at work may take what is due, or held only
    now, with it, or not.
    """
    blocked = _in_the_way(now) or obstacle(consent) or groups_lowered(consent)
    are = "is" if moved == 1 else "are"
    if review:
        held = f"{amount(moved, 'report')} that {'was' if moved == 1 else 'were'} due {are} held too." if moved else ""
        each = "Your choice is recorded." if consent.obstacle in NO_REPORT_MADE else HELD_UNTIL_RELEASED
        return " ".join(filter(None, (each, held, MAY_STILL_BE_TAKEN if now.sending else "", blocked)))
    freed = f"{amount(moved, 'held report')} {are} due now"
    if blocked:
        return f"{freed if moved else 'Your choice is recorded'}. {blocked}"
    automatically = "Reports are sent automatically from now on"
    if now.sending:
        return f"{automatically}. {f'{freed}. ' if moved else ''}{BEING_SENT}"
    when = next_attempt(now.attempt, next_end(consent, now.running))
    return f"{automatically}. {freed}, sent {when}." if moved else f"{automatically}, those that are due {when}."
