"""PRIVACY.md and SECURITY.md are held against the program: what it reads, what it keeps, which test stops what."""

import ast
import os
import re
import shutil
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from shimmy_metrics import limits
from shimmy_metrics.actions.decide import decline
from shimmy_metrics.actions.files import FileKind
from shimmy_metrics.delivery.request import headers
from shimmy_metrics.records import Outcome
from shimmy_metrics.report.fields import FIELDS
from shimmy_metrics.store import departures
from shimmy_metrics.store.database import opened
from shimmy_metrics.store.tables import TABLES
from shimmy_metrics.wording.files import USES
from support.departed import depart
from support.installed import BIN, LONGEST, Home, wait_until
from support.observed_start import children
from support.queue_report import FIRST, queue_report
from support.servers import free_port, wait_for
from support.stand_in import plain_stand_in

ROOT = Path(__file__).parent.parent
PRIVACY = (ROOT / "PRIVACY.md").read_text(encoding="utf-8")
SECURITY = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
SOURCE = ROOT / "tui/shimmy_metrics"

VARIABLE = re.compile(
    r"(?!O_|SC_)[A-Z][A-Z0-9]*(_[A-Z0-9]+)+|CI|TZ|HOME|PATH|TERM|LANG|APPDATA|LOCALAPPDATA|USERPROFILE|container"
)
"""What a variable's name looks like where it stands in the source; `O_` and `SC_` begin the system's own constants."""

NO_VARIABLES = frozenset(
    {
        "SHIMMY_METRICS_TRIED",  # set and read between two steps of one hand-over, never by a person
        "OF_COMPATIBLE_0",  # a word of sysfs
        "PCI_CLASS",
        "WRONG_VERSION_NUMBER",  # reasons of OpenSSL's
        "HTTP_REQUEST",
        "RECORD_LAYER_FAILURE",
        "PACKET_LENGTH_TOO_LONG",
        "TLSV13_ALERT_CERTIFICATE_REQUIRED",
        "SSLV3_ALERT_BAD_CERTIFICATE",
        "SSLV3_ALERT_HANDSHAKE_FAILURE",
        "HTTP_PROXY",  # passed on to the sender, and read by nobody
    }
)


