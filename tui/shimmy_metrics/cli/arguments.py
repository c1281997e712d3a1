"""Read the arguments of our commands, as the list of commands has them. Pure.

Usual forms are matched before this is loaded: argparse and the list of commands take half as long as Python's start.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn

from shimmy_metrics.cli.command import Argument, Command
from shimmy_metrics.cli.command_table import COMMANDS, SERVE
from shimmy_metrics.cli.config_table import ACTIONS, OTHER_WORDS
from shimmy_metrics.errors import UserError
from shimmy_metrics.exit_codes import Exit

if TYPE_CHECKING:
    from argparse import ArgumentParser

_PERHAPS: Final = 0.6
_SURELY: Final = 0.8
"""How alike two words are where one may be meant for the other, and where it surely is: two letters swapped."""


class UpstreamArguments(NamedTuple):
    """`shimmy serve --upstream URL [--bind ADDR]`."""

    url: str
    bind: str = ""


def parsed(command: Command, arguments: list[str]) -> dict[str, Any]:
    """Return the value of each argument by its name, without dashes before it: a text, whether it was given, or None.

    Raises `UserError` for anything that the command does not take.
    """
    parser = _parser(command)
    found, unknown = parser.parse_known_args(arguments)
    if unknown:
        actions = [each.name for each in command.actions]
        slip = unknown[0].partition("=")[0]
        known = [*actions, *(each.name for each in command.arguments if each.option)]
        hint = f"{slip} comes before any option. " if slip in actions else meant(slip, known)
        raise refusal(command, f"unrecognized arguments: {' '.join(unknown)}", hint)
    return vars(found)


def refusal(command: Command, message: str, hint: str = "") -> UserError:
    """Return the error for arguments that a command cannot use. `hint` is what `meant` returns."""
    return UserError(message, where=command.program, remedy=f"{hint}See {command.program} --help")


def first_and_last(command: Command, given: Mapping[str, Any]) -> tuple[date | None, date | None]:
    """Return the days of `--from` and `--to`, None where there is no bound. Raises `UserError`."""
    first, last = (_day(command, option, given[option]) for option in ("from", "to"))
    if first and last and first > last:
        raise refusal(command, f"--from {first} is later than --to {last}")
    return first, last


def _day(command: Command, option: str, text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        message = f"--{option} takes a day such as 2026-11-28, not {text!a}"
        raise refusal(command, message) from None


def meant(word: str, known: Iterable[str]) -> str:
    """Return a question that names the known word most like this one, with a space behind it; empty if none is."""
    like = _like(word, known)
    return f"Did you mean {like}? " if like else ""


def _like(word: str, known: Iterable[str], least: float = _PERHAPS) -> str:
    from difflib import get_close_matches  # only a slip needs it

    return next(iter(get_close_matches(word, list(known), 1, least)), "")


def upstream_arguments(arguments: list[str]) -> UpstreamArguments:
    """Read what follows `serve` where `--upstream` is among it. Raises `UserError`."""
    found = parsed(SERVE, arguments)
    return UpstreamArguments(found["upstream"], found["bind"] or "")


def unknown_command(word: str, missing: UserError, *, own_name: bool) -> UserError:
    """Return the error for a command that is not ours while there is no real binary that might know it.

    `missing` says so. Under our own name it is a slip; as `shimmy` it may well be one of the real binary's.
    """
    what = f"{word!a} is not a command of shimmy-metrics, and {missing.what}"
    both = (*ACTIONS, *COMMANDS.values()) if own_name else (*COMMANDS.values(), *ACTIONS)
    ways = {command.name: command.program for command in both}
    see = "See shimmy-metrics --help"
    remedy = see if own_name else f"Install it (cargo install shimmy) or name it in SHIMMY_BIN. {see}"
    if word in ways:
        remedy = f"Use {ways[word]}"
    else:
        like = OTHER_WORDS.get(word.lower()) or _like(word, ways)
        remedy = f"Did you mean {ways.get(like, f'shimmy-metrics {like}')}? {remedy}" if like else remedy
    return UserError(what, remedy=remedy, code=Exit.USAGE if own_name else missing.code)


def other_word(word: str) -> UserError | None:
    """Return the error for what is surely meant for one of our commands, and names none; None for any other word.

    Under our own name alone: as `shimmy` every word may be the real binary's.
    """
    like = _surely_ours(word)
    remedy = f"Did you mean shimmy-metrics {like}? What the real server understands is said as: shimmy {word}"
    return UserError(_not_ours(word), remedy=remedy) if like else None


def no_such_command(word: str) -> UserError:
    """Return the error for a word on which our help was asked, and that is none of our commands."""
    like = _surely_ours(word)
    see = f"Did you mean shimmy-metrics {like}?" if like else "See shimmy-metrics --help."
    return UserError(_not_ours(word), remedy=f"{see} On the real server's commands: shimmy help {word}")


def _surely_ours(word: str) -> str:
    """Return the command under our own name that is surely meant by a word that is none; empty where none is."""
    own = (name for name, command in COMMANDS.items() if command.under != "shimmy")
    return OTHER_WORDS.get(word.lower()) or _like(word, own, _SURELY)


def _not_ours(word: str) -> str:
    return f"{word!a} is not a command of shimmy-metrics"


def _parser(command: Command) -> "ArgumentParser":
    """Return a parser for what follows a command; it raises `UserError` for what it cannot read."""
    # Slow to import, and a `serve` that is handed over parses nothing.
    from argparse import ArgumentParser, HelpFormatter

    class Parser(ArgumentParser):
        """Raises `UserError` instead of printing usage."""

        def error(self, message: str) -> NoReturn:
            raise refusal(command, message)

    # A given width keeps it from asking the terminal, which loads shutil; it never prints help.
    parser = Parser(
        command.program,
        add_help=False,
        allow_abbrev=False,
        formatter_class=lambda prog: HelpFormatter(prog, width=80),
    )
    add_arguments(parser, command)
    return parser


def add_arguments(parser: "ArgumentParser", command: Command) -> None:
    """Add what a command takes to a parser."""
    alternatives = parser.add_mutually_exclusive_group()
    for argument in command.arguments:
        (alternatives if argument.alternative else parser).add_argument(argument.name, **_details(argument))


def _details(argument: Argument) -> dict[str, Any]:
    """Return what argparse is to know of an argument, beside its name."""
    details: dict[str, Any] = {"help": argument.does}
    if argument.option and not (argument.value or argument.choices):
        return {**details, "action": "store_true"}
    if argument.choices:
        details["choices"] = argument.choices
    if argument.value or not argument.option:
        details["metavar"] = argument.value or argument.shown
    if not (argument.option or argument.required):
        details["nargs"] = "?"
    return details
