"""Messages about a release, the store and standard output."""

import hashlib
import json
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from shimmy_metrics.actions import outbox
from shimmy_metrics.errors import UserError
from shimmy_metrics.store.database import opened
from shimmy_metrics.store.sqlite_errors import sqlite_errors
from support import receiver as behave
from support.installed import BIN, LONGEST, Home, stop, wait_until
from support.one_line import assert_trouble_line
from support.queue_report import FIRST, queue_report
from support.receiver import Receiver
from support.troubles import (
    NOWHERE,
    held,
)


def test_a_report_that_somebody_else_releases_meanwhile_was_gone_already(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": NOWHERE})
    held(home)
    monkeypatch.setattr(outbox, "release", lambda *_: 0)
    with pytest.raises(UserError, match="the report is already gone") as caught:
        outbox.release_request(home.profile, outbox.find_release(home.profile, "all"))
    assert caught.value.remedy == "See shimmy config --metrics status"


def test_a_release_is_refused_once_a_switch_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": NOWHERE})
    held(home)
    found = outbox.find_release(home.profile, "all")
    monkeypatch.setattr(outbox, "start_sender", lambda *_, **__: pytest.fail("a sender was started"))
    off = Home(tmp_path, {**home.variables, "DO_NOT_TRACK": "1"}).profile
    with pytest.raises(UserError, match="nothing may be sent now"):
        outbox.release_request(off, found)


def test_a_sender_that_cannot_be_started_leaves_the_report_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise BlockingIOError(11, "no more processes")

    home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": NOWHERE})
    held(home)
    found = outbox.find_release(home.profile, "all")
    monkeypatch.setattr(outbox, "start_sender", refused)
    with pytest.raises(UserError, match="the sender could not be started"):
        outbox.release_request(home.profile, found)
    assert outbox.find_release(home.profile, "all") == found


def test_an_unknown_trouble_of_the_store_is_said_as_one(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught, sqlite_errors(tmp_path / "metrics.db"):
        raise sqlite3.OperationalError("something new")
    assert str(caught.value).endswith("metrics.db: cannot be used. Check the disk and the file")


def test_standard_output_that_is_full_is_said(tmp_path: Path) -> None:
    told = subprocess.run(
        ["/bin/sh", "-c", f"{BIN / 'shimmy'} config --metrics status >/dev/full"],
        env=Home(tmp_path).environment,
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    assert_trouble_line(told, "standard output: cannot be written")


def test_a_report_that_the_receiver_does_not_name_is_set_aside_with_that_reason(tmp_path: Path) -> None:
    def stores_one(handler: behave.Handler, body: bytes) -> None:
        import hashlib

        reports = json.loads(body)
        answer = {"sha256": hashlib.sha256(body).hexdigest(), "stored": [reports[0]["session_id"]], "refused": []}
        data = json.dumps(answer).encode()
        handler.send_response(422)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    with Receiver(tmp_path, stores_one) as receiver:
        root = tmp_path / "home"
        root.mkdir()
        home = Home(root, receiver.variables)
        home.agree()
        queue_report(home)
        queue_report(home, FIRST.replace("0001", "0002"))
        home.run("-m", "shimmy_metrics.delivery", command="python")
        assert "1 set aside: not taken, and the receiver's answer does not say why" in home.metrics("status").stdout


def test_a_release_of_bytes_that_prove_damaged_says_that_nothing_was_sent(tmp_path: Path) -> None:
    with Receiver(tmp_path) as receiver:
        home = Home(tmp_path, receiver.variables)
        held(home)
        with opened(home.profile) as db:
            db.execute("UPDATE outbox SET body = cast(replace(body, 'linux', 'linuy') AS BLOB)")
        assert "would send" not in home.run("preview", "all", command="shimmy-metrics").stderr
        released = home.run("release", "all", command="shimmy-metrics")
        assert released.returncode == 1
        assert released.stdout.splitlines()[-2:] == [
            "Nothing was sent.",
            "Set aside: damaged bytes, which are sent to no receiver.",
        ]
        assert receiver.received == []


@pytest.mark.skipif(sys.platform == "win32", reason="no program ends by a signal there")
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_interrupted_it_tells_what_was_released_and_that_its_end_is_not_known(
    tmp_path: Path, form: tuple[str, ...]
) -> None:
    with Receiver(tmp_path, behaviour=behave.hang) as receiver:
        home = Home(tmp_path, receiver.variables)
        held(home)
        with home.started_program([str(BIN / "shimmy-metrics"), "release", "all", *form]) as process:
            assert wait_until(lambda: len(receiver.received) == 1)
            code, out, err = stop(process)
        assert (code, err) == (-signal.SIGINT, "")
        if form:
            digest = hashlib.sha256(receiver.received[0].body).hexdigest()
            assert json.loads(out) == {"sha256": digest, "attempt": None}
        else:
            assert out.splitlines()[-1] == "What became of it is not known yet. See shimmy config --metrics status."
