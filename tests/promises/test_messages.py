"""Each message that tells a person of trouble can be provoked, and the remedy that it names ends the trouble.

`MESSAGES` is the table: what brings the message about, what it says, and what following its remedy means.
"""

import ast
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

import pytest

import shimmy_metrics
from support.installed import Home
from support.one_line import assert_trouble_line
from support.queue_report import FIRST
from support.receiver import Receiver
from support.troubles import (
    NOWHERE,
    another_s,
    as_newer_programs_do,
    config,
    enabled,
    fifo,
    given,
    held,
    held_and_damaged,
    held_anew,
    held_too_long,
    move_store_away,
    name_a_file,
    newer,
    program,
    store,
    with_variables,
)


class Message(NamedTuple):
    """What is said (a regular expression), the command that meets with it, what makes the trouble and what ends it."""

    said: str
    command: tuple[str, ...]
    make: Callable[[Home], Home | None]
    follow: Callable[[Home], Home | None]
    program: str = "shimmy"
    code: int = 2


STATUS: Final = ("config", "--metrics", "status")
PREVIEW: Final = ("config", "--metrics", "preview")
VALIDATE: Final = ("config", "--metrics", "validate", "given")


_REAL: Final = program("#!/bin/sh\nexit 0\n")

MESSAGES: Final[dict[str, Message]] = {
    "a config that is no JSON": Message(
        r"config\.json:1: no valid JSON: .*correct", STATUS, config('{"metrics": tru'), config("{}")
    ),
    "a config that is no object": Message(
        r"config\.json:1: no JSON object\. .*correct", STATUS, config("[]"), config("{}")
    ),
    "a config that is not UTF-8": Message(
        r"config\.json:1: no valid JSON: bytes that are not UTF-8",
        STATUS,
        config(b'{"\xff": 1}'),
        config("{}"),
    ),
    "metrics that are no object": Message(
        r'config\.json:1: "metrics" is no object\. .*correct', STATUS, config('{"metrics": 1}'), config("{}")
    ),
    "an answer that is none": Message(
        r'config\.json:1: "enabled" is neither true nor false\. .*correct',
        STATUS,
        config('{"metrics": {"enabled": "yes"}}'),
        config('{"metrics": {"enabled": true}}'),
    ),
    "a key that stands twice": Message(
        r'the key "enabled" stands there twice\. .*correct',
        STATUS,
        config('{"metrics": {"enabled": true, "enabled": false}}'),
        config('{"metrics": {"enabled": false}}'),
    ),
    "an endpoint that is not https": Message(
        r"SHIMMY_METRICS_ENDPOINT: the endpoint is not https\. Give an https address, such as",
        STATUS,
        with_variables(SHIMMY_METRICS_ENDPOINT="http://metrics.example.org/"),
        with_variables(SHIMMY_METRICS_ENDPOINT="https://metrics.example.org/v1/usage"),
    ),
    "an endpoint that is no address": Message(
        r"the endpoint is no address\. Give an https address",
        STATUS,
        with_variables(SHIMMY_METRICS_ENDPOINT="metrics"),
        with_variables(SHIMMY_METRICS_ENDPOINT="https://metrics.example.org/v1/usage"),
    ),
    "an endpoint with a password": Message(
        r"the endpoint holds more than an address\. Give an https address",
        STATUS,
        with_variables(SHIMMY_METRICS_ENDPOINT="https://a:b@metrics.example.org/"),
        with_variables(SHIMMY_METRICS_ENDPOINT="https://metrics.example.org/v1/usage"),
    ),
    "a store that is no database": Message(
        r"metrics\.db: is no database\. Move it away; a new one is made at the latest when a server is measured",
        PREVIEW,
        store(lambda path: path.write_bytes(b"no database" * 400)),
        move_store_away,
    ),
    "another program's database": Message(
        r"metrics\.db: is another program's database\. Move it away",
        PREVIEW,
        store(another_s),
        move_store_away,
    ),
    "a FIFO for a store": Message(
        r"metrics\.db: is no regular file\. Nothing is sent from here; move it away",
        PREVIEW,
        store(fifo),
        move_store_away,
    ),
    "a newer program's store": Message(
        r"metrics\.db: is from a newer version of shimmy-metrics\. Use that newer program",
        PREVIEW,
        store(newer),
        as_newer_programs_do,
    ),
    "validate: a folder": Message(
        r"given: this is a directory, not a file\. Name a file", VALIDATE, given(Path.mkdir), name_a_file
    ),
    "validate: a FIFO": Message(
        r"given: this is no regular file\. Name a file", VALIDATE, given(os.mkfifo), name_a_file
    ),
    "validate: too large a file": Message(
        r"given: larger than 16,777,216 bytes\. Name a file",
        VALIDATE,
        given(lambda path: path.write_bytes(b" " * 17_000_000)),
        name_a_file,
    ),
    "validate: no such file": Message(
        r"given: there is no such file\. Name a file", VALIDATE, lambda _: None, name_a_file
    ),
    "a SHIMMY_BIN that cannot be run": Message(
        r"SHIMMY_BIN=/nowhere: this is no Shimmy that can be run\. Name the real binary there, or unset it",
        ("list",),
        with_variables(SHIMMY_BIN="/nowhere"),
        _REAL,
        code=127,
    ),
    "no real binary": Message(
        r"'list' is not a command of shimmy-metrics, and no real shimmy binary was found on PATH\. .*in SHIMMY_BIN",
        ("list",),
        lambda _: None,
        _REAL,
        code=127,
    ),
    "no real binary to serve with": Message(
        r"no real shimmy binary was found on PATH\. .*name it in SHIMMY_BIN",
        ("serve",),
        lambda _: None,
        _REAL,
        code=127,
    ),
    "a binary of another kind": Message(
        r"program: cannot be run: exec format error\. SHIMMY_BIN names it; name the real Shimmy in SHIMMY_BIN",
        ("list",),
        program("\x7fELF nothing"),
        _REAL,
        code=127,
    ),
    "a binary of another kind to serve with": Message(
        r"program: cannot be run: exec format error\. SHIMMY_BIN names it; name the real Shimmy in SHIMMY_BIN",
        ("serve",),
        program("\x7fELF nothing"),
        _REAL,
        code=127,
    ),
    "a release without anything to release": Message(
        r"no report is due or held\. shimmy config --metrics export shows everything that is waiting",
        ("release", "all"),
        enabled,
        held,
        program="shimmy-metrics",
    ),
    "a release for another receiver": Message(
        r"nothing is sent from here: you agreed to http://127\.0\.0\.1:9/v1/usage, and .* in force in this shell\. "
        "Enable again to agree to it",
        ("release", "all"),
        lambda home: held(home.having(SHIMMY_METRICS_ENDPOINT=NOWHERE)),
        enabled,
        program="shimmy-metrics",
    ),
    "a release of what has waited too long": Message(
        r"this report has waited 14 days and is no longer sent\. It is deleted when the next session ends",
        ("release", FIRST),
        held_too_long,
        held_anew,
        program="shimmy-metrics",
    ),
    "a look at what has waited too long": Message(
        r"this report has waited 14 days and is no longer sent\. It is deleted when the next session ends",
        ("preview", FIRST),
        held_too_long,
        held_anew,
        program="shimmy-metrics",
    ),
    "a release of damaged bytes": Message(
        r"this report does not fit today's fields\. It is kept for you to look at",
        ("release", FIRST),
        held_and_damaged,
        held_anew,
        program="shimmy-metrics",
    ),
}
"""The trouble of a release is over once the report leaves: the receiver of the test takes it then."""