def _names_in(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and VARIABLE.fullmatch(node.value):
            yield node.value


def test_every_variable_that_the_program_reads_is_told() -> None:
    read = {
        name
        for path in SOURCE.rglob("*.py")
        if "demo" not in path.parts
        for name in _names_in(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert {"DO_NOT_TRACK", "SHIMMY_BIN", "TZ", "XDG_STATE_HOME"} <= read
    said = set(re.findall(r"`([A-Z_a-z]+\*?)`", PRIVACY))
    stems = tuple(each.removesuffix("*") for each in said if each.endswith("*"))
    untold = {name for name in read - NO_VARIABLES if name not in said and not name.startswith(stems)}
    assert untold == set()


def test_every_kind_of_file_is_told() -> None:
    assert set(USES) == set(FileKind)
    for name in ("config.json", ".lock", "metrics.db", "metrics.db-journal", "ballast", "metrics.log", "sender.lock"):
        assert f"`{name}`" in PRIVACY


_COLUMNS: Final = {
    "sessions": {
        "row_id": "numbers of rows", "report_id": "its random id and that of your answer",
        "consent_id": "its random id and that of your answer", "endpoint": "the receiver",
        "local": "sessions measured only for you",
        "server": "the server's name", "version": "version", "address": "address (of one that others",
        "switch": "its shell's switch", "client_hint": "surroundings (the words of `integration_type`)",
        "started": "when it began", "updated": "was last saved", "ended": "last saved", "counters": "counters: sums",
    },
    "departures": {
        "row_id": "numbers of rows", "form": "an older version", "begin_place": "the chain is in it",
        "begin_link": "the chain is in it", "end_place": "the chain is in it", "end_link": "the chain is in it",
        "begun": "with its time", "ended": "with its time", "since": "with its time", "attempts": "with their number",
        "endpoint": "receiver", "sha256": "digest", "length": "length", "outcome": "outcome", "status": "outcome",
        "failure": "outcome", "taken": "how many reports were taken", "reports": "the ids of its reports",
        "report_ids": "the ids of its reports", "by_hand": "whether you released it", "body": "the bytes of what",
        "kind": "each attempt to send and each recall",
    },
    "outbox": {
        "row_id": "numbers of rows", "report_id": "reports that wait: the bytes", "body": "wait: the bytes",
        "sha256": "the bytes and digest", "sealed": "when they were made", "state": "whether they are held",
        "measured": "what was measured beside what they say", "consent_id": "under which answer",
        "endpoint": "for which receiver", "cause": "what a receiver that refused them said",
        "detail": "what a receiver that refused them said",
    },
    "notes": {
        "place": "the chain is in it", "form": "an older version", "at": "with the time and how many",
        "kind": "notes: that reports were dropped or deleted", "number": "with the time and how many",
        "taken": "how many reports were taken", "link": "the chain is in it",
    },
    "days": {
        "day": "summed by the local day", "requests": "your own figures: requests", "errors": "errors",
        "tokens": "tokens generated", "tokens_in": "tokens of prompts",
    },
    "latest": {"row_id": "numbers of rows", "at": "was last saved", "changes": "counters: sums"},
}  # fmt: skip
"""The words by which each column of the store's tables is told; `meta` is told by its names."""


def test_each_column_of_the_store_is_told() -> None:
    said = " ".join(PRIVACY.split())
    db = sqlite3.connect(":memory:")
    db.executescript(TABLES)
    tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    assert {name for (name,) in db.execute(tables)} == {*_COLUMNS, "meta"}
    for table, told in _COLUMNS.items():
        assert {row[1] for row in db.execute(f"PRAGMA table_info({table})")} == set(told)
        assert [words for words in told.values() if words not in said] == []


def test_what_is_kept_of_a_session_stays_with_what_is_kept_of_its_report() -> None:
    said = " ".join(PRIVACY.split())
    assert "the same, with when it ended, of a session whose report is waiting | the report is sent or deleted" in said
    assert "the same of sessions measured only for you | the newest" in said


def test_the_ids_of_what_left_go_with_the_receipts_once_its_reports_are_gone(tmp_path: Path) -> None:
    said = " ".join(PRIVACY.split())
    assert "of which `3` `d` leaves those that still wait or are kept for you" in said
    assert (
        "After a no and then `3` `d` what remains in the store is: the departures without their bytes and report ids"
        in said
    )
    home = Home(tmp_path)
    home.agree()
    with opened(home.profile) as db:
        depart(db, queue_report(home), outcome=Outcome.NO_ANSWER)

    def left() -> tuple[str, ...]:
        assert home.run("delete", "receipts", "--yes", command="shimmy-metrics").returncode == 0
        with opened(home.profile) as db:
            (departure,) = departures.everything(db)
        return departure.report_ids

    assert left() == (FIRST,)
    decline(home.profile)
    assert left() == ()


OTHERS_READ: Final = frozenset(
    {
        "/proc/self/cgroup",  # told as cgroups
        "/proc/device-tree/compatible",  # told as the device tree's
        "/proc/self/fd",  # whether the system lets it be read at all
        "/proc/self/stat",  # the event loop's own
        "/proc/version_signature",
        "/proc/stat",
    }
)


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_what_a_measured_start_reads_of_the_system_is_told(tmp_path: Path) -> None:
    home = Home(tmp_path, {"SHIMMY_BIN": str(plain_stand_in(tmp_path))})
    home.agree()
    port, trace = free_port(), tmp_path / "trace"
    words = ["strace", "-f", "-qq", "--seccomp-bpf", "-e", "trace=openat", "-o", str(trace)]
    with home.started_program([*words, str(BIN / "shimmy"), "serve", "--bind", f"127.0.0.1:{port}"]) as process:
        wait_for(port, process)
        assert wait_until(lambda: "/statm" in trace.read_text())
        (ours,) = children(process.pid)
        os.kill(ours, signal.SIGTERM)
        process.wait(LONGEST)
    read = {re.sub(r"/\d+(?=/|$)", "/PID", each) for each in re.findall(r'"(/proc/[^"]*)"', trace.read_text())}
    assert {each for each in read if f"`{each}`" not in PRIVACY} <= OTHERS_READ


PATH: Final = re.compile(r"/?(?:proc|sys|dev|etc|run|usr)(?:/[\w.-]+)+|/\.\w+")
"""What a path of the system's looks like where it stands in the source, with or without its first slash."""

TOLD_AS: Final = {
    "sys/class/drm": "PCI and DRM in `/sys`", "sys/bus/pci/devices": "PCI and DRM in `/sys`",
    "dev/dxg": "which nodes of theirs `/dev` has", "proc/device-tree/compatible": "device tree's `compatible`",
    "sys/fs/cgroup": "cgroups", "proc/self/cgroup": "cgroups",
    "proc/net/fib_trie": "network addresses (Linux)", "proc/net/if_inet6": "network addresses (Linux)",
    "sys/class/net": "network addresses (Linux)",
    "etc/localtime": "the time zone setting", "etc/timezone": "the time zone setting",
    "usr/share/zoneinfo": "the time zone setting", "usr/share/zoneinfo/localtime": "the time zone setting",
    "proc/self/environ": "Environment variables that are read", "proc/self/stat": "Python", "proc/self/fd": "Python",
}  # fmt: skip
"""The words by which a path is told where it does not stand itself."""


def test_each_path_of_the_system_that_the_source_names_is_told() -> None:
    said = " ".join(PRIVACY.split())
    named = {
        node.value.removeprefix("/")
        for path in SOURCE.rglob("*.py")
        if not {"demo", "receiver"} & {*path.parts}
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and PATH.fullmatch(node.value)
    }
    assert {"proc/meminfo", ".dockerenv", "proc/locks"} <= named
    assert {each for each in named if f"`/{each}`" not in said and TOLD_AS.get(each, "nowhere") not in said} == set()


def test_the_numbers_are_those_in_force() -> None:
    said = " ".join(PRIVACY.split())
    for sentence in (
        f"under {limits.REPORT_BYTES + 1:,} bytes",
        f"the newest {limits.LOCAL_SESSIONS};",
        f"sums, also of its last {limits.SESSION_DAYS} days, never single requests",
        f"one row a day; in no report | {limits.USAGE_DAYS} days up to the newest one;",
        f"those that are {limits.OUTBOX_DAYS} days old, or pushed out by {limits.OUTBOX_REPORTS}",
        f"the newest {limits.DEPARTURES_KEPT:,}",
        f"{limits.LOG_BYTES // 1024} KiB, the older half goes first",
        f"of an answer at most {limits.KEPT_BYTES // 1024} KiB wait for its end",
    ):
        assert sentence in said, sentence


def test_the_headers_are_those_that_are_sent() -> None:
    for name, _ in headers("https://x/", 1):
        assert name in PRIVACY
    assert len(headers("https://x/", 1)) == 7
    assert "seven headers" in " ".join(PRIVACY.split())


def test_fields_that_it_speaks_of_exist() -> None:
    names = {field.name for field in FIELDS}
    assert {"session_id", "region_indicator", "integration_type"} <= names
    for name in re.findall(r"`([a-z]+_[a-z_]+)`", PRIVACY):
        assert name in names, name


def test_each_stop_names_a_test_that_is_there() -> None:
    rows = [line for line in SECURITY.splitlines() if line.startswith("|") and line.rstrip().endswith("` |")]
    assert len(rows) > 12
    for row in rows:
        for name in re.findall(r"`([a-z_/]+\.py)`", row.rsplit("|", 2)[1]):
            assert (ROOT / "tests" / name).is_file(), name


def test_commands_that_it_gives_are_ours() -> None:
    for words in re.findall(r"`(shimmy(?:-metrics)? [^`]+)`", PRIVACY + SECURITY):
        assert re.fullmatch(
            r"shimmy config --metrics (preview|validate|export|disable)|shimmy serve|"
            r"shimmy-metrics (files|forget|receive|receive deploy nginx)",
            words,
        ), words
