"""One list of what can be done: both faces do it, every help, hint, completion and the man page comes from it."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from shimmy_metrics.app import keys
from shimmy_metrics.cli.cmd_completion import FILES
from shimmy_metrics.cli.cmd_own import RUN
from shimmy_metrics.cli.command_table import COMMANDS, OWN
from shimmy_metrics.cli.config_table import ACTIONS, SHORT
from support.installed import BIN, Home
from support.one_line import assert_one_line
from support.renew import RENEW, ROOT
from support.shells import MAN_PAGE, renewed
from support.shells import keys as keys_in_the_app

EVERYTHING: Final = (*COMMANDS.values(), *ACTIONS)

OF_THE_OTHER_END: Final = "receive"
"""Its operator's command: whoever decides about metrics has no use for it."""

COMMAND_LINE_ALONE: Final = {
    "tui": "opens the app",
    "demo": "opens the app, in a sandbox",
    "serve": "runs a server, which outlives any screen",
    "config": "is the actions behind it, which have their own rows",
    "completion": "is read by a shell",
    OF_THE_OTHER_END: "runs the other end, on its operator's machine",
}

APP_ALONE: Final = {
    "app.session": "tui --plain prints the running session",
    "app.keys": "--help is the command line's",
    "app.actions": "the shell's completion is the command line's",
    "app.redraw": "a screen can be spoilt, a line cannot",
    "app.theme": "a line of text has no colours of its own",
    "app.back": "between screens",
    "app.suspend": "the shell is there already",
    "app.quit": "a command ends by itself",
    "page.": "moves the mark",
    "report.": "other views of the same bytes; commands are piped and redirected instead",
    "history.save": "history --json --from DATE --to DATE prints the same into any file",
    "history.delete": "delete receipts is the same command as for a report",
    "history.search": "says where the search is; history is piped to grep instead",
    "session.delete": "delete ID is the same command as for a report",
    "fields.search": "fields is piped to grep instead",
    "consent.later": "no command, no answer",
    "consent.wire": "preview prints it",
    "consent.fields": "fields prints them",
    "question.": "answers a question",
    "export.": "a path is the shell's",
}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": "http://127.0.0.1:9/v1/usage"})


def test_nothing_can_be_done_in_one_face_alone_but_what_rightly_is() -> None:
    assert {command.name for command in EVERYTHING if not command.app} == {*COMMAND_LINE_ALONE}
    bound = {*keys._BY_NAME}
    done = {name for command in EVERYTHING for name in command.app}
    assert done <= bound
    assert {name for name in bound - done if not name.startswith(tuple(APP_ALONE))} == set()
    assert [name for name in APP_ALONE if not any(each.startswith(name) for each in bound - done)] == []


def test_each_command_of_the_list_is_one_and_no_other_is() -> None:
    assert {*RUN, OF_THE_OTHER_END} == OWN
    assert len({command.does for command in EVERYTHING}) == len(EVERYTHING)


def test_what_takes_json_prints_one_value_and_what_does_not_is_known(home: Home) -> None:
    takes = {name for name in OWN if any(argument.name == "--json" for argument in COMMANDS[name].arguments)}
    short = {action.name for action in SHORT}
    assert OWN - takes == {"completion", OF_THE_OTHER_END, *(short - {"status"})}
    for name in sorted(
        takes - {"release", "recall", "operator", "hold", "delete", "forget"}
    ):  # these want a report, or change all
        home.metrics("enable")
        asked = home.run(name, "--json", command="shimmy-metrics")
        json.loads(asked.stdout)
        assert asked.returncode == 0, name


def test_the_readme_s_table_names_each_command_beside_its_keys() -> None:
    table = (ROOT / "README.md").read_text(encoding="utf-8").partition("| to | in the app")[2].partition("\n\n")[0]
    rows = [row.strip("|").split("|")[1:] for row in table.splitlines()[2:]]
    for command in (*(COMMANDS[name] for name in OWN - {"completion", "preview", OF_THE_OTHER_END}), *ACTIONS):
        typed = re.compile(rf"(`|shimmy-metrics |--metrics ){command.name}\b")
        beside = [pressed for pressed, commands in rows if typed.search(commands)]
        assert beside, command.name
        keys_of = [f"`{keys.Keys().of(name)}`" for name in command.app]
        assert any(all(key in pressed or "top right" in pressed for key in keys_of) for pressed in beside), command.name


@pytest.mark.parametrize("name", [*COMMANDS])
def test_each_help_is_its_own_and_names_every_argument(home: Home, name: str) -> None:
    command = COMMANDS[name]
    helped = home.run(name, "--help", command="shimmy-metrics" if name in OWN else "shimmy")
    assert helped.returncode == 0
    text = " ".join(helped.stdout.split())
    assert text.startswith(command.program)
    assert all(argument.shown in text for argument in command.arguments)
    assert all(action.does in text for action in command.actions)
    assert all(paragraph in text for paragraph in command.about)
    assert max(map(len, helped.stdout.splitlines())) < 80


