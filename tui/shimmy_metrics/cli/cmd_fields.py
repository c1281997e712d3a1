"""`shimmy-metrics fields`: everything that could ever be sent, with this machine's values now."""

from shimmy_metrics.actions.preview import Basis, current
from shimmy_metrics.cli.field_report import all_fields_lines, fields_json
from shimmy_metrics.cli.output import print_json, print_stderr
from shimmy_metrics.cli.purge_first import purge_first
from shimmy_metrics.exit_codes import Exit
from shimmy_metrics.machine.gather import gather
from shimmy_metrics.system.profile import Profile
from shimmy_metrics.system.text_output import print_line


def fields(profile: Profile, *, as_json: bool) -> int:
    """Print the fields; return the exit code. Raises `UserError`."""
    with purge_first(profile):
        basis, report = current(profile, gather(profile.environment))
    if as_json:
        print_json(fields_json(report.body, basis.value))
        return Exit.DONE
    for line in all_fields_lines(report.body):
        print_line(line)
    print_stderr(
        "The values are the newest running session's, as its report would be if it ended now."
        if basis is Basis.SESSION
        else "The values are an example's: this machine's facts, and a session in which nothing happened."
    )
    return Exit.DONE
