"""The words that the program has under its own name alone, where they shadow none of a real binary's.

Each has a function that takes the arguments behind the word and returns the exit code. A word with arguments of its own
reads them with `command_parser`; what runs it is imported there.
"""

from collections.abc import Callable
from typing import Final

from shimmy_metrics.cli.arguments import command_parser
from shimmy_metrics.system.profile import Profile


def run(word: str, arguments: list[str]) -> int:
    """Run one of our words (those of `main.OWN_WORDS`); return its exit code. Raises `UserError`."""
    return _COMMANDS[word](arguments)


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