@pytest.mark.parametrize("which", MESSAGES)
def test_a_message_is_provoked_and_its_remedy_ends_the_trouble(tmp_path: Path, which: str) -> None:
    message = MESSAGES[which]
    with Receiver(tmp_path) as receiver:
        releases = message.command[0] == "release"
        root = tmp_path / "home"
        root.mkdir()
        home = Home(root, receiver.variables if releases else {"SHIMMY_METRICS_ENDPOINT": NOWHERE})
        home = message.make(home) or home
        told = home.run(*message.command, command=message.program)
        assert_trouble_line(told, "", message.code)
        assert re.search(message.said, told.stderr), told.stderr
        home = message.follow(home) or home
        after = home.run(*message.command, command=message.program)
        assert after.returncode == 0, (after.stdout, after.stderr)
        assert not re.search(message.said, after.stderr)
        assert "shimmy-metrics: " not in after.stderr


ROOMS: Final = ("cli", "demo", "actions/outbox.py", "actions/recall.py", "serve/upstream.py", "system/handover.py")
SOURCE: Final = Path(shimmy_metrics.__file__).parent


def _messages() -> Iterator[tuple[str, str]]:
    """Yield where each line of trouble is made in these rooms, and its longest fixed part."""
    for room in ROOMS:
        place = SOURCE / room
        for file in [place] if place.is_file() else sorted(place.rglob("*.py")):
            for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "UserError" and call.args:
                    fixed = [
                        part.value
                        for part in ast.walk(call.args[0])
                        if isinstance(part, ast.Constant) and isinstance(part.value, str)
                    ]
                    yield f"{file.name}:{call.lineno}", max(fixed, key=len, default="").strip(" :(.,")


def test_each_line_of_trouble_of_the_commands_stands_in_a_test() -> None:
    tests = Path(__file__).parent.parent
    written = "".join(file.read_text(encoding="utf-8") for file in tests.rglob("test_*.py")).replace("\\", "")
    found = list(_messages())
    assert len(found) > 15
    assert [(where, said) for where, said in found if said not in written] == []
