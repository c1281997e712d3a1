"""The help is laid out for any width, and loses no word."""

import pytest

from shimmy_metrics.cli.command_help import command_help, own_help, shared_help
from shimmy_metrics.cli.command_table import COMMANDS, OWN
from shimmy_metrics.cli.config_arguments import WORDS
from shimmy_metrics.cli.config_table import ACTIONS

WIDTHS = (40, 60, 79, 99)


@pytest.mark.parametrize("columns", WIDTHS)
@pytest.mark.parametrize("name", [*COMMANDS])
def test_a_command_s_help_fits_and_is_whole(name: str, columns: int) -> None:
    command = COMMANDS[name]
    text = command_help(command, columns)
    assert all(len(line) <= columns or len(line.split()) == 1 for line in text.splitlines())
    words = " ".join(text.split())
    assert all(paragraph in words for paragraph in command.about)
    assert all(argument.does in words for argument in command.arguments)


@pytest.mark.parametrize("columns", WIDTHS)
def test_the_list_of_all_is_whole(columns: int) -> None:
    shared, own = (" ".join(text(columns).split()) for text in (shared_help, own_help))
    for command in COMMANDS.values():
        assert (command.name in OWN) == (command.does in own)
        assert (command.name not in OWN) == (command.does in shared)
    assert all(f" {action.name} " in shared for action in ACTIONS)


def test_the_words_that_are_read_without_the_list_are_those_of_the_list() -> None:
    assert tuple(action.name for action in ACTIONS) == WORDS
