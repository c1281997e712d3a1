"""What the commands say is true in rare states too: set aside, too old, held by hand, with both switches set."""

import json
from pathlib import Path

import pytest

from shimmy_metrics.records import Cause, Outcome, QueueState
from shimmy_metrics.store import outbox
from shimmy_metrics.store.database import opened
from support.departed import depart
from support.installed import Home
from support.one_line import can_mount
from support.queue_report import FIRST, SECOND, queue_report
from support.receiver import Handler, Receiver

NOWHERE = "http://127.0.0.1:9/v1/usage"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": NOWHERE})


def test_what_is_set_aside_or_too_old_is_not_said_to_be_held_or_gone(home: Home) -> None:
    home.agree()
    queue_report(home, FIRST, days=15)
    aside = queue_report(home, SECOND)
    with opened(home.profile) as db:
        outbox.set_state(db, outbox.due(db)[-1].row_id, QueueState.SET_ASIDE, Cause.REFUSED, "400")
    for word, told in (
        (FIRST, "It has waited 14 days and is no longer sent: it is deleted when the next session ends."),
        (aside.sha256, "Set aside: refused by the receiver: answer 400. It is not sent automatically."),
    ):
        held = home.run("hold", word, command="shimmy-metrics")
        assert (held.returncode, held.stdout) == (1, f"{told}\n")
    assert json.loads(home.metrics("status", "--json").stdout)["reports_held"] == 0


def test_automatic_promises_nothing_of_what_is_held_by_hand(home: Home) -> None:
    home.agree()
    queue_report(home)
    home.run("hold", FIRST, command="shimmy-metrics")
    assert home.run("automatic", command="shimmy-metrics").stdout == (
        "Reports are sent automatically from now on, those that are due when the next session ends.\n"
    )


def test_with_both_switches_set_nobody_is_told_that_unsetting_one_is_enough(home: Home) -> None:
    home.agree()
    told = home.having(DO_NOT_TRACK="1", SHIMMY_METRICS="off").metrics("status").stdout
    assert "Nothing is sent from here: DO_NOT_TRACK=1 is set. Your yes stands where no switch is set.\n" in told
    assert "nset it" not in told


def test_the_app_in_lines_says_what_a_deleted_config_made_it_delete(home: Home) -> None:
    home.agree()
    queue_report(home)
    home.profile.config_path.unlink()
    lines = home.run("tui", "--plain").stdout.splitlines()
    assert lines[:2] == ["There was no consent for what was kept here:", "Deleted: 1 report that was never sent."]
    assert "Deleted" not in home.run("tui", "--plain").stdout


def test_only_for_me_in_a_file_that_others_may_write_is_not_called_a_yes(home: Home) -> None:
    home.run("only-me", command="shimmy-metrics")
    home.profile.config_path.chmod(0o666)
    told = home.metrics("status").stdout
    assert "The answer in the config does not count: others may write" in told
    assert "(the answer there does not count)" in told
    assert "yes" not in told


def test_a_comparison_says_that_no_sent_report_is_kept_and_not_that_none_was_sent(home: Home) -> None:
    home.agree()
    report = queue_report(home)
    with opened(home.profile) as db:
        depart(db, report, outcome=Outcome.CONFIRMED)
    home.run("delete", "receipts", "--yes", command="shimmy-metrics")
    told = home.run("diff", command="shimmy-metrics").stdout
    assert told.startswith("No report sent before it is kept here, so every field is new in the waiting report ")


def test_of_bytes_that_are_sent_to_nobody_no_release_is_spoken_of(home: Home) -> None:
    home.agree()
    queue_report(home)
    with opened(home.profile) as db:
        outbox.set_state(db, outbox.due(db)[0].row_id, QueueState.SET_ASIDE, Cause.DAMAGED)
    told = home.run("preview", FIRST, command="shimmy-metrics").stderr
    assert told.startswith(f"What {FIRST} names, as one request: 1 report, ")
    assert "release" not in told
    assert home.run("release", FIRST, command="shimmy-metrics").returncode == 2


def test_a_second_forget_says_that_the_no_is_still_there(home: Home) -> None:
    home.agree()
    for told in ("Deleted: ", "Nothing of ours is on this disk except your config and the program itself.\n"):
        assert home.run("forget", "--yes", command="shimmy-metrics").stdout.startswith(told)
    assert home.profile.config_path.exists()


def test_a_release_that_finds_the_yes_gone_says_what_it_deleted(tmp_path: Path) -> None:
    def edited_meanwhile(handler: Handler, _: bytes) -> None:
        document = json.loads(mine.profile.config_path.read_text())
        document["metrics"] |= {"enabled": False, "local": True}
        mine.edit_config(json.dumps(document))
        handler.rfile.read(1)  # until the sender has gone
        handler.close_connection = True

    with Receiver(tmp_path, edited_meanwhile) as receiver:
        mine = Home(tmp_path, receiver.variables)
        mine.agree()
        queue_report(mine)
        told = mine.run("release", "all", command="shimmy-metrics").stdout
    assert "1 report cut off here" in told
    assert "There was no consent to send what was waiting here:" in told
    assert "1 report that waited became 1 session kept for you." in told


@pytest.mark.skipif(not can_mount(), reason="this user may mount nothing")
def test_a_store_that_can_be_read_and_not_written_is_not_said_to_send(home: Home) -> None:
    home.agree()
    queue_report(home)
    root = home.root
    closed = f'mount --bind {root} {root} && mount -o remount,ro,bind {root} && exec "$@"'
    looked = Home(root, home.variables, ("unshare", "--mount", "sh", "-c", closed, "sh"))
    told = looked.metrics("status").stdout.splitlines()
    assert told[0] == "Metrics on: nothing is saved."
    assert told[1].startswith(
        f"Nothing can be saved or sent: {home.profile.state_path / 'metrics.db'} cannot be written."
    )
    assert "            1 due, but nothing is sent from here" in told
    assert not any(line.startswith("  next") for line in told)
    assert json.loads(looked.metrics("status", "--json").stdout)["obstacle"] == "unwritable-store"
    assert "cannot be written" in looked.metrics("preview").stderr
    assert "nothing is saved" in looked.run("tui", "--plain").stdout
    assert home.metrics("status").stdout.startswith("Metrics on: sent automatically.\n")