def test_the_help_of_all_names_each_command_with_what_it_does(home: Home) -> None:
    text = " ".join(home.run("--help", command="shimmy-metrics").stdout.split())
    assert all(f"{command.name} " in text and command.does in text for command in COMMANDS.values())


@pytest.mark.parametrize(
    ("program", "words", "meant"),
    [
        ("shimmy", ["config", "--metrics", "statsu"], "Did you mean status?"),
        ("shimmy", ["statsu"], "Did you mean shimmy config --metrics status?"),
        ("shimmy", ["off"], "Did you mean shimmy config --metrics disable?"),
        ("shimmy", ["uninstall"], "Did you mean shimmy-metrics forget?"),
        ("shimmy", ["offline"], "Did you mean shimmy-metrics status --help?"),
        ("shimmy-metrics", ["statsu"], "Did you mean shimmy-metrics status?"),
        ("shimmy-metrics", ["withdraw"], "Did you mean shimmy-metrics disable?"),
        ("shimmy-metrics", ["receipts"], "Did you mean shimmy-metrics history?"),
        ("shimmy-metrics", ["realese", "all"], "Did you mean shimmy-metrics release?"),
        ("shimmy-metrics", ["usage", "--jsn"], "Did you mean --json?"),
        ("shimmy", ["files"], "Use shimmy-metrics files"),
        ("shimmy", ["config", "--metrics", "enable", "disable"], "takes one action, not both enable and disable"),
        ("shimmy", ["config", "--metrics", "enable", "now"], "nothing can follow enable, but 'now' does"),
    ],
)
def test_a_slip_gets_a_hint(home: Home, program: str, words: list[str], meant: str) -> None:
    slipped = home.run(*words, command=program)
    assert_one_line(slipped, "", slipped.returncode)
    assert slipped.returncode in (2, 127)
    assert meant in slipped.stderr


def test_under_our_own_name_the_actions_have_short_forms(home: Home) -> None:
    home.metrics("enable")
    for words in (["status"], ["status", "--json"], ["export"], ["preview"], ["validate"], ["validate", "/none"]):
        short, long = home.run(*words, command="shimmy-metrics"), home.metrics(*words)
        assert (short.returncode, short.stdout, short.stderr) == (long.returncode, long.stdout, long.stderr), words
    for word, consent in (("disable", "declined"), ("enable", "granted")):
        assert home.run(word, command="shimmy-metrics").returncode == 0
        assert json.loads(home.metrics("status", "--json").stdout)["consent"] == consent
    slipped = home.run("enable", "now", command="shimmy-metrics")
    assert_one_line(slipped, "shimmy-metrics enable: ")
    assert "unrecognized arguments: now" in slipped.stderr


def test_as_shimmy_they_stay_the_real_binary_s_and_a_hint_is_given_where_one_is_there(home: Home) -> None:
    binary = home.root / "real"
    binary.write_text('#!/bin/sh\necho "real $*"\n')
    binary.chmod(0o755)
    there = home.having(SHIMMY_BIN=str(binary))
    for action in ACTIONS:
        assert there.run(action.name).stdout == f"real {action.name}\n"
    slipped = there.run("histroy", command="shimmy-metrics")
    assert_one_line(slipped, "")
    assert "Did you mean shimmy-metrics history? " in slipped.stderr
    for word in (
        "list",
        "probe",
        "generate",
        "discover",
        "bench",
        "gpu-info",
        "init",
    ):  # as the real binary has them
        assert there.run(word, command="shimmy-metrics").stdout == f"real {word}\n"
    hinted = there.run("withdraw", command="shimmy-metrics")
    assert_one_line(hinted, "")
    assert "Did you mean shimmy-metrics disable?" in hinted.stderr
    assert there.run("withdraw").stdout == "real withdraw\n"


def test_help_as_a_word_is_ours_under_our_own_name_and_the_real_binary_s_as_shimmy(home: Home) -> None:
    binary = home.root / "real"
    binary.write_text('#!/bin/sh\necho "real $*"\n')
    binary.chmod(0o755)
    there = home.having(SHIMMY_BIN=str(binary))
    ours = there.run("--help", command="shimmy-metrics").stdout
    for words in ((), ("help",), ("help", "--help"), ("help", "help")):
        assert there.run(*words, command="shimmy-metrics").stdout == ours, words
    for command in ("usage", "serve", "config", "receive"):
        asked = there.run("help", command, command="shimmy-metrics")
        assert (asked.returncode, asked.stderr) == (0, "")
        assert asked.stdout == there.run(command, "--help", command="shimmy-metrics").stdout
    for word, meant in (("list", "See shimmy-metrics --help"), ("histroy", "Did you mean shimmy-metrics history?")):
        refused = there.run("help", word, command="shimmy-metrics")
        assert_one_line(refused, "")
        assert meant in refused.stderr
        assert f"On the real server's commands: shimmy help {word}" in refused.stderr
    assert there.run("help", "usage").stdout == "real help usage\n"


