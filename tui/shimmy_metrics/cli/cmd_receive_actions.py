"""What can follow `shimmy-metrics receive`: looking at what a receiver holds, and its operator's acts.

Each is a function of its arguments that returns the exit code. They work beside a running receiver.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shimmy_metrics.cli.receive_extra import require_extra
from shimmy_metrics.errors import UserError, reason_of
from shimmy_metrics.exit_codes import Exit
from shimmy_metrics.receiver.folder import Folder, check_owner, is_a_receiver_s, prepared
from shimmy_metrics.system.text_output import print_line

if TYPE_CHECKING:
    from shimmy_metrics.receiver.stores import OwnStore

Arguments = Mapping[str, Any]


def week(given: Arguments, data: Path) -> int:
    """Print the aggregate of the week that `--week` names, else of the newest that is over and has something."""
    from shimmy_metrics.receiver.week_file import newest_week, read_week
    from shimmy_metrics.receiver.week_report import csv_text, json_text, lines

    folder = _existing(data)
    today = _now().date()
    with _opened(folder) as store:
        monday = _monday(given["week"]) if given["week"] else newest_week(store, folder, today)
        aggregate = read_week(store, folder, monday)
    if given["json"]:
        sys.stdout.write(json_text(aggregate, today))
    elif given["csv"]:
        sys.stdout.write(csv_text(aggregate))
    else:
        for line in lines(aggregate, today):
            print_line(line)
    return Exit.DONE


def status(given: Arguments, data: Path) -> int:
    """Print what is held and what was refused; 1 where something needs the operator."""
    from shimmy_metrics.receiver.status import as_json, lines
    from shimmy_metrics.receiver.status import status as status_of

    folder = _existing(data)
    with _opened(folder) as store:
        state = status_of(store, folder, _now())
    if given["json"]:
        sys.stdout.write(json.dumps(as_json(state), indent=2) + "\n")
    else:
        for line in lines(state):
            print_line(line)
    return Exit.NO if state.troubles else Exit.DONE


def retain(given: Arguments, data: Path) -> int:
    """Drop what is old enough, and say which days went; 1 where one could not."""
    del given
    from shimmy_metrics.receiver.retain import retain as retain_now

    require_extra()
    folder = _existing(data)
    with _opened(folder) as store:
        done = retain_now(store, folder, _now())
    for day in done.dropped:
        print_line(f"Dropped: what arrived on {day}.")
    for line in done.failed:
        print_line(f"Needs you: {line}.")
    if not done.dropped and not done.failed:
        print_line("Nothing is old enough to be dropped.")
    return Exit.NO if done.failed else Exit.DONE


def verify_retention(given: Arguments, data: Path) -> int:
    """Check that what was dropped is in no file, that nothing is too old, and the log's signatures; 1 where not."""
    del given
    from shimmy_metrics.receiver.retain import verify

    require_extra()
    folder = _existing(data)
    with _opened(folder) as store:
        found = verify(store, folder, _now())
    for line in found:
        print_line(f"{line}.")
    if not found:
        print_line("It holds: no day is too old, no file has a dropped day's mark, every line of the log is signed.")
    return Exit.NO if found else Exit.DONE


def deliver(given: Arguments, data: Path) -> int:
    """Deliver everything that waits to the cluster; 1 where something could not be."""
    del given
    from shimmy_metrics.receiver.store import StoreError
    from shimmy_metrics.receiver.stores import drain_of

    folder = _existing(data)
    drain = drain_of(folder)
    if drain is None:
        print_line("This folder has no cluster behind it: its reports stay here.")
        return Exit.DONE
    try:
        drain.run(_now(), everything=True)
    except StoreError as error:
        print_line(f"Not done: {error}.")
        return Exit.NO
    print_line("Delivered: no report waits here.")
    return Exit.DONE


def end(given: Arguments, data: Path) -> int:
    """End the programme, or take that back."""
    from shimmy_metrics.receiver import programme

    folder = _existing(data)
    if given["undo"]:
        programme.take_back_end(folder)
        print_line("A running receiver takes reports again. Who was told of the end sends again after agreeing anew.")
    else:
        programme.end(folder)
        print_line(
            "The programme has ended: every sender that reaches the receiver is told, and stops until its person "
            "agrees anew."
        )
    return Exit.DONE


def rotate_key(given: Arguments, data: Path) -> int:
    """Make a new key of the named kind. A receiver that runs takes it at its next start."""
    from shimmy_metrics.receiver.keys import rotate_hashing, rotate_signing

    require_extra()
    folder = _existing(data)
    if given["kind"] == "hashing":
        rotated = rotate_hashing(folder)
        kept = " The old one stays for 16 days from then." if rotated.kept else ""
        lost = " No recall is confirmed for 16 days from then: what arrived may stand under a lost one."
        print_line(f"Restart the receiver: it hashes ids with a new key then.{kept}{lost if rotated.lost else ''}")
    else:
        rotate_signing(folder, _now())
        print_line("The log is signed with a new key from now on, whose public half stands in retention.pub.")
    return Exit.DONE


def operator(given: Arguments, data: Path) -> int:
    """Publish a text about the operator, from a file or standard input."""
    from shimmy_metrics.receiver.programme import publish_text

    folder = _existing(data)
    where = "standard input" if given["file"] == "-" else given["file"]
    try:
        text = sys.stdin.read() if given["file"] == "-" else Path(given["file"]).read_text(encoding="utf-8")
    except OSError as error:
        what = f"cannot be read: {reason_of(error)}"
        raise UserError(what, where=where, remedy="Name a text file, or - for standard input") from None
    except UnicodeDecodeError:
        raise UserError("is no UTF-8 text", where=where, remedy="Save it as UTF-8") from None
    publish_text(folder, text)
    print_line("Published: senders can read it, by name, before they agree; from a running receiver within a second.")
    return Exit.DONE


def _existing(data: Path) -> Folder:
    check_owner(data)
    if not is_a_receiver_s(data):
        remedy = "Name its folder with --data, or start one: shimmy-metrics receive"
        raise UserError("no receiver was ever started here", where=str(data), remedy=remedy)
    return prepared(data)


@contextmanager
def _opened(folder: Folder) -> "Iterator[OwnStore]":
    from shimmy_metrics.receiver.stores import open_store

    with closing(open_store(folder)) as store:
        yield store


def _monday(name: str) -> date:
    from shimmy_metrics.receiver.week import week_named

    try:
        return week_named(name)
    except ValueError:
        what = f"--week takes the name of a week, not {name!a}"
        raise UserError(what, where="receive week", remedy="Give one such as 2026-W48") from None


def _now() -> datetime:
    return datetime.now(UTC)
