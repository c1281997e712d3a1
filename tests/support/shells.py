"""The completions for shells and the man page, from the list of commands: `python -m support.renew commands`."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import shtab

from shimmy_metrics import __version__
from shimmy_metrics.app.keys import Keys
from shimmy_metrics.cli.arguments import add_arguments
from shimmy_metrics.cli.cmd_completion import FILES, FOLDER
from shimmy_metrics.cli.command import Command
from shimmy_metrics.cli.command_help import bracketed
from shimmy_metrics.cli.command_table import COMMANDS
from shimmy_metrics.cli.config_arguments import WORDS
from shimmy_metrics.cli.config_table import CONFIG

MAN_PAGE: Final = Path(__file__).resolve().parents[2] / "tui/shimmy_metrics/cli/shells/shimmy-metrics.1"

EXITS: Final = (
    ("0", "Done."),
    ("1", "The answer is no: validate found something, say, a report was not taken, or you did not agree."),
    (
        "2",
        "Trouble: wrong usage, say, an ID that names nothing, a config, store, output or address that cannot be used, "
        "a recall or operator that got no answer, a no that could not be recorded, or a report that may still be sent.",
    ),
    ("127", "There is no real shimmy binary that can be run."),
    ("130", "Interrupted."),
    ("141", "The reader of the output went away."),
    ("128+n", "Ended by signal n. serve ends as the server did."),
)

VARIABLES: Final = (
    (
        "DO_NOT_TRACK, SHIMMY_METRICS",
        "DO_NOT_TRACK=1 or SHIMMY_METRICS=off switches measuring and sending off in the process that has it, whatever "
        "the config says; demo, recall and operator work all the same.",
    ),
    ("SHIMMY_METRICS_ENDPOINT", "Where reports go instead of to Shimmy's maintainer, once you agreed to it."),
    ("SHIMMY_BIN", "The real binary, if it is not the next shimmy on PATH."),
    ("COLUMNS", "How wide lines of text are, up to 100."),
)

OF_THEIRS: Final = (
    ("~/.config/shimmy/config.json", "Your answer; XDG_CONFIG_HOME is honoured. Deleting it withdraws."),
    ("~/.local/state/shimmy", "The store and its log; XDG_STATE_HOME is honoured. shimmy-metrics files lists them."),
)


def renewed() -> dict[Path, str]:
    """Return every generated file, by where it lies."""
    parser = _parser()
    scripts = {FOLDER / name: shtab.complete(parser, shell) for shell, name in FILES.items()}
    return {**scripts, MAN_PAGE: man_page()}


def _parser() -> argparse.ArgumentParser:
    """Return a parser of the whole command line, as shtab wants it."""
    parser = argparse.ArgumentParser("shimmy-metrics")
    parser.add_argument("--version", action="store_true", help="print the version")
    commands = parser.add_subparsers()
    for command in COMMANDS.values():
        made = commands.add_parser(command.name, help=command.does)
        add_arguments(made, _listed(command))
        if command.actions and command is not CONFIG:
            behind = made.add_subparsers()
            for each in command.actions:
                add_arguments(behind.add_parser(each.name, help=each.does), each)
        for action in made._actions:
            if action.dest == "file":
                action.complete = shtab.FILE  # type: ignore[attr-defined]  # what shtab reads
    return parser


def _listed(command: Command) -> Command:
    """Return the command with the words of the actions as what can follow `--metrics`."""
    if command is not CONFIG:
        return command
    first, *others = command.arguments
    return command._replace(arguments=(first._replace(choices=WORDS), *others))


def man_page() -> str:
    """Return the man page."""
    return "".join(f"{line}\n" for line in _man_page())


def _man_page() -> Iterator[str]:
    yield f'.TH SHIMMY-METRICS 1 "" "shimmy-metrics {__version__}" "Shimmy metrics"'
    yield from (".SH NAME", "shimmy\\-metrics \\- opt-in usage metrics for the Shimmy inference server")
    yield ".SH SYNOPSIS"
    for command in COMMANDS.values():
        yield from (_synopsis(command), ".br")
    yield ".SH DESCRIPTION"
    yield from _paragraph(
        "Measures sessions of Shimmy, a local LLM inference server, and sends reports of counts and coarse facts. It "
        "is off until you say yes, or Only for me, which sends nothing. What would be sent can be seen, field by "
        "field and byte for byte, in the app (shimmy tui) and with these commands."
    )
    yield ".SH COMMANDS"
    for command in COMMANDS.values():
        yield from _command(command)
    for heading, rows in (("EXIT STATUS", EXITS), ("ENVIRONMENT", VARIABLES), ("FILES", OF_THEIRS)):
        yield f".SH {heading}"
        for name, text in rows:
            yield from _entry(name, text)


def _command(command: Command) -> Iterator[str]:
    yield f".SS {_escaped(command.program)}"
    for paragraph in command.about:
        yield from _paragraph(paragraph)
    for action in command.actions:
        yield from _entry(" ".join((action.name, *bracketed(action.arguments))), f"{action.does}.", action)
    for argument in command.arguments:
        if argument.does:
            yield from _entry(argument.shown, f"{argument.does}.")
    if command.app:
        yield from _paragraph(f"In the app: {keys(command)}.")


def keys(command: Command) -> str:
    """Return the keys that do the same in the app: the screen's, then those of what is done there."""
    screen, *on_it = (Keys().of(name) for name in command.app)
    return ", then ".join(filter(None, (screen, " or ".join(on_it))))


def _entry(name: str, text: str, action: Command | None = None) -> Iterator[str]:
    yield from (".TP", f".B {_escaped(name)}", _escaped(f"{text[0].upper()}{text[1:]}"))
    if action is not None and action.app:
        yield _escaped(f"In the app: {keys(action)}.")


def _paragraph(text: str) -> tuple[str, str]:
    return ".PP", _escaped(text)


def _synopsis(command: Command) -> str:
    return " ".join((f"\\fB{_escaped(command.program)}\\fR", *map(_escaped, bracketed(command.arguments))))


def _escaped(text: str) -> str:
    """Return text as roff takes it literally: hyphens that can be typed, no request by accident."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("~", "\\(ti").replace("'", "\\(aq")
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped
