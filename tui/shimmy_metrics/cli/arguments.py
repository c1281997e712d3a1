"""The help texts, and the arguments of our commands. Pure.

Usual forms are matched directly: argparse takes 3.5 ms to load and build, a third of what starting Python takes.
"""

from typing import TYPE_CHECKING, Final, NamedTuple, NoReturn

from shimmy_metrics.errors import UserError
from shimmy_metrics.exit_codes import Exit

if TYPE_CHECKING:
    from argparse import ArgumentParser

ACTIONS: Final = ("enable", "disable", "status", "preview", "export", "validate")

_ACTIONS: Final = ", ".join(ACTIONS)
_SEE: Final = "See shimmy-metrics --help"

HELP: Final = """\
Metrics (shimmy-metrics):
  shimmy tui [--plain]             the app: decide, look, compare, withdraw
  shimmy config --metrics ACTION   one of these:
    enable, disable                say yes; say no, or withdraw
    status [--json]                what is on, what is waiting, what was sent
    preview                        exact bytes: the next request as it stands
                                   now, or the session's report, or an example
    export                         what config, store and log hold, as JSON
    validate [FILE|-]              check what is kept, or a report or an export
  shimmy serve [...]               run the server; measured only after a yes
  shimmy serve --upstream URL      measure a running server [--bind ADDR]
  shimmy demo                      see all of it in a sandbox, deleted afterwards
Off until you say yes. DO_NOT_TRACK=1 or SHIMMY_METRICS=off switches it off in
the process that has it, whatever the config says.
"""

OWN_HELP: Final = """\
As shimmy-metrics alone:
  shimmy-metrics preview [ID|all]  what release ID would send (ID: how a digest
                                   or a session_id begins)
  shimmy-metrics release ID|all [--json]
                                   send waiting reports now, print the outcome
  shimmy-metrics usage             your own figures by day: requests, errors,
                                   tokens; also as JSON, CSV, OpenMetrics
  shimmy-metrics files [--json]    everything of ours on this disk
  shimmy-metrics forget [--yes] [--json]
                                   withdraw; delete all but your recorded no
"""


class ConfigArguments(NamedTuple):
    """`shimmy config --metrics ACTION`: `file` is for `validate` (None: what is kept here), `json` for `status`."""

    action: str
    file: str | None = None
    json: bool = False


class UpstreamArguments(NamedTuple):
    """`shimmy serve --upstream URL [--bind ADDR]`."""

    url: str
    bind: str = ""


def config_arguments(arguments: list[str]) -> ConfigArguments:
    """Read what follows `config`. Raises `UserError` for anything that is not an action of ours."""
    match arguments:
        case ["--metrics", str(action)] if action in ACTIONS:
            return ConfigArguments(action)
    parser = command_parser("shimmy config")
    parser.add_argument("--metrics", metavar="ACTION", action="append", nargs="?", const="")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("file", nargs="?")
    # A file named with a dash in front would be an option; "-" alone is standard input.
    found = parser.parse_args(arguments)
    if not found.metrics:
        parser.error(f"add --metrics and one of {_ACTIONS}")
    action, *more = found.metrics
    if not action:
        parser.error(f"--metrics needs one of {_ACTIONS}")
    if action not in ACTIONS:
        parser.error(f"there is no action {action!a}, only {_ACTIONS}")
    if more:
        parser.error("--metrics takes one action")
    if found.file is not None and action != "validate":
        parser.error(f"{action} takes no file")
    if found.json and action != "status":
        parser.error("--json works only with status")
    return ConfigArguments(action, found.file, found.json)


def upstream_arguments(arguments: list[str]) -> UpstreamArguments | None:
    """Read what follows `serve` where `--upstream` is among it, else None. Raises `UserError`."""
    if not any(argument == "--upstream" or argument.startswith("--upstream=") for argument in arguments):
        return None
    parser = command_parser("shimmy serve --upstream")
    parser.add_argument("--upstream", required=True, metavar="URL")
    parser.add_argument("--bind", default="", metavar="ADDR")
    found = parser.parse_args(arguments)
    return UpstreamArguments(found.upstream, found.bind)


def tui_arguments(arguments: list[str]) -> bool:
    """Read what follows `tui`; return whether lines of text are wanted. Raises `UserError`."""
    if arguments in ([], ["--plain"]):
        return bool(arguments)
    parser = command_parser("shimmy tui")
    parser.add_argument("--plain", action="store_true")
    return bool(parser.parse_args(arguments).plain)


def no_arguments(command: str, arguments: list[str]) -> None:
    """Raise `UserError` where a command that takes none was given arguments."""
    command_parser(command).parse_args(arguments)


def unknown_command(word: str, missing: UserError, *, own_name: bool) -> UserError:
    """Return the error for a command that is not ours while there is no real binary that might know it.

    `missing` says so. Under our own name it is a slip; as `shimmy` it may well be one of the real binary's.
    """
    what = f"{word!a} is not a command of shimmy-metrics, and {missing.what}"
    remedy = _SEE if own_name else f"Install it (cargo install shimmy) or name it in SHIMMY_BIN. {_SEE}"
    if word in ACTIONS:
        remedy = f"Use shimmy config --metrics {word}"
    return UserError(what, remedy=remedy, code=Exit.USAGE if own_name else missing.code)


def command_parser(command: str) -> "ArgumentParser":
    """Return a parser for what follows `command`; it raises `UserError` for what it cannot read."""
    # Slow to import, and a `serve` that is handed over parses nothing.
    from argparse import ArgumentParser, HelpFormatter

    class Parser(ArgumentParser):
        """Raises `UserError` instead of printing usage."""

        def error(self, message: str) -> NoReturn:
            raise UserError(message, where=self.prog, remedy=_SEE)

    # A given width keeps it from asking the terminal, which loads shutil; it never prints help.
    return Parser(
        command, add_help=False, allow_abbrev=False, formatter_class=lambda prog: HelpFormatter(prog, width=80)
    )
