"""The commands under our own name alone, where they shadow none of the real binary's.

Each is a function of its arguments that returns the exit code; what it runs is imported there.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from shimmy_metrics.cli.arguments import first_and_last, parsed, refusal
from shimmy_metrics.cli.command import SHORTEST_ID
from shimmy_metrics.cli.command_table import COMMANDS
from shimmy_metrics.cli.config_arguments import ConfigArguments
from shimmy_metrics.cli.config_table import SHORT
from shimmy_metrics.cli.receive_table import RECEIVE
from shimmy_metrics.system.profile import Profile


def run(command: str, arguments: list[str]) -> int:
    """Run one of `commands.OWN`; return its exit code. Raises `UserError`."""
    if command == RECEIVE.name:  # each of its actions takes arguments of its own
        from shimmy_metrics.cli.cmd_receive import receive

        return receive(arguments)
    if command in _TAKING_AN_ID and all(each.startswith("-") for each in arguments):
        arguments = [*arguments, ""]  # an empty one, so that its error names those it could have been
    given = parsed(COMMANDS[command], arguments)
    if command in _TAKING_AN_ID and 0 < len(given["id"]) < SHORTEST_ID and given["id"] != "all":
        raise refusal(COMMANDS[command], f"give at least {SHORTEST_ID} characters of an ID")
    return RUN[command](given)


_TAKING_AN_ID: Final = ("delete", "hold", "recall", "release")


Arguments = Mapping[str, Any]


def _action(name: str) -> Callable[[Arguments], int]:
    """Return what the short form of an action of `config` runs."""

    def act(given: Arguments) -> int:
        from shimmy_metrics.cli import cmd_config

        return cmd_config.act(
            ConfigArguments(name, given.get("file"), given.get("json", False), held=given.get("held", False))
        )

    return act


def _only_me(given: Arguments) -> int:
    from shimmy_metrics.cli.cmd_decide import only_me

    return only_me(Profile.current(), as_json=given["json"])


def _review(given: Arguments) -> int:
    from shimmy_metrics.cli.cmd_decide import set_delivery

    return set_delivery(Profile.current(), review=True, as_json=given["json"])


def _automatic(given: Arguments) -> int:
    from shimmy_metrics.cli.cmd_decide import set_delivery

    return set_delivery(Profile.current(), review=False, as_json=given["json"])


def _history(given: Arguments) -> int:
    from shimmy_metrics.cli.cmd_history import history, receipt

    first, last = first_and_last(COMMANDS["history"], given)
    profile = Profile.current()
    if given["id"] is None:
        return history(profile, first, last, as_json=given["json"])
    if first or last:
        raise refusal(COMMANDS["history"], "ID goes without --from and --to")
    return receipt(profile, given["id"])


def _hold(given: Arguments) -> int:
    from shimmy_metrics.cli.cmd_delete import hold_report

    return hold_report(Profile.current(), given["id"], as_json=given["json"])


def _delete(given: Arguments) -> int:
    from shimmy_metrics.cli.cmd_delete import delete_named

    return delete_named(Profile.current(), given["id"], yes=given["yes"], as_json=given["json"])


def _completion(given: Arguments) -> int:
    from shimmy_metrics.cli.cmd_completion import completion

    return completion(given["shell"])


def _diff(given: Arguments) -> int:
    from shimmy_metrics.cli.cmd_history import diff

    names = [name for name in (given["a"], given["b"]) if name is not None]
    return diff(Profile.current(), names, as_json=given["json"])


def _fields(given: Arguments) -> int:
    from shimmy_metrics.cli.cmd_fields import fields

    return fields(Profile.current(), given["word"], as_json=given["json"])


def _files(given: Arguments) -> int:
    from shimmy_metrics.cli.cmd_files import files

    return files(as_json=given["json"])


def _forget(given: Arguments) -> int:
    from shimmy_metrics.cli.cmd_files import forget

    return forget(yes=given["yes"], as_json=given["json"])


def _preview(given: Arguments) -> int:
    profile = Profile.current()
    if given["id"] is None:
        from shimmy_metrics.cli.cmd_preview import preview

        return preview(profile)
    from shimmy_metrics.cli.cmd_outbox import preview_named

    return preview_named(profile, given["id"])


def _operator(given: Arguments) -> int:
    from shimmy_metrics.cli.cmd_operator import operator

    return operator(Profile.current(), as_json=given["json"])


def _recall(given: Arguments) -> int:
    from shimmy_metrics.cli.cmd_recall import recall_named

    return recall_named(Profile.current(), given["id"], yes=given["yes"], as_json=given["json"])


def _release(given: Arguments) -> int:
    from shimmy_metrics.cli.cmd_outbox import release

    return release(Profile.current(), given["id"], as_json=given["json"])


def _usage(given: Arguments) -> int:
    from shimmy_metrics.cli.cmd_usage import usage, usage_arguments

    return usage(Profile.current(), usage_arguments(given))


RUN: Final[dict[str, Callable[[Arguments], int]]] = {
    "automatic": _automatic,
    "completion": _completion,
    "delete": _delete,
    "diff": _diff,
    "fields": _fields,
    "files": _files,
    "forget": _forget,
    "history": _history,
    "hold": _hold,
    "only-me": _only_me,
    "operator": _operator,
    "preview": _preview,
    "recall": _recall,
    "release": _release,
    "review": _review,
    "usage": _usage,
    **{action.name: _action(action.name) for action in SHORT},
}
"""What each command but `receive` runs, by its word."""
