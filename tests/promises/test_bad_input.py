"""Odd words and streams: one clear line that says what, where and what to do, and the exit code of the contract."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from shimmy_metrics.cli.command_table import COMMANDS, OWN
from shimmy_metrics.cli.config_arguments import WORDS
from shimmy_metrics.cli.config_table import ACTIONS
from shimmy_metrics.cli.receive_table import RECEIVE
from shimmy_metrics.receiver.folder import prepared
from shimmy_metrics.store import outbox
from shimmy_metrics.store.database import opened
from support.installed import BIN, LONGEST, Home
from support.one_line import assert_one_line
from support.queue_report import FIRST, queue_report


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": "http://127.0.0.1:9/v1/usage"})


@pytest.mark.parametrize("stream", [">/dev/full", ">&-"])
@pytest.mark.parametrize(
    ("command", "remedy"),
    [
        ("config --metrics disable", "shimmy config --metrics status tells what was done"),
        ("config --metrics=disable", "shimmy config --metrics status tells what was done"),
        ("config --metrics export", "Print it elsewhere"),
        ("config --metrics disable --help", "Print it elsewhere"),
        ("tui --plain", "shimmy config --metrics status tells what was done"),
        ("--help", "Print it elsewhere"),
    ],
)
def test_an_answer_that_cannot_be_written_is_said_and_what_was_asked_is_done(
    home: Home, command: str, remedy: str, stream: str
) -> None:
    home.metrics("enable")
    assert_one_line(_redirected(home, "shimmy", command, stream), "standard output", remedy=remedy)
    consent = json.loads(home.metrics("status", "--json").stdout)["consent"]
    assert consent == ("declined" if "disable" in command and "--help" not in command else "granted")


@pytest.mark.parametrize(
    ("command", "remedy"),
    [
        ("only-me", "shimmy config --metrics status tells what was done"),
        ("forget --yes", "shimmy-metrics files tells what is left"),
        ("help forget", "Print it elsewhere"),
        ("receive deploy nginx", "Print it elsewhere"),
        ("receive week --data data", "Print it elsewhere"),
        ("receive end --data data", "shimmy-metrics receive status, with the same --data, tells what was done"),
        ("receive rotate-key signing --data data", "It was done"),
    ],
)
def test_an_answer_that_cannot_be_written_names_what_tells_of_that_command(
    home: Home, command: str, remedy: str
) -> None:
    home.metrics("enable")
    prepared(home.root / "data")
    assert_one_line(_redirected(home, "shimmy-metrics", command, ">/dev/full"), "standard output", remedy=remedy)


def test_each_command_that_changes_something_names_what_tells_of_it() -> None:
    assert {each.program for each in (*COMMANDS.values(), *ACTIONS, *RECEIVE.actions) if not each.afterwards} == {
        "shimmy config",  # its actions have their own
        "shimmy demo",
        *(f"shimmy config --metrics {action}" for action in ("status", "preview", "export", "validate")),
        *(f"shimmy-metrics {action}" for action in ("status", "preview", "export", "validate")),
        *(f"shimmy-metrics {word}" for word in ("history", "diff", "operator", "fields", "usage", "files")),
        "shimmy-metrics completion",
        "shimmy-metrics receive",  # prints nothing there
        *(f"shimmy-metrics receive {action}" for action in ("deploy", "week", "status", "verify-retention")),
    }


@pytest.mark.parametrize("command", ["validate -", "receive operator - --data data"])
def test_standard_input_that_cannot_be_read_is_named(home: Home, command: str) -> None:
    prepared(home.root / "data")
    assert_one_line(_redirected(home, "shimmy-metrics", command, "0>/dev/null"), "standard input: cannot be read")


def _redirected(home: Home, program: str, command: str, stream: str) -> "subprocess.CompletedProcess[str]":
    """Run a command in the home's folder, one of its streams redirected as a shell does it."""
    return home.run_program(["/bin/sh", "-c", f'"$0" {command} {stream}', str(BIN / program)])