@pytest.mark.parametrize("words", [["config", "--help"], ["serve", "--upstream", "http://127.0.0.1:1", "--help"]])
def test_the_help_says_what_happens_when_the_receiver_cannot_be_reached(home: Home, words: list[str]) -> None:
    said = " ".join(home.run(*words).stdout.split())
    assert "If the receiver cannot be reached: an attempt takes at most 5 s and delays no server. " in said
    # A report that is held, or that failed when it was released, is not tried again by itself.
    assert "waits here and is tried again with a later session or when you release it. " in said
    assert "After 14 days, or behind 32 newer reports, a session's end deletes it." in said


def test_a_directory_is_no_reason_to_move_it_away(home: Home) -> None:
    refused = home.metrics("validate", "/tmp")
    assert_one_line(refused, "/tmp")
    assert "this is a directory, not a file" in refused.stderr
    assert "Name a file that holds a report" in refused.stderr


@pytest.mark.parametrize(
    ("words", "ours"), [(["--help"], "Metrics (shimmy-metrics):"), (["--version"], "shimmy-metrics "), (
        ["serve", "--help"], "shimmy serve [--upstream URL]"), (["serve", "-h"], "shimmy serve [--upstream URL]")]
)  # fmt: skip
def test_without_a_real_binary_our_part_is_said_and_then_that_it_is_missing(
    home: Home, words: list[str], ours: str
) -> None:
    answered = home.run(*words)
    assert answered.returncode == 0
    assert answered.stdout.startswith(ours)
    assert answered.stderr.startswith("shimmy-metrics: no real shimmy binary was found on PATH. ")


def test_with_one_its_help_of_serve_comes_first(home: Home) -> None:
    binary = home.root / "real"
    binary.write_text('#!/bin/sh\necho "real $*"\nexit 3\n')
    binary.chmod(0o755)
    there = home.having(SHIMMY_BIN=str(binary))
    helped = there.run("--ctx", "9", "serve", "--help")
    assert helped.stdout.startswith("real --ctx 9 serve --help\nshimmy serve [--upstream URL]")
    assert (helped.returncode, helped.stderr) == (3, "")
    assert there.run("--version").stdout == "real --version\n"
    assert there.run("serve", "--upstream", "http://127.0.0.1:1", "--help").stdout.startswith("shimmy serve [--up")


def test_what_is_generated_from_the_list_is_what_the_repository_holds() -> None:
    for path, text in renewed().items():
        assert path.read_text(encoding="utf-8") == text, RENEW


@pytest.mark.parametrize("shell", [*FILES])
def test_completion_prints_the_shell_s_script(home: Home, shell: str) -> None:
    printed = home.run("completion", shell, command="shimmy-metrics")
    assert (printed.returncode, printed.stderr) == (0, "")
    assert all(name in printed.stdout for name in COMMANDS)


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("shimmy-metrics re", {"review", "release", "recall", "receive"}),
        ("shimmy-metrics usage --by ", {"day", "week", "month"}),
        ("shimmy-metrics config --metrics ", {action.name for action in ACTIONS}),
        ("shimmy-metrics forget --", {"--yes", "--json", "--help"}),
    ],
)
def test_bash_completes_what_was_begun(home: Home, typed: str, offered: set[str]) -> None:
    words = typed.split(" ")
    script = (
        'eval "$(shimmy-metrics completion bash)"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); '
        '_shtab_shimmy_metrics; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        ["/bin/bash", "-c", script, "bash", *words],
        env=home.environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert offered <= {*done.stdout.split()}
    assert {word for word in done.stdout.split() if not word.startswith("-")} <= offered


@pytest.mark.skipif(shutil.which("man") is None, reason="there is no man to read the page with")
def test_man_finds_no_fault_in_the_page_and_every_command_is_in_it(tmp_path: Path) -> None:
    done = subprocess.run(
        ["man", "-E", "UTF-8", "-l", "-Tutf8", "--warnings", "-P", "cat", str(MAN_PAGE)],
        env={**os.environ, "MANWIDTH": "200", "MAN_KEEP_FORMATTING": "", "HOME": str(tmp_path)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stderr == ""
    text = " ".join(re.sub(r".\x08|\x1b\[[0-9;]*m", "", done.stdout).split())
    assert all(command.program in text for command in COMMANDS.values())
    assert "In the app: c, then n." in text


def test_two_keys_of_one_screen_are_alternatives_not_one_after_the_other() -> None:
    assert keys_in_the_app(COMMANDS["recall"]) == "3, then z or Z"
    assert keys_in_the_app(COMMANDS["history"]) == "3"


def test_an_installation_has_them_where_shells_and_man_look() -> None:
    shared = BIN.parent / "share"
    for path in ("bash-completion/completions/shimmy-metrics", "man/man1/shimmy-metrics.1"):
        assert (shared / path).is_file()
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert all(f"cli/shells/{name}" in project for name in FILES.values())
