"""What the app shows, in lines of text: for screen readers, `TERM=dumb`, and no terminal."""

from shimmy_metrics.actions.overview import overview
from shimmy_metrics.cli.plain_report import plain_report
from shimmy_metrics.cli.tty import at_terminal
from shimmy_metrics.machine.gather import gather
from shimmy_metrics.system.profile import Profile
from shimmy_metrics.system.text_output import print_line, print_lines


def print_and_ask(profile: Profile) -> None:
    """Print everything the app shows; ask the question if it is open and somebody can answer. Raises `UserError`."""
    shown = overview(profile, gather(profile.environment), listing=False)
    now = profile.clock.now()
    if any(shown.purged):
        from shimmy_metrics.wording.deletions import purged_without_consent  # these are rarely said

        print_lines(purged_without_consent(shown.purged, now))
    print_lines(plain_report(shown, now))
    if at_terminal() and not shown.trouble:
        from shimmy_metrics.actions.settings import read_settings  # for somebody who can answer

        if read_settings(profile, opened=True).asks:
            from shimmy_metrics.cli.consent_prompt import ask  # with all that a decision takes

            print_line("")
            ask(profile)
