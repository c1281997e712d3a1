"""What `--help` prints: all commands, or one command alone. Pure.

Everything comes from the list of commands.
"""

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from shimmy_metrics.cli.command import Argument, Command
from shimmy_metrics.cli.command_table import COMMANDS, OWN
from shimmy_metrics.cli.config_table import CONFIG
from shimmy_metrics.wording.receiver import WITHOUT_NETWORK

_HEAD: Final = "Metrics (shimmy-metrics):"
_OWN_HEAD: Final = "As shimmy-metrics alone:"
_OFF: Final = (
    "Off until you say yes or Only for me. DO_NOT_TRACK=1 or SHIMMY_METRICS=off switches it off in the process that "
    "has it, whatever the config says."
)
_EACH: Final = "Each tells more of itself, and whether --json has it print JSON: shimmy-metrics COMMAND --help."
_HARD_SPACE: Final = "\N{NO-BREAK SPACE}"
_WIDE: Final = 60
"""From this width on there is room to align the arguments of a command behind its name."""
_NAMES: Final = 31
"""Columns for a command in the list of all."""
_OPTIONS: Final = 15
"""Columns for an argument in a command's own help."""


def shared_help(columns: int) -> str:
    """Return what stands below the real binary's help: the commands that both programs have."""
    lines = [_HEAD]
    for command in COMMANDS.values():
        if command.name in OWN:
            continue
        lines += _entry(f"shimmy {usage(command)}", command.does, _NAMES, columns)
        for action in command.actions:
            brief = action.does.partition(";")[0].partition(":")[0]
            lines += _entry(f"  {usage(action)}", brief, _NAMES, columns)
    return _text([*lines, *_wrapped(_OFF, columns)])


def own_help(columns: int) -> str:
    """Return what `shimmy-metrics --help` adds: the commands of that name alone, without their options."""
    lines = [_OWN_HEAD]
    for command in COMMANDS.values():
        if command.name in OWN:
            positional = command._replace(arguments=tuple(each for each in command.arguments if not each.option))
            lines += _entry(usage(positional), command.does, _NAMES, columns)
    return _text([*lines, *_wrapped(f"{_EACH} {WITHOUT_NETWORK}", columns)])


def command_help(command: Command, columns: int) -> str:
    """Return a command's own help: how it is called, what it does, what it takes."""
    lines = synopsis(command, columns)
    if command.actions:
        lines.append("")
    for action in command.actions:
        lines += _entry(usage(action), action.does, _OPTIONS, columns)
    for paragraph in command.about:
        lines += ["", *_wrapped(paragraph, columns)]
    explained = [argument for argument in command.arguments if argument.does]
    if explained:
        lines.append("")
    for argument in explained:
        lines += _entry(argument.shown, argument.does, _OPTIONS, columns)
    return _text(lines)


def synopsis(command: Command, columns: int) -> list[str]:
    """Return how a command is called, in lines that break between its arguments."""
    called = " ".join((command.program, *(each.replace(" ", _HARD_SPACE) for each in bracketed(command.arguments))))
    indent = " " * (len(command.program) + 1 if columns >= _WIDE else 4)
    return [line.replace(_HARD_SPACE, " ") for line in _wrapped(called, columns, behind=indent)]


def usage(command: Command) -> str:
    """Return a command's name, and what it takes, as they are typed."""
    return " ".join((command.name, *bracketed(command.arguments[:1] if command is CONFIG else command.arguments)))


def bracketed(arguments: Sequence[Argument]) -> Iterator[str]:
    """Yield each argument as a line of usage has it; what can be left out stands in brackets."""
    alternatives = [argument.shown for argument in arguments if argument.alternative]
    for argument in arguments:
        if argument.required:
            yield argument.shown
        elif not argument.alternative:
            yield f"[{argument.shown}]"
        elif argument.shown == alternatives[0]:
            yield f"[{'|'.join(alternatives)}]"


def _entry(name: str, does: str, room: int, columns: int) -> list[str]:
    """Return a name with what it does beside it, or below it if there is no room."""
    head = f"  {name}"
    indent = " " * (room + 4 if columns >= 2 * (room + 4) else 6)
    if len(head) > len(indent) - 2:
        return [*_wrapped(head, columns, behind="      "), *_wrapped(does, columns, before=indent, behind=indent)]
    return _wrapped(does, columns, before=f"{head:<{len(indent)}}", behind=indent)


def _wrapped(text: str, columns: int, *, before: str = "", behind: str = "") -> list[str]:
    """Return text in lines that break between words; `before` begins the first line, `behind` each further one."""
    return textwrap.wrap(
        text,
        columns,
        initial_indent=before,
        subsequent_indent=behind,
        break_on_hyphens=False,
        break_long_words=False,
    )


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
