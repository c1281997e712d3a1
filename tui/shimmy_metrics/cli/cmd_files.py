"""`shimmy-metrics files` and `shimmy-metrics forget`: what lies on this disk, and deleting all of it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from shimmy_metrics.actions.files import OwnFile
from shimmy_metrics.actions.files import files as list_files
from shimmy_metrics.cli.agreement import agreed
from shimmy_metrics.cli.output import print_json, print_stderr
from shimmy_metrics.exit_codes import Exit
from shimmy_metrics.system.profile import Profile
from shimmy_metrics.system.text_output import print_line
from shimmy_metrics.wording.files import (
    INTERRUPTED,
    NOT_LISTED,
    NOTHING_HERE,
    NOTHING_MORE,
    USES,
    done,
    listed,
    names,
    question,
)

if TYPE_CHECKING:
    from shimmy_metrics.actions.forget import ForgetResult


def files(*, as_json: bool) -> int:
    """Print everything of ours on this disk; return the exit code. Raises `UserError`."""
    found = list_files(Profile.current())
    if as_json:
        print_json({"files": [_file(each) for each in found]})
    else:
        _print(listed(found))
    return Exit.DONE


def forget(*, yes: bool, as_json: bool) -> int:
    """Ask, then withdraw and delete everything of ours but the recorded no; return the exit code.

    Raises `UserError` where it has to ask and nobody is there.
    """
    from shimmy_metrics.actions import forget as action  # with the store, which a list does not want

    profile = Profile.current()
    before = action.forget_plan(profile)
    if before.nothing and not as_json:
        _print([NOTHING_MORE if profile.config_path.exists() else NOTHING_HERE, NOT_LISTED])
        return Exit.DONE
    asks = not (before.nothing or yes)
    if asks and not agreed(question(before), "Forget all of this?", "shimmy-metrics forget"):
        return Exit.NO
    try:
        result = action.forget(profile)
    except KeyboardInterrupt:
        print_stderr(INTERRUPTED)
        raise
    told = list(done(result, profile.clock.now()))
    if as_json:
        print_json(_result(result, told))
    else:
        _print(told)
        _print(names(result))
    return Exit.DONE if result.complete else Exit.USAGE


def _file(each: OwnFile) -> dict[str, Any]:
    return {"path": each.path, "kind": each.kind.value, "bytes": each.size, "use": USES[each.kind]}


def _result(result: "ForgetResult", told: list[str]) -> dict[str, Any]:
    return {
        "complete": result.complete,
        "reports_never_left": result.purged.reports if result.counted else None,
        "may_leave_to": result.purged.may_leave_to or None,
        "told": told,
        "no_not_recorded": result.not_recorded or None,
        "deleted": [_file(each) for each in result.deleted],
        "not_deleted": [{"path": each.path, "reason": each.reason} for each in result.not_deleted],
        "left": result.stays and _file(result.stays),
        "folder_kept": result.folder_kept and str(result.folder_kept.path),
    }


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        print_line(line)
