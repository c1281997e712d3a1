"""The answers that can be given now, each with its consequence in numbers. Pure."""

from typing import Final

from shimmy_metrics.actions.files import FileKind
from shimmy_metrics.actions.overview import Overview
from shimmy_metrics.app.screens.consent.answer_line import Choice
from shimmy_metrics.consent.answer import Answer
from shimmy_metrics.consent.effective_consent import Obstacle, Unusable
from shimmy_metrics.consent.state import SCHEMA_VERSION, Consent, Delivery
from shimmy_metrics.records import QueueState
from shimmy_metrics.report.fields import FIELDS
from shimmy_metrics.wording.consent import NO_REPORT_MADE, UNSAVED
from shimmy_metrics.wording.consent_question import (
    DECLINE,
    DECLINE_AGAIN,
    ENABLE,
    ENABLE_HELD,
    LATER,
    ONLY_FOR_ME,
    STARTING,
)
from shimmy_metrics.wording.numbers import amount

NOT_SENT: Final = "what is waiting is not sent"
"""What a no does where the store cannot be used: nothing can be deleted there."""

NO_CHANGE_UNSAVED: Final = f"no change: {UNSAVED}"

NOT_RECORDED: Final = "not recorded while the store cannot be used"
"""What a yes does there: an earlier no may have left something in the store that it must not cover."""

NOT_WRITTEN: Final = "not recorded while the config cannot be used"
"""What a no does then: a file that cannot be read stays as it is, and may hold a yes."""


def choices_now(overview: Overview, *, starting: bool = False) -> tuple[Choice, ...]:
    """Return the answers that can be given now, each with its consequence in numbers.

    `starting`: the server is about to start, and a yes counts from this very start.
    """
    decision = overview.consent.decision
    declined = Choice(
        "consent.decline", Answer.DECLINE, "Keep off", "no change: nothing is measured or sent", "no change"
    )
    if overview.unusable is not None and decision.consent is Consent.DECLINED:
        return (declined,)
    if overview.unusable is not None:  # nothing can be agreed to then; a no deletes what waits all the same
        deleted = lost(overview) or "nothing is waiting"
        effect = NOT_WRITTEN if overview.unusable is Unusable.CONFIG else "stops measuring"
        return (Choice("consent.decline", Answer.DECLINE, "Withdraw", f"{effect}, {deleted}"),)
    enable = Choice.of("consent.enable", ENABLE._replace(consequence=STARTING) if starting else ENABLE)
    held_yes = Choice.of("consent.hold", ENABLE_HELD)
    only = Choice.of("consent.only", ONLY_FOR_ME)
    if overview.consent.switch:
        enable, held_yes, only = (_only_recorded(overview, each) for each in (enable, held_yes, only))
    if nothing_saved(overview) and decision.consent is not Consent.GRANTED:
        recorded = f"recorded; {UNSAVED}"
        agreed = NOT_RECORDED if overview.store_unusable else recorded
        enable, held_yes = (each._replace(consequence=agreed, brief="") for each in (enable, held_yes))
        only = only._replace(consequence=recorded, brief="")
    if decision.consent is Consent.UNDECIDED:
        later = Choice.of("consent.later", LATER)
        if overview.consent.switch:  # with a switch in force nothing is asked
            later = later._replace(consequence="nothing is written")
        return (enable, held_yes, only, _no(overview), later)
    if decision.consent is Consent.GRANTED:
        held = decision.delivery is Delivery.REVIEW
        kept = ", ".join(filter(None, ("nothing more is sent", _kept(overview))))
        holding = _holding(overview, held=held)
        return (
            _keep(overview),
            _only_recorded(overview, holding) if overview.consent.switch else holding,
            only._replace(consequence=kept, brief="nothing more is sent"),
            Choice("consent.decline", Answer.DECLINE, "Withdraw", _withdrawn(overview)),
        )
    if decision.local:
        off = ", ".join(filter(None, ("stops now", lost(overview))))
        switched_off = f"no change; {overview.consent.switch} keeps this shell off"
        stays = switched_off if overview.consent.switch else "no change: measured for you to see, not sent"
        if nothing_saved(overview):
            stays = NO_CHANGE_UNSAVED
        return (
            enable,
            held_yes,
            only._replace(consequence=stays, brief="no change"),
            Choice("consent.decline", Answer.DECLINE, "Off", f"{off}; nothing is measured or sent"),
        )
    return (enable, held_yes, only, declined)


def can_delete_all(overview: Overview | None) -> bool:
    """Whether there is something of ours on this disk besides the recorded answer."""
    return overview is not None and any(each.kind is not FileKind.CONFIG for each in overview.files)


def server_may_keep_files(overview: Overview) -> bool:
    """Whether a server may go on using files after all is deleted: the config cannot record the no that ends it."""
    # The lock tells, since its session may be deleted by now. A killed server leaves one too: then less is promised.
    locked = any(each.kind is FileKind.SESSION_LOCK for each in overview.files)
    return locked and overview.unusable is Unusable.CONFIG


def nothing_saved(overview: Overview) -> bool:
    """Whether nothing is saved, whatever is answered: a running server may count on in memory, and save later."""
    return overview.store_unusable or bool(overview.consent.unwritable and not overview.consent.switch)