@pytest.mark.parametrize("stream", [">&-", "| true"])
@pytest.mark.parametrize("command", ["disable", "only-me"])
def test_a_withdrawal_deletes_what_waits_also_where_nobody_reads_what_it_says(
    home: Home, command: str, stream: str
) -> None:
    home.metrics("enable")
    queue_report(home, FIRST)
    home.run_program(["/bin/sh", "-c", f'"$0" {command} {stream}', str(BIN / "shimmy-metrics")])
    with opened(home.profile) as db:
        assert outbox.everything(db) == []


def test_closed_streams_and_a_reader_that_went_away_break_nothing(home: Home) -> None:
    for redirected in ("<&- 2>&-", "<&- | head -c 1", "2>/dev/full"):
        ended = subprocess.run(
            ["/bin/sh", "-c", f'"$0" config --metrics preview {redirected}', str(BIN / "shimmy")],
            env=home.environment, capture_output=True, text=True, timeout=LONGEST, check=False,
        )  # fmt: skip
        assert ended.returncode == 0
        assert ended.stdout.startswith("{")
        assert "Error" not in ended.stderr


@pytest.mark.parametrize(
    ("words", "where"),
    [
        (["config"], "shimmy config"),
        (["config", "--metrics"], "shimmy config"),
        (["config", "--metrics", "perhaps"], "shimmy config"),
        (["config", "--metrics", "enable", "--metrics", "disable"], "shimmy config"),
        (["config", "--metrics=enable", "--metrics=disable"], "shimmy config"),
        (["config", "--metrics", "enable", "now"], "shimmy config"),
        (["config", "--metrics", "preview", "--json"], "shimmy config"),
        (["config", "--metrics", "validate", "/nowhere"], "/nowhere"),
        (["config", "--metrics", "validate", "/"], "/"),
        (["config", "--metrics", "validate", ""], "''"),
        (["tui", "now"], "shimmy tui"),
        (["demo", "now"], "shimmy demo"),
        (["serve", "--upstream"], "shimmy serve"),
        (["serve", "--upstream", "nonsense"], "--upstream nonsense"),
        (["serve", "--upstream", "http://a\n:1"], "--upstream http://a\\n:1"),
        (["serve", "--upstream", f"http://{'n' * 64}:1"], "--upstream http://n"),
        (["serve", "--upstream", "http://127.0.0.1:1/v1"], "--upstream http://127.0.0.1:1/v1"),
    ],
)
def test_odd_words_are_one_line_and_decide_nothing(home: Home, words: list[str], where: str) -> None:
    assert_one_line(home.run(*words), where)
    assert list(home.root.iterdir()) == []


@pytest.mark.parametrize(
    ("command", "words", "said"),
    [
        ("shimmy-metrics", ["frobnicate"], "'frobnicate' is not a command of shimmy-metrics"),
        ("shimmy-metrics", ["--ctx", "4096", "frobnicate"], "'frobnicate' is not a command of shimmy-metrics"),
        ("shimmy-metrics", ["--frobnicate"], "unrecognized arguments: --frobnicate"),
        ("shimmy", ["tui", "--frobnicate"], "shimmy tui: unrecognized arguments: --frobnicate"),
        ("shimmy", ["demo", "x"], "shimmy demo: unrecognized arguments: x"),
        ("shimmy", ["config"], f"shimmy config: add --metrics and one of {', '.join(WORDS)}"),
        ("shimmy", ["config", "enable"], f"shimmy config: add --metrics and one of {', '.join(WORDS)}"),
        ("shimmy", ["config", "--metrics"], f"shimmy config: --metrics needs one of {', '.join(WORDS)}"),
        (
            "shimmy",
            ["config", "--metrics", "frob"],
            f"shimmy config: there is no action 'frob', only {', '.join(WORDS)}",
        ),
        ("shimmy", ["config", "--frob"], "shimmy config: unrecognized arguments: --frob"),
    ],
)
def test_a_slip_is_named_and_help_with_it(home: Home, command: str, words: list[str], said: str) -> None:
    ended = home.run(*words, command=command)
    assert_one_line(ended, said.partition(":")[0][:12])
    assert said in ended.stderr
    asked = f"{command} {words[0]}" if words[0] in ("tui", "demo", "config") else "shimmy-metrics"
    assert ended.stderr.endswith(f". See {asked} --help\n")


