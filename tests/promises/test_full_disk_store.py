"""On a full disk: what is booked, what is deleted, and what the ballast is for."""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from shimmy_metrics.limits import CHECKPOINT_SECONDS
from support import receiver as behave
from support.disk_in_trouble import (
    LOOKS,
    clear,
    disk_scene,
    in_order,
    says_no,
    serves,
)
from support.installed import announced, wait_until
from support.left_behind import queued_ids
from support.servers import ask, free_port, wait_for
from support.small_disk import Trouble

pytestmark = [
    pytest.mark.thorough,
    pytest.mark.skipif(sys.platform != "linux", reason="small filesystems are made with Linux's means"),
]


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (Trouble.FULL, "the disk is full"),
        (Trouble.READ_ONLY, "lies on a read-only filesystem"),
        (Trouble.QUOTA, "Check whether the disk or your quota is full"),
    ],
)
def test_what_is_in_the_way_is_named(tmp_path: Path, trouble: Trouble, reason: str) -> None:
    with disk_scene(tmp_path, trouble, "log") as scene:
        scene.press()
        for action in LOOKS:
            assert reason in scene.metrics(action).stderr


@pytest.mark.parametrize(
    ("trouble", "reason"), [(Trouble.FULL, "the disk is full. Make room."), (Trouble.READ_ONLY, "cannot be written.")]
)
def test_where_nothing_can_be_saved_nothing_is_said_to_be_sent(tmp_path: Path, trouble: Trouble, reason: str) -> None:
    with disk_scene(tmp_path, trouble, "nothing") as scene:
        scene.press()
        told = scene.metrics("status").stdout.splitlines()
        assert told[0] == "Metrics on: nothing is saved."
        assert told[1].startswith("Nothing can be saved or sent: ")
        assert reason in told[1]
        assert not any(line.startswith("  next") for line in told)
        assert "            3 due, but nothing is sent from here" in told


@pytest.mark.parametrize("trouble", [Trouble.FULL, Trouble.QUOTA])
def test_a_request_is_booked_though_the_disk_fills_while_it_is_under_way(tmp_path: Path, trouble: Trouble) -> None:
    with disk_scene(tmp_path, trouble, "nothing") as scene:

        def fill_and_accept(handler: behave.Handler, body: bytes) -> None:
            scene.press()
            behave.accept(handler, body)

        scene.receiver.behaviour = fill_and_accept
        # Nearly full before: the sender waits five seconds, and filling all of it may take a busy machine longer.
        scene.disk.befall_but(trouble, _ROOM)
        other = [*scene.home.before, sys.executable, "-c", _HOLDER, str(scene.home.profile.state_path / "metrics.db")]
        with subprocess.Popen(other, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as app:  # as the app has it
            assert app.stdout is not None
            assert app.stdout.readline()
            for _ in range(3):
                scene.send()
            app.communicate(b"")
        assert len(scene.receiver.received) == 1
        status = json.loads(scene.metrics("status", "--json").stdout)
        assert (status["reports_due"], status["receipts"]) == (0, 1)


_ROOM: Final = 2**17

_HOLDER: Final = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("SELECT count(*) FROM outbox").fetchone()
print("open", flush=True)
sys.stdin.read()
"""


def test_a_disk_that_is_full_sends_nothing_that_it_could_not_book(tmp_path: Path) -> None:
    with disk_scene(tmp_path, Trouble.FULL, "nothing") as scene:
        (scene.disk.seen / "state/shimmy/ballast").unlink()
        scene.press()
        scene.send()
        assert scene.receiver.received == []
        scene.relieve()
        scene.send()
        assert scene.received() == Counter(queued_ids("nothing"))


@pytest.mark.parametrize("kilobytes", [64, 12, 0])
def test_no_block_of_a_full_disk_holds_what_was_deleted(tmp_path: Path, kilobytes: int) -> None:
    """With room for a journal, for half of one, for none. What everyday writes freed is no matter: others have it."""
    if Trouble.FULL.filesystem != "ext4":
        pytest.skip("there are no loop devices, so no file holds the disk's blocks")
    with disk_scene(tmp_path, Trouble.FULL, "nothing") as scene:
        (scene.disk.seen / "state/shimmy/ballast").unlink()
        spare = scene.disk.seen / "spare"
        spare.write_bytes(os.urandom(kilobytes * 1_024))
        scene.press()
        spare.unlink()
        assert all(each.encode() in scene.disk.raw() for each in queued_ids("nothing"))
        told = scene.home.metrics("disable")
        assert (told.returncode, told.stderr) == (0, "")
        assert not any(each.encode() in scene.disk.raw() for each in queued_ids("nothing"))


@pytest.mark.parametrize("trouble", [Trouble.FULL, Trouble.INODES])
def test_without_ballast_a_deletion_keeps_its_journal_in_memory(tmp_path: Path, trouble: Trouble) -> None:
    with disk_scene(tmp_path, trouble, "nothing") as scene:
        for name in ("ballast", "metrics.db-journal"):
            (scene.disk.seen / "state/shimmy" / name).unlink()
        scene.press()
        says_no(scene)
        in_order(scene, tmp_path)


@pytest.mark.parametrize("kilobytes", [0, 4, 8, 12])
def test_where_overwriting_takes_room_a_deletion_that_is_refused_harms_nothing(tmp_path: Path, kilobytes: int) -> None:
    with disk_scene(tmp_path, Trouble.QUOTA, "nothing") as scene:
        (scene.disk.seen / "state/shimmy/ballast").unlink()
        spare = scene.disk.seen / "spare"
        spare.write_bytes(os.urandom(kilobytes * 1_024))
        scene.press()
        spare.unlink()
        told = scene.home.metrics("disable")
        clear(told)
        assert told.returncode == 2
        with closing(scene.store(tmp_path / "refused")) as db:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert db.execute("SELECT count(*) FROM outbox").fetchone() == (3,)
        in_order(scene, tmp_path)


def test_a_session_whose_disk_fills_goes_on_and_one_that_is_killed_there_is_found(tmp_path: Path) -> None:
    with disk_scene(tmp_path, Trouble.FULL, "nothing") as scene:
        port = free_port()
        with scene.started("serve", "--bind", f"127.0.0.1:{port}") as process:
            wait_for(port, process)
            assert process.stderr is not None
            assert "shimmy-metrics: measured at " in announced(process)
            assert ask(port)[0] == 200
            time.sleep(2 * CHECKPOINT_SECONDS)
            scene.press()
            end = time.monotonic() + 3 * CHECKPOINT_SECONDS
            while time.monotonic() < end:
                assert ask(port)[0] == 200
            assert "the disk is full" in process.stderr.readline()
            process.kill()
            process.wait()
        serves(scene, "serve")
        scene.relieve()
        serves(scene, "serve")
        wanted = 3 + 2  # what waited, the killed session, the last one
        assert wait_until(lambda: len(scene.received()) == wanted)
        assert max(scene.received().values()) == 1
