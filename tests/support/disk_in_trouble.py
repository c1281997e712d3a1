"""A server, its profile and a disk in trouble; what each step there has to look like."""

import json
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Final

import pytest

from support.home_terminal import Terminal, terminal
from support.installed import Home, announced, stop, wait_until
from support.left_behind import KINDS, PROGRAM, UNCOMMITTED, queued_ids
from support.receiver import Receiver
from support.servers import ask, free_port, wait_for
from support.small_disk import SmallDisk, Trouble, lacking, small_disk
from support.stand_in import stand_in

TESTS: Final = Path(__file__).parent.parent


SENDER: Final = (sys.executable, "-P", "-m", "shimmy_metrics.delivery")


LOOKS: Final = ("status", "preview", "export", "validate")


lacking = cache(lacking)


@dataclass(slots=True)
class Scene:
    """A home on a disk, with what a killed program left there, and a receiver that answers.

    While `pressed` the disk is in trouble.
    """

    disk: SmallDisk
    home: Home
    trouble: Trouble
    left: str
    receiver: Receiver
    pressed: bool = False

    def press(self) -> None:
        """Bring the trouble about; where it is there, take what became free since."""
        self.disk.befall(self.trouble)
        self.pressed = True

    def run(self, *words: str, command: str = "shimmy") -> "subprocess.CompletedProcess[str]":
        self._press_on()
        return self.home.run(*words, command=command)

    def metrics(self, action: str, *more: str) -> "subprocess.CompletedProcess[str]":
        return self.run("config", "--metrics", action, *more)

    def started(self, *words: str) -> AbstractContextManager["subprocess.Popen[str]"]:
        self._press_on()
        return self.home.started(*words)

    def terminal(self, *words: str) -> AbstractContextManager[Terminal]:
        self._press_on()
        return terminal(self.home, *words)

    def relieve(self) -> None:
        self.disk.relieve(self.trouble)
        self.pressed = False

    def _press_on(self) -> None:
        if self.pressed:
            self.press()

    def send(self) -> None:
        """Start the sender as a session's end does, and wait for it."""
        command = [*self.home.before, *SENDER]
        subprocess.run(command, env=self.home.environment, cwd="/", stdin=subprocess.DEVNULL, check=False)

    @property
    def config(self) -> dict[str, object]:
        """What the config records of us, empty where there is none."""
        path = self.disk.seen / "config/shimmy/config.json"
        found: dict[str, object] = json.loads(path.read_text())["metrics"] if path.exists() else {}
        return found

    @property
    def held(self) -> set[str]:
        """Which of the reports that waited are in any file of the state folder, by their ids; receipts keep theirs."""
        folder = self.disk.seen / "state/shimmy"
        everything = b"".join(path.read_bytes() for path in folder.iterdir())
        return {each for each in queued_ids(self.left) if each.encode() in everything} - self.received().keys()

    def store(self, folder: Path) -> sqlite3.Connection:
        """Open a copy of the store as it lies there, its journal or log with it."""
        folder.mkdir()
        for path in (self.disk.seen / "state/shimmy").iterdir():
            (folder / path.name).write_bytes(path.read_bytes())
        return sqlite3.connect(folder / "metrics.db")

    def received(self) -> Counter[str]:
        """How often each report came."""
        told = [json.loads(post.body) for post in self.receiver.received]
        return Counter(each["session_id"] for body in told for each in (body if isinstance(body, list) else [body]))


@contextmanager
def disk_scene(folder: Path, trouble: Trouble, left: str) -> Iterator[Scene]:
    """Give a scene in which all is well yet."""
    if lacking(trouble):
        pytest.skip(f"no disk for {trouble.value}: {lacking(trouble)}")
    with small_disk(folder, trouble) as disk, Receiver(folder) as receiver:
        home = disk.home(**receiver.variables, SHIMMY_BIN=str(stand_in(folder)), PYTHONPATH=str(TESTS))
        assert home.metrics("enable").returncode == 0
        killed = subprocess.run([*home.before, *PROGRAM, left], env=home.environment, cwd="/", check=False)
        assert killed.returncode == (0 if left == "nothing" else -9)
        yield Scene(disk, home, trouble, left, receiver)


def clear(ended: "subprocess.CompletedProcess[str]") -> None:
    """Check that a command ended by itself, and what it said of trouble: one line, and no internal error."""
    assert ended.returncode in (0, 1, 2), ended.stderr
    assert "Traceback" not in ended.stderr
    assert "internal error" not in ended.stderr
    troubles = [line for line in ended.stderr.splitlines() if line.startswith("shimmy-metrics: ")]
    assert len(troubles) == (ended.returncode == 2), ended.stderr


def serves(scene: Scene, *words: str, seconds: float = 1.5) -> str:
    """Start a server, ask it all the while, end it; return what was said."""
    port = free_port()
    with scene.started(*words, "--bind", f"127.0.0.1:{port}") as process:
        wait_for(port, process)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            assert ask(port)[0] == 200
            time.sleep(0.05)
        first = announced(process)
        code, _, rest = stop(process)
    said = first + rest
    assert code == -2, said
    assert "Traceback" not in said
    lines = said.splitlines()
    assert all(line.startswith("shimmy-metrics: ") for line in lines), said
    assert len([line for line in lines if "measured" in line]) in (1, 2), said
    return said


def says_no(scene: Scene) -> None:
    """Withdraw while the disk is in trouble; nothing can leave any more, and what is said of the deletion is so."""
    came = scene.received()
    told = scene.metrics("disable")
    if scene.trouble is Trouble.READ_ONLY:
        # There nothing can be recorded, and it says what to type.
        assert told.returncode == 2
        assert "Type: export SHIMMY_METRICS=off" in told.stderr
    else:
        clear(told)
        assert scene.config.get("enabled", False) is False
        if scene.left != "log":  # an old form's log takes room to be read
            assert told.returncode == 0, told.stderr
        if told.returncode == 0:
            assert scene.held == set()
        else:
            assert (
                "Your answer is recorded; what is waiting here could not be deleted, and will not be sent"
                in told.stderr
            )
    scene.send()
    assert scene.received() == came


def in_order(scene: Scene, tmp_path: Path) -> None:
    """With room again: the owed deletion is done, the store sound, and a new yes measures and sends, once."""
    scene.relieve()
    if scene.trouble is Trouble.READ_ONLY:
        assert scene.home.metrics("disable").returncode == 0
    status = scene.home.metrics("status")
    assert (status.returncode, status.stderr) == (0, "")
    assert scene.held == set()
    with closing(scene.store(tmp_path / "afterwards")) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("SELECT count(*) FROM outbox").fetchone() == (0,)
    assert UNCOMMITTED.encode() not in (tmp_path / "afterwards/metrics.db").read_bytes()
    came = scene.received()
    assert scene.home.metrics("enable").returncode == 0
    assert "measured at " in serves(scene, "serve")
    assert wait_until(lambda: scene.received() != came)
    (new,) = (scene.received() - came).values()
    assert new == 1
    assert wait_until(lambda: json.loads(scene.home.metrics("status", "--json").stdout)["reports_due"] == 0)
    assert max(scene.received().values()) == 1


SAMPLE: Final = (
    (Trouble.FULL, "journal"),
    (Trouble.FULL, "log"),
    (Trouble.INODES, "nothing"),
    (Trouble.READ_ONLY, "journal"),
    (Trouble.QUOTA, "journal"),
)


REST: Final = tuple(each for each in product(Trouble, KINDS) if each not in SAMPLE)