def lost(overview: Overview) -> str:
    """Return what a no deletes, in numbers; empty where there is nothing."""
    if overview.store_unusable:
        return NOT_SENT
    if overview.unread:
        return "deletes what is waiting, and your own figures"
    counted = sum(each.session.counters.requests for each in (*overview.running, *overview.cut_off))
    ended = len(overview.ended)
    deleted = [amount(len(overview.outbox), "report")] if overview.outbox else []
    deleted += [amount(ended, "session")] if ended else []
    deleted += [amount(counted, "request")] if counted else []
    deleted += [f"your own figures of {amount(len(overview.days), 'day')}"] if overview.days else []
    # On a full disk at once, since a no needs no room; in a folder that cannot be written once it can.
    later = " as soon as the store can be written" if overview.consent.unwritable else ""
    return f"deletes {', '.join(deleted)}{later}" if deleted else ""


def _no(overview: Overview) -> Choice:
    """Return the no to the open question. Where it was answered before, more than the answer may be kept, or lost."""
    if not can_delete_all(overview):
        return Choice.of("consent.decline", DECLINE)
    again, deleted = Choice.of("consent.decline", DECLINE_AGAIN), lost(overview)
    return again._replace(consequence=f"{deleted}; {again.consequence}") if deleted else again


def _holding(overview: Overview, *, held: bool) -> Choice:
    """Return the answer that turns the holding of reports on or off, and what becomes of those that wait."""
    if not held:
        waits = "recorded" if overview.consent.obstacle in NO_REPORT_MADE else "each waits for you"
        consequence = ENABLE_HELD.consequence if overview.consent.obstacle is None else waits
        if overview.sending:  # holding cuts nothing off
            consequence = f"{consequence}; what is being sent now may still be taken"
        return Choice("consent.hold", Answer.HOLD, "Hold reports", consequence, waits)
    if overview.consent.obstacle is not None or overview.store_unusable:
        return Choice(
            "consent.hold", Answer.HOLD, "Do not hold", "reports are sent automatically where that is possible"
        )
    if overview.consent.groups.lowered:
        return Choice("consent.hold", Answer.HOLD, "Do not hold", "reports are held until you agree again all the same")
    freed = (each for each in overview.outbox if each.row_id not in overview.overdue)
    waiting = sum(each.state is QueueState.HELD_BY_MODE for each in freed)
    them = f", the {waiting} held {'one' if waiting == 1 else 'ones'} too" if waiting else ""
    consequence = f"reports are sent automatically{them}"
    return Choice("consent.hold", Answer.HOLD, "Do not hold", consequence, ENABLE.brief)


def _only_recorded(overview: Overview, choice: Choice) -> Choice:
    """Return an answer with what it does while a switch is in force: nothing more here than being recorded."""
    return choice._replace(consequence=f"recorded; {overview.consent.switch} keeps this shell off", brief="recorded")


def _keep(overview: Overview) -> Choice:
    """Return what the letter of a yes does after a yes: nothing, or what there is to agree to besides."""
    held = overview.consent.decision.delivery is Delivery.REVIEW
    label, consequence = "Keep on", f"no change: each report is {'held for you' if held else 'sent automatically'}"
    if overview.store_unusable or overview.consent.obstacle is Obstacle.UNWRITABLE:
        consequence = NO_CHANGE_UNSAVED
    elif overview.consent.obstacle is Obstacle.OTHER_ENDPOINT:  # this and the next are what agreeing takes away
        label, consequence = "Agree again", f"reports go to {overview.consent.endpoint}"
    elif overview.consent.sends and overview.consent.groups.lowered:
        label, consequence = "Agree again", f"figures may be about {amount(overview.consent.groups.named, 'report')}"
    elif overview.consent.obstacle is Obstacle.ENDED:
        label, consequence = "Enable again", "the receiver is asked again whether it takes reports"
    elif overview.consent.obstacle is Obstacle.NEWER_SCHEMA:
        consequence = "no change: this version sends nothing until it is updated"
    elif overview.consent.switch:
        consequence = f"no change; {overview.consent.switch} keeps this shell off"
    elif overview.consent.decision.schema_version < SCHEMA_VERSION:
        label, consequence = "Add fields", f"all {len(FIELDS)} fields from the next report on"
    brief = "no change" if consequence.startswith("no change") else ""
    return Choice("consent.enable", Answer.ENABLE, label, consequence, brief)


def _kept(overview: Overview) -> str:
    """Return what becomes of the reports that wait where the answer is only for me."""
    if not overview.store_read:
        return "what is waiting stays here for you"
    waiting = len(overview.outbox)
    return f"{amount(waiting, 'report')} {'stays' if waiting == 1 else 'stay'} here for you" if waiting else ""


def _withdrawn(overview: Overview) -> str:
    receipts = sum(bool(receipt.body) for receipt in overview.receipts)
    kept = f"; {amount(receipts, 'receipt')} {'stays' if receipts == 1 else 'stay'}" if receipts else ""
    return f"stops now, {lost(overview) or 'nothing is waiting'}{kept}"
