"""The commands under our own name alone, where they shadow none of the real binary's.

Each is a function of its arguments that returns the exit code; what it runs is imported there.
"""

from collections.abc import Callable
from typing import Final

from shimmy_metrics.cli.arguments import command_parser
from shimmy_metrics.system.profile import Profile


def run(command: str, arguments: list[str]) -> int:
    """Run one of `main.OWN_COMMANDS`; return its exit code. Raises `UserError`."""
    return _COMMANDS[command](arguments)


def _files(arguments: list[str]) -> int:
    parser = command_parser("shimmy-metrics files")
    parser.add_argument("--json", action="store_true")
    found = parser.parse_args(arguments)
    from shimmy_metrics.cli.cmd_files import files

    return files(as_json=found.json)


def _forget(arguments: list[str]) -> int:
    parser = command_parser("shimmy-metrics forget")
    parser.add_argument("--yes", action="store_true")
    parser.add_argument("--json", action="store_true")
    found = parser.parse_args(arguments)
    from shimmy_metrics.cli.cmd_files import forget

    return forget(yes=found.yes, as_json=found.json)


def _preview(arguments: list[str]) -> int:
    parser = command_parser("shimmy-metrics preview")
    parser.add_argument("id", nargs="?")
    parser.add_argument("--json", action="store_true")  # it prints JSON either way
    found = parser.parse_args(arguments)
    from shimmy_metrics.cli.cmd_outbox import preview, preview_named

    profile = Profile.current()
    return preview(profile) if found.id is None else preview_named(profile, found.id)


def _release(arguments: list[str]) -> int:
    parser = command_parser("shimmy-metrics release")
    parser.add_argument("id")
    parser.add_argument("--json", action="store_true")
    found = parser.parse_args(arguments)
    from shimmy_metrics.cli.cmd_outbox import release

    return release(Profile.current(), found.id, as_json=found.json)


def _usage(arguments: list[str]) -> int:
    from shimmy_metrics.cli.cmd_usage import usage, usage_arguments

    return usage(Profile.current(), usage_arguments(arguments))


_COMMANDS: Final[dict[str, Callable[[list[str]], int]]] = {
    "files": _files,
    "forget": _forget,
    "preview": _preview,
    "release": _release,
    "usage": _usage,
}
