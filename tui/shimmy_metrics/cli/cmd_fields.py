"""`shimmy-metrics fields`: everything that could ever be sent, with this machine's values now."""

from shimmy_metrics.actions.preview import Basis, current
from shimmy_metrics.cli.field_report import all_fields_lines, fields_json, matching_lines
from shimmy_metrics.cli.output import print_json, print_stderr
from shimmy_metrics.cli.purge_first import purge_first
from shimmy_metrics.exit_codes import Exit
from shimmy_metrics.machine.gather import gather
from shimmy_metrics.report.fields import FIELDS
from shimmy_metrics.system.profile import Profile
from shimmy_metrics.system.text_output import print_line
from shimmy_metrics.wording.receiver import UNREACHABLE, unreachable_meant
from shimmy_metrics.wording.running import AS_SAVED


def fields(profile: Profile, word: str | None = None, *, as_json: bool) -> int:
    """Print the fields, or with a word those that hold it; return the exit code, 1 where none does.

    Raises `UserError`.
    """
    with purge_first(profile):
        basis, report = current(profile, gather(profile.environment))
    if as_json:
        found = fields_json(report.body, basis.value, word or "")
        print_json(found)
        return Exit.DONE if found["fields"] or found["never"] else Exit.NO
    lines = list(matching_lines(report, word) if word else all_fields_lines(report))
    if word and unreachable_meant(word):
        print_line(UNREACHABLE)
        if not lines:
            return Exit.DONE
    if not lines:
        print_line(
            f"No field's name, meaning, source or purpose has {word!a} in it. "
            f"shimmy-metrics fields lists all {len(FIELDS)}."
        )
        return Exit.NO
    for line in lines:
        print_line(line)
    print_stderr(
        f"The values are those of the newest running session {AS_SAVED}."
        if basis is Basis.SESSION
        else "The values are an example's: this machine's facts, and a session in which nothing happened."
    )
    return Exit.DONE
