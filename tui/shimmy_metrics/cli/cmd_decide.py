"""The answers, and how reports are sent: record it, then print what applies now and what became of queued reports."""

from collections.abc import Iterable, Sequence

from shimmy_metrics.actions.decide import decline, hold, only_for_me
from shimmy_metrics.actions.decide import enable as say_yes
from shimmy_metrics.actions.forget import forget_plan
from shimmy_metrics.actions.purge_result import PurgeResult
from shimmy_metrics.actions.status import read_status
from shimmy_metrics.cli.blocked import require_no_obstacle
from shimmy_metrics.cli.output import print_json
from shimmy_metrics.cli.purge_first import print_purged
from shimmy_metrics.consent.effective_consent import EffectiveConsent
from shimmy_metrics.consent.endpoint import ENDPOINT, same_endpoint
from shimmy_metrics.consent.state import Consent, Decision, Delivery
from shimmy_metrics.errors import UserError
from shimmy_metrics.exit_codes import Exit
from shimmy_metrics.system.profile import Profile
from shimmy_metrics.system.text_output import print_line
from shimmy_metrics.wording.consent_question import disclosure
from shimmy_metrics.wording.decision import answer_recorded, delivery_changed, held_for_an_earlier_yes, no_recorded
from shimmy_metrics.wording.deletions import purged as sentences
from shimmy_metrics.wording.departures import host
from shimmy_metrics.wording.files import RECALL, stays
from shimmy_metrics.wording.numbers import amount
from shimmy_metrics.wording.other_servers import other_receiver
from shimmy_metrics.wording.recall import not_taken_back
from shimmy_metrics.wording.receiver import YOUR_ADDRESS, by_way_of


def enable(profile: Profile, *, held: bool = False) -> int:
    """Record a yes, or one under which each report is `held` until it is released; return the exit code.

    Raises `UserError`.
    """
    before = read_status(profile)
    _print_purged(before.purged, profile)
    decided = say_yes(profile, delivery=Delivery.REVIEW if held else None)
    if held and decided.decision.delivery is not Delivery.REVIEW:  # there was a yes already
        hold(profile, review=True)
    for line in decided.notices:
        print_line(line)
    now = read_status(profile)
    for line in answer_recorded(now.consent, now.situation, changed=decided.changed):
        print_line(line)
    other = other_receiver(now.consent, now.running, now.attempt)
    if other:
        print_line(other)
    if now.consent.sends and same_endpoint(now.consent.endpoint, ENDPOINT):  # any other is named by the next lines
        print_line(f"Reports go to {now.consent.endpoint}{by_way_of(now.proxy)}.")
    for line in (*disclosure(now.consent.endpoint, now.proxy, held=now.consent.holds), YOUR_ADDRESS):
        print_line(line)
    if now.of_an_earlier_yes:
        print_line(
            f"{held_for_an_earlier_yes(now.of_an_earlier_yes)} "
            "Press 2, then r in the app, or run shimmy-metrics release ID."
        )
    if before.news:
        print_line(f"Your yes covers {amount(before.news, 'more field')} than before: shimmy config --metrics preview.")
    print_line("See what would be sent: shimmy config --metrics preview. Withdraw: shimmy config --metrics disable.")
    return Exit.DONE


def disable(profile: Profile) -> int:
    """Record a no and delete what was not delivered; return the exit code.

    Raises `UserError` if the no could not be recorded, or, once the rest is printed, if something could not be deleted
    or a report may still be sent.
    """
    purged = decline(profile, _print_off).purged
    _print_purged(purged, profile)
    if purged == PurgeResult():
        print_line("Nothing is waiting.")
    plan = forget_plan(profile)
    left = stays(plan.files, plan.receipts, plan.recallable)
    if left:
        print_line(left)
    if purged.may_leave_to:
        raise _may_still_leave(purged, "Your no")
    return Exit.DONE


def only_me(profile: Profile, *, as_json: bool) -> int:
    """Record "only for me", and print what that changed and deleted; return the exit code.

    Raises `UserError` as `disable` does.
    """
    before = read_status(profile)
    environment = profile.environment
    lines: list[str] = []

    def recorded(decision: Decision, /, *, changed: bool, notices: tuple[str, ...]) -> None:
        endpoint = environment.endpoint or decision.endpoint
        consent = EffectiveConsent(decision, environment.switch, endpoint, unwritable=before.consent.unwritable)
        lines.extend((*notices, *answer_recorded(consent, before.situation, changed=changed)))
        if not as_json:
            _print_now(lines)

    decided = only_for_me(profile, recorded)
    left = [not_taken_back(RECALL)] if forget_plan(profile).recallable else []
    if as_json:
        lines += _purged_lines(before.purged, profile) + _purged_lines(decided.purged, profile) + left
        _print_decision(decided.decision, lines, may_leave_to=decided.purged.may_leave_to or None)
        return Exit.USAGE if decided.purged.may_leave_to else Exit.DONE
    _print_purged(before.purged, profile)
    _print_purged(decided.purged, profile)
    _print_now(left)
    if decided.purged.may_leave_to:
        raise _may_still_leave(decided.purged, "Your answer")
    return Exit.DONE


def set_delivery(profile: Profile, *, review: bool, as_json: bool) -> int:
    """Hold reports until they are released, or no longer; print what that changes and return the exit code.

    Raises `UserError`, also where there is no yes: then no report is made that could be held.
    """
    before = read_status(profile)
    print_purged(before.purged, before.now)
    if before.consent.decision.consent is not Consent.GRANTED and not before.unusable:
        require_no_obstacle(before.consent)
        what = f"reports are {'held' if review else 'sent'} only after a yes, and there is none"
        raise UserError(what, remedy="Enable first: shimmy config --metrics enable")
    decision, moved = hold(profile, review=review)
    line = delivery_changed(before.consent, before.situation, review=review, moved=moved)
    if as_json:
        _print_decision(decision, [line])
    else:
        print_line(line)
    return Exit.DONE


def _print_decision(decision: Decision, lines: Sequence[str], **more: str | None) -> None:
    print_json(
        {
            "consent": decision.consent.value,
            "only_for_me": decision.local,
            "delivery": decision.delivery.value,
            "told": list(lines),
            **more,
        }
    )


def _may_still_leave(purged: PurgeResult, answer: str) -> UserError:
    what = f"a report may still be sent to {host(purged.may_leave_to)}: its sender has not ended yet"
    return UserError(what, remedy=f"{answer} stands. Once it has, shimmy config --metrics status says what happened")


def _print_off(decision: Decision, /, *, changed: bool, notices: tuple[str, ...]) -> None:
    _print_now((no_recorded(decision, changed=changed), *notices))


def _print_now(lines: Iterable[str]) -> None:
    """Print them before anything is deleted: a second may pass until a sender has ended."""
    for line in lines:
        print_line(line)


def _print_purged(result: PurgeResult, profile: Profile) -> None:
    for line in _purged_lines(result, profile):
        print_line(line)


def _purged_lines(result: PurgeResult, profile: Profile) -> list[str]:
    return list(sentences(result._replace(may_leave_to=""), profile.clock.now()))
