"""`enable` and `disable`: record the answer, and say what holds now, from when on, and what became of what waited."""

import sys

from shimmy_metrics.actions.decide import decline
from shimmy_metrics.actions.decide import enable as say_yes
from shimmy_metrics.actions.purge import PurgeResult
from shimmy_metrics.actions.status import read_status
from shimmy_metrics.cli.output import print_line
from shimmy_metrics.consent.effective import EffectiveConsent
from shimmy_metrics.consent.state import Decision
from shimmy_metrics.errors import UserError
from shimmy_metrics.exit_codes import Exit
from shimmy_metrics.system.profile import Profile
from shimmy_metrics.wording.decision import answer_recorded, held_for_an_earlier_yes
from shimmy_metrics.wording.departures import host
from shimmy_metrics.wording.departures import purged as sentences
from shimmy_metrics.wording.numbers import amount
from shimmy_metrics.wording.other_servers import other_receiver
from shimmy_metrics.wording.receiver import by_way_of


def enable(profile: Profile) -> int:
    """Record a yes; return the exit code. Raises `UserError`."""
    before = read_status(profile)
    _say_purged(before.purged, profile)
    decided = say_yes(profile)
    for line in decided.told:
        print_line(line)
    now = read_status(profile)
    for line in answer_recorded(now.consent, changed=decided.changed, attempt=now.attempt):
        print_line(line)
    other = other_receiver(now.consent, now.running, now.attempt)
    if other:
        print_line(other)
    if now.consent.sends:
        print_line(f"Reports go to {now.consent.endpoint}{by_way_of(now.proxy)}.")
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

    Raises `UserError` where the no could not be recorded; and, when that and the rest is said, where something could
    not be deleted, or a report may still leave.
    """
    purged = decline(profile, _say_off).purged
    _say_purged(purged, profile)
    if purged == PurgeResult():
        print_line("Nothing was waiting.")
    if purged.may_leave_to:
        what = f"a report may still be sent to {host(purged.may_leave_to)}: its sender has not ended yet"
        raise UserError(what, remedy="Your no stands. In a moment shimmy config --metrics status says what happened")
    return Exit.DONE


def _say_off(decision: Decision, /, *, changed: bool, told: tuple[str, ...]) -> None:
    """Say it at once: until a sender has ended, a second may pass."""
    for line in (*answer_recorded(EffectiveConsent(decision), changed=changed), *told):
        print_line(line)
    sys.stdout.flush()


def _say_purged(result: PurgeResult, profile: Profile) -> None:
    for line in sentences(result._replace(may_leave_to=""), profile.clock.now()):
        print_line(line)
