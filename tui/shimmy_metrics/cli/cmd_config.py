"""`shimmy config --metrics ACTION`: call the action, print what it returned.

What machines read (`preview`, `export`, `status --json`) is alone on standard output; words for people go to standard
error. `enable`, `disable`, `status` and `validate` answer a person on standard output.
"""

import sys

from shimmy_metrics.cli.config_arguments import ConfigArguments, config_arguments
from shimmy_metrics.cli.output import print_bytes, print_stderr
from shimmy_metrics.cli.purge_first import print_purged, purge_first
from shimmy_metrics.errors import UserError, reason_of
from shimmy_metrics.exit_codes import Exit
from shimmy_metrics.system.profile import Profile
from shimmy_metrics.system.text_output import print_lines


def config(arguments: list[str]) -> int:
    """Run the action that the arguments name; return its exit code. Raises `UserError`."""
    return act(config_arguments(arguments))


def act(wanted: ConfigArguments) -> int:
    """Run an action; return its exit code. Raises `UserError`."""
    profile = Profile.current()
    match wanted.action:
        case "enable":
            from shimmy_metrics.cli.cmd_decide import enable

            return enable(profile, held=wanted.held)
        case "disable":
            from shimmy_metrics.cli.cmd_decide import disable

            return disable(profile)
        case "status":
            return _status(profile, wanted)
        case "preview":
            from shimmy_metrics.cli.cmd_preview import preview

            return preview(profile)
        case "export":
            with purge_first(profile):
                return _export(profile)
        case _:
            return _validate(profile, wanted)


def _status(profile: Profile, wanted: ConfigArguments) -> int:
    from shimmy_metrics.actions.status import read_status
    from shimmy_metrics.cli.status_report import as_json, as_lines

    found = read_status(profile)
    if wanted.json:
        print_bytes(as_json(found))
        print_purged(found.purged, found.now)
    else:
        print_lines(as_lines(found))
    for trouble in found.troubles:
        print_stderr(f"shimmy-metrics: {trouble}")
    return Exit.USAGE if found.troubles or found.purged.may_leave_to else Exit.DONE


def _export(profile: Profile) -> int:
    from shimmy_metrics.actions.export import export

    print_bytes(export(profile))
    _report_unread(profile)
    return Exit.DONE


def _validate(profile: Profile, wanted: ConfigArguments) -> int:
    from shimmy_metrics.actions.validate import validate_given, validate_held
    from shimmy_metrics.wording.validation import CHECKABLE, findings, no_report

    if wanted.file is None:
        with purge_first(profile):
            found = validate_held(profile)
    else:
        found = validate_given(_read(wanted.file), profile)
        if found.printed_by is not None:
            where = "standard input" if wanted.file == "-" else wanted.file
            raise UserError(no_report(found.printed_by), where=where, remedy=CHECKABLE)
    print_lines(findings(found, held=wanted.file is None))
    return Exit.DONE if found.ok else Exit.NO


def _read(file: str) -> bytes:
    from pathlib import Path

    from shimmy_metrics.limits import VALIDATE_BYTES
    from shimmy_metrics.system.files import read_bounded

    if file == "-":
        try:
            data = sys.stdin.buffer.read(VALIDATE_BYTES + 1)
        except OSError as error:
            what = f"cannot be read: {reason_of(error)}"
            raise UserError(what, where="standard input", remedy="Name a file instead") from error
        if len(data) > VALIDATE_BYTES:
            raise UserError(f"larger than {VALIDATE_BYTES:,} bytes", where="standard input", remedy="Shorten it")
        return data
    remedy = "Name a file that holds a report, an array of reports or an export"
    try:
        found = read_bounded(Path(file), VALIDATE_BYTES) if file else None
    except UserError as error:
        raise UserError(error.what, where=error.where, remedy=remedy) from error
    if found is None:
        raise UserError("there is no such file", where=file or "''", remedy=remedy)
    return found


def _report_unread(profile: Profile) -> None:
    from shimmy_metrics.actions.unread import store_unread

    if store_unread(profile):
        from shimmy_metrics.wording.consent import UNREAD  # with what is said of sessions

        print_stderr(UNREAD)
