"""Words that people tried and that name no command: our own hint answers, not the real server's error."""

from pathlib import Path

import pytest

from shimmy_metrics.cli.command_table import COMMANDS, OWN
from shimmy_metrics.cli.config_table import OTHER_WORDS
from shimmy_metrics.wording.receiver import UNREACHABLE, WITHOUT_NETWORK
from support.installed import Home
from support.one_line import assert_one_line
from support.own_commands import own


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_every_word_that_people_tried_leads_to_a_command_of_ours_and_is_none_of_the_real_binary_s() -> None:
    tried = {"off", "stop", "opt-out", "no", "out", "local", "sent", "log", "wipe", "purge", "offline", "week"}
    assert tried <= {*OTHER_WORDS}
    assert {command.split()[0] for command in OTHER_WORDS.values()} <= OWN
    assert {*OTHER_WORDS}.isdisjoint({*COMMANDS, "list", "probe", "generate", "discover", "bench", "gpu-info", "init"})


@pytest.mark.parametrize(("word", "command"), [("off", "disable"), ("Stop", "disable"), ("offline", "status --help")])
def test_with_the_real_binary_there_such_a_word_gets_our_hint_and_as_shimmy_it_is_passed_on(
    home: Home, word: str, command: str
) -> None:
    binary = home.root / "real"
    binary.write_text('#!/bin/sh\necho "real $*"\n')
    binary.chmod(0o755)
    there = home.having(SHIMMY_BIN=str(binary))
    hinted = there.run(word, command="shimmy-metrics")
    assert_one_line(hinted, "")
    assert f"Did you mean shimmy-metrics {command}? " in hinted.stderr
    assert there.run(word).stdout == f"real {word}\n"


def test_delete_all_names_what_deletes_all(home: Home) -> None:
    refused = home.run("delete", "all", command="shimmy-metrics")
    assert_one_line(refused, "shimmy-metrics delete")
    assert "takes one report or session, or receipts. shimmy-metrics forget" in refused.stderr


@pytest.mark.parametrize("command", ["", "enable", "review", "automatic", "release"])
def test_what_happens_without_a_network_is_pointed_to_and_stands_there(home: Home, command: str) -> None:
    told = " ".join(own(home, *command.split(), "--help").stdout.split())
    assert WITHOUT_NETWORK in told
    pointed = WITHOUT_NETWORK.removesuffix(".").partition(": ")[2].removeprefix("shimmy-metrics ")
    assert UNREACHABLE in " ".join(own(home, *pointed.split()).stdout.split())


def test_the_help_of_export_says_what_is_in_it_and_who_may_read_it(home: Home) -> None:
    told = " ".join(own(home, "export", "--help").stdout.split())
    assert "receipts with the ids by which they can be recalled, your own figures and the log" in told
    assert "umask 077" in told
