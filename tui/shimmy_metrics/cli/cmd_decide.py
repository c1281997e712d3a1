"""`enable` and `disable`: record the answer, then print what applies now and what became of queued reports."""

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
    _print_purged(before.purged, profile)
    decided = say_yes(profile)
    for line in decided.notices:
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

    Raises `UserError` if the no could not be recorded, or, once the rest is printed, if something could not be deleted
    or a report may still be sent.
    """
    purged = decline(profile, _print_off).purged
    _print_purged(purged, profile)
    if purged == PurgeResult():
        print_line("Nothing was waiting.")
    if purged.may_leave_to:
        what = f"a report may still be sent to {host(purged.may_leave_to)}: its sender has not ended yet"
        raise UserError(what, remedy="Your no stands. In a moment shimmy config --metrics status says what happened")
    return Exit.DONE


def _print_off(decision: Decision, /, *, changed: bool, notices: tuple[str, ...]) -> None:
    """Print it at once: a second may pass until a sender has ended."""
    for line in (*answer_recorded(EffectiveConsent(decision), changed=changed), *notices):
        print_line(line)
    sys.stdout.flush()


def _print_purged(result: PurgeResult, profile: Profile) -> None:
    for line in sentences(result._replace(may_leave_to=""), profile.clock.now()):
        print_line(line)
