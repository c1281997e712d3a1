"""What the app shows, in lines of text: for screen readers, `TERM=dumb`, and no terminal."""

from shimmy_metrics.actions.overview import overview
from shimmy_metrics.actions.settings import read_settings
from shimmy_metrics.cli.plain_report import plain_report
from shimmy_metrics.cli.tty import at_terminal
from shimmy_metrics.machine.gather import gather
from shimmy_metrics.system.profile import Profile
from shimmy_metrics.system.text_output import print_line, print_lines
from shimmy_metrics.wording.deletions import purged_without_consent


def print_and_ask(profile: Profile) -> None:
    """Print everything the app shows; ask the question if it is open and somebody can answer. Raises `UserError`."""
    shown = overview(profile, gather(profile.environment))
    now = profile.clock.now()
    print_lines(purged_without_consent(shown.purged, now))
    print_lines(plain_report(shown, now))
    if at_terminal() and not shown.trouble and read_settings(profile, opened=True).asks:
        from shimmy_metrics.cli.consent_prompt import ask  # with all that a decision takes

        print_line("")
        ask(profile)