def test_a_word_that_nobody_knows_is_said_to_be_none_of_ours(home: Home) -> None:
    assert_one_line(home.run("list"), "'list' is not a command of shimmy-metrics, and no real shimmy binary", 127)
    slipped = home.run("list", command="shimmy-metrics")
    assert_one_line(slipped, "'list' is not a command of shimmy-metrics")
    assert slipped.stderr.endswith("See shimmy-metrics --help\n")
    assert home.run("enable").stderr.endswith(". Use shimmy config --metrics enable\n")
    binary = home.root / "real"
    binary.write_text("#!/bin/sh\necho real $1\n")
    binary.chmod(0o755)
    for command in ("shimmy", "shimmy-metrics"):  # where there is one, it is asked
        assert home.having(SHIMMY_BIN=str(binary)).run("list", command=command).stdout == "real list\n"


@pytest.mark.parametrize("word", ["serve", "list"])
def test_a_binary_that_is_none_is_named_with_status_127(home: Home, word: str) -> None:
    (home.root / "text").write_text("no program")
    (home.root / "program").write_text("#!/nowhere\n")
    (home.root / "program").chmod(0o755)
    for named in (
        "/nowhere",
        str(home.root),
        str(home.root / "text"),
        str(BIN / "shimmy"),
        str(BIN / "shimmy-metrics"),
    ):
        assert_one_line(home.having(SHIMMY_BIN=named).run(word), f"SHIMMY_BIN={named}: ", 127)
    program = str(home.root / "program")
    assert_one_line(home.having(SHIMMY_BIN=program).run(word), f"{program}: ", 127)
    ended = home.run(word)
    assert_one_line(ended, "", 127)
    assert "no real shimmy binary was found on PATH" in ended.stderr


@pytest.mark.parametrize(
    ("program", "words", "said"),
    [
        ("shimmy", ["config", "--help"], "shimmy config --metrics ACTION"),
        ("shimmy", ["config", "--metrics", "disable", "-h"], "disable          withdraw, or say no"),
        ("shimmy", ["tui", "-h"], "shimmy tui [--plain]"),
        ("shimmy", ["demo", "--help"], "shimmy demo"),
        *(("shimmy-metrics", [word, "--help"], f"shimmy-metrics {word}") for word in sorted(OWN)),
    ],
)
def test_asking_for_help_about_a_word_is_no_mistake_and_tells_of_that_word(
    home: Home, program: str, words: list[str], said: str
) -> None:
    helped = home.run(*words, command=program)
    assert (helped.returncode, helped.stderr) == (0, "")
    assert said in helped.stdout
    assert helped.stdout.startswith(f"{program} {words[0]}")
    assert not home.profile.config_path.exists()


def test_the_help_of_config_names_every_action_and_no_other(home: Home) -> None:
    told = home.run("config", "--help").stdout
    assert [line.split()[0] for line in told.splitlines() if re.match(r"  [a-z]", line)] == [*WORDS]


def test_the_real_binary_s_help_comes_first_and_ours_behind_it(home: Home) -> None:
    binary = home.root / "real"
    binary.write_text("#!/bin/sh\necho real help\n")
    binary.chmod(0o755)
    helped = home.having(SHIMMY_BIN=str(binary)).run("--help")
    assert helped.stdout.startswith("real help\nMetrics (shimmy-metrics):\n")


def test_a_reader_that_went_away_ends_it_with_141(home: Home) -> None:
    script = f"{BIN / 'shimmy'} tui --plain; echo $? >&3"
    ended = subprocess.run(
        ["/bin/sh", "-c", f"({script}) 3>{home.root}/status | true"],
        env=home.environment, capture_output=True, text=True, timeout=LONGEST, check=False,
    )  # fmt: skip
    assert ended.stderr == ""
    assert (home.root / "status").read_text() == "141\n"
