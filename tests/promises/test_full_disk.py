"""A disk in trouble: the server answers, one clear line is said, a no takes effect; with room again all is in order.

Real filesystems of a few MB. Before each command the disk is filled up again: what one of them frees another program
takes. A quota is btrfs's: ext4's needs a kernel with its quota format. There even overwriting takes room.
"""

import json
import os
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

from shimmy_metrics.demo.toy_server import ToyServer
from shimmy_metrics.limits import CHECKPOINT_SECONDS
from support import receiver as behave
from support.home_terminal import Terminal, terminal
from support.installed import Home, stop, wait_until
from support.left_behind import KINDS, PROGRAM, UNCOMMITTED, queued_ids
from support.receiver import Receiver
from support.servers import ask, free_port, wait_for
from support.small_disk import SmallDisk, Trouble, lacking, small_disk
from support.stand_in import stand_in

TESTS: Final = Path(__file__).parent.parent
SENDER: Final = (sys.executable, "-P", "-m", "shimmy_metrics.delivery")
LOOKS: Final = ("status", "preview", "export", "validate")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="small filesystems are made with Linux's means")

_lacking = cache(lacking)


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
def _scene(folder: Path, trouble: Trouble, left: str) -> Iterator[Scene]:
    """Give a scene in which all is well yet."""
    if _lacking(trouble):
        pytest.skip(f"no disk for {trouble.value}: {_lacking(trouble)}")
    with small_disk(folder, trouble) as disk, Receiver(folder) as receiver:
        home = disk.home(**receiver.variables, SHIMMY_BIN=str(stand_in(folder)), PYTHONPATH=str(TESTS))
        assert home.metrics("enable").returncode == 0
        killed = subprocess.run([*home.before, *PROGRAM, left], env=home.environment, cwd="/", check=False)
        assert killed.returncode == (0 if left == "nothing" else -9)
        yield Scene(disk, home, trouble, left, receiver)


def _clear(ended: "subprocess.CompletedProcess[str]") -> None:
    """Check that a command ended by itself, and what it said of trouble: one line, and no internal error."""
    assert ended.returncode in (0, 1, 2), ended.stderr
    assert "Traceback" not in ended.stderr
    assert "internal error" not in ended.stderr
    troubles = [line for line in ended.stderr.splitlines() if line.startswith("shimmy-metrics: ")]
    assert len(troubles) == (ended.returncode == 2), ended.stderr


def _serves(scene: Scene, *words: str, seconds: float = 1.5) -> str:
    """Start a server, ask it all the while, end it; return what was said."""
    port = free_port()
    with scene.started(*words, "--bind", f"127.0.0.1:{port}") as process:
        wait_for(port, process)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            assert ask(port)[0] == 200
            time.sleep(0.05)
        code, _, said = stop(process)
    assert code == -2, said
    assert "Traceback" not in said
    lines = said.splitlines()
    assert all(line.startswith("shimmy-metrics: ") for line in lines), said
    assert len([line for line in lines if "measured" in line]) in (1, 2), said
    return said


def _in_the_app(scene: Scene, *, withdraw: bool = False) -> None:
    """Open the app, say no there where wanted, and leave it."""
    with scene.terminal("shimmy", "tui") as there:
        assert there.shows("Quit"), there.text()
        if withdraw:
            there.type("c")
            assert there.shows("n  Withdraw"), there.text()
            assert there.insist("n", lambda: scene.config.get("enabled", False) is False), there.text()
        assert there.insist("q", lambda: there.process.poll() is not None), there.text()
        assert there.process.returncode == 0, there.text()


def _does(scene: Scene, toy: ToyServer, act: str) -> None:
    """Do one thing while the disk is in trouble."""
    match act:
        case "child":
            _serves(scene, "serve")
        case "upstream":
            _serves(scene, "serve", "--upstream", toy.url)
        case "app":
            _in_the_app(scene)
        case "plain":
            _clear(scene.run("tui", "--plain"))
        case "files":
            _clear(scene.run("files", command="shimmy-metrics"))
        case "release":
            _clear(scene.run("release", "all", command="shimmy-metrics"))
        case _:
            _clear(scene.metrics(act))


def _says_no(scene: Scene) -> None:
    """Withdraw while the disk is in trouble; nothing can leave any more, and what is said of the deletion is so."""
    came = scene.received()
    told = scene.metrics("disable")
    if scene.trouble is Trouble.READ_ONLY:
        # There nothing can be recorded, and it says what to type.
        assert told.returncode == 2
        assert "Type: export SHIMMY_METRICS=off" in told.stderr
    else:
        _clear(told)
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


def _in_order(scene: Scene, tmp_path: Path) -> None:
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
    assert "measured at " in _serves(scene, "serve")
    assert wait_until(lambda: scene.received() != came)
    (new,) = (scene.received() - came).values()
    assert new == 1
    assert wait_until(lambda: json.loads(scene.home.metrics("status", "--json").stdout)["reports_due"] == 0)
    assert max(scene.received().values()) == 1


ACTS: Final = (*LOOKS, "files", "plain", "child", "upstream", "app")
SAMPLE: Final = (
    (Trouble.FULL, "journal"),
    (Trouble.FULL, "log"),
    (Trouble.INODES, "nothing"),
    (Trouble.READ_ONLY, "journal"),
    (Trouble.QUOTA, "journal"),
)
REST: Final = tuple(each for each in product(Trouble, KINDS) if each not in SAMPLE)


def _lives_through(tmp_path: Path, trouble: Trouble, left: str, acts: tuple[str, ...]) -> None:
    with ToyServer() as toy, _scene(tmp_path, trouble, left) as scene:
        scene.press()
        for act in acts:
            _does(scene, toy, act)
        _says_no(scene)
        _in_order(scene, tmp_path)


@pytest.mark.parametrize(("trouble", "left"), SAMPLE)
def test_everything_goes_on_on_a_disk_in_trouble(tmp_path: Path, trouble: Trouble, left: str) -> None:
    _lives_through(tmp_path, trouble, left, ACTS)


@pytest.mark.long
@pytest.mark.parametrize(("trouble", "left"), REST)
def test_everything_goes_on_on_every_such_disk(tmp_path: Path, trouble: Trouble, left: str) -> None:
    _lives_through(tmp_path, trouble, left, ACTS)


@pytest.mark.long
@pytest.mark.parametrize("act", [*ACTS, "enable", "release"])
@pytest.mark.parametrize(("trouble", "left"), tuple(product(Trouble, KINDS)))
def test_each_thing_can_be_the_first_that_is_done(tmp_path: Path, trouble: Trouble, left: str, act: str) -> None:
    _lives_through(tmp_path, trouble, left, (act,))


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (Trouble.FULL, "the disk is full"),
        (Trouble.READ_ONLY, "lies on a read-only filesystem"),
        (Trouble.QUOTA, "See whether the disk or your quota is full"),
    ],
)
def test_what_is_in_the_way_is_named(tmp_path: Path, trouble: Trouble, reason: str) -> None:
    with _scene(tmp_path, trouble, "log") as scene:
        scene.press()
        for action in LOOKS:
            assert reason in scene.metrics(action).stderr


@pytest.mark.parametrize(("trouble", "left"), [(Trouble.FULL, "nothing"), (Trouble.QUOTA, "nothing")])
def test_a_no_in_the_app_takes_effect_there_too(tmp_path: Path, trouble: Trouble, left: str) -> None:
    with _scene(tmp_path, trouble, left) as scene:
        scene.press()
        _in_the_app(scene, withdraw=True)
        assert wait_until(lambda: scene.held == set())
        _in_order(scene, tmp_path)


@pytest.mark.parametrize(
    ("trouble", "left"), [(Trouble.FULL, "journal"), (Trouble.READ_ONLY, "nothing"), (Trouble.QUOTA, "journal")]
)
def test_nothing_acknowledged_is_lost_and_nothing_is_sent_twice(tmp_path: Path, trouble: Trouble, left: str) -> None:
    with ToyServer() as toy, _scene(tmp_path, trouble, left) as scene:
        scene.press()
        _serves(scene, "serve")
        scene.send()
        _serves(scene, "serve", "--upstream", toy.url)
        scene.relieve()
        _serves(scene, "serve")
        wanted = set(queued_ids(left))
        assert wait_until(lambda: wanted < scene.received().keys())
        assert max(scene.received().values()) == 1
        with closing(scene.store(tmp_path / "afterwards")) as db:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@pytest.mark.parametrize("trouble", [Trouble.FULL, Trouble.QUOTA])
def test_a_request_is_booked_though_the_disk_fills_while_it_is_under_way(tmp_path: Path, trouble: Trouble) -> None:
    with _scene(tmp_path, trouble, "nothing") as scene:

        def fill_and_accept(handler: behave.Handler, body: bytes) -> None:
            scene.press()
            behave.accept(handler, body)

        scene.receiver.behaviour = fill_and_accept
        # Nearly full before: the sender waits five seconds, and filling all of it may take a busy machine longer.
        scene.disk.befall_but(trouble, _ROOM)
        other = [*scene.home.before, sys.executable, "-c", _HOLDER, str(scene.home.profile.state_dir / "metrics.db")]
        with subprocess.Popen(other, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as app:  # as the app has it
            assert app.stdout is not None
            assert app.stdout.readline()
            for _ in range(3):
                scene.send()
            app.communicate(b"")
        assert len(scene.receiver.received) == 1
        status = json.loads(scene.metrics("status", "--json").stdout)
        assert (status["reports_due"], status["receipts"]) == (0, 1)


_ROOM: Final = 2**19

_HOLDER: Final = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("SELECT count(*) FROM outbox").fetchone()
print("open", flush=True)
sys.stdin.read()
"""


def test_a_disk_that_is_full_sends_nothing_that_it_could_not_book(tmp_path: Path) -> None:
    with _scene(tmp_path, Trouble.FULL, "nothing") as scene:
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
    with _scene(tmp_path, Trouble.FULL, "nothing") as scene:
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
    with _scene(tmp_path, trouble, "nothing") as scene:
        for name in ("ballast", "metrics.db-journal"):
            (scene.disk.seen / "state/shimmy" / name).unlink()
        scene.press()
        _says_no(scene)
        _in_order(scene, tmp_path)


@pytest.mark.parametrize("kilobytes", [0, 4, 8, 12])
def test_where_overwriting_takes_room_a_deletion_that_is_refused_harms_nothing(tmp_path: Path, kilobytes: int) -> None:
    with _scene(tmp_path, Trouble.QUOTA, "nothing") as scene:
        (scene.disk.seen / "state/shimmy/ballast").unlink()
        spare = scene.disk.seen / "spare"
        spare.write_bytes(os.urandom(kilobytes * 1_024))
        scene.press()
        spare.unlink()
        told = scene.home.metrics("disable")
        _clear(told)
        assert told.returncode == 2
        with closing(scene.store(tmp_path / "refused")) as db:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert db.execute("SELECT count(*) FROM outbox").fetchone() == (3,)
        _in_order(scene, tmp_path)


def test_a_session_whose_disk_fills_goes_on_and_one_that_is_killed_there_is_found(tmp_path: Path) -> None:
    with _scene(tmp_path, Trouble.FULL, "nothing") as scene:
        port = free_port()
        with scene.started("serve", "--bind", f"127.0.0.1:{port}") as process:
            wait_for(port, process)
            assert process.stderr is not None
            assert "measured at " in process.stderr.readline()
            assert ask(port)[0] == 200
            time.sleep(2 * CHECKPOINT_SECONDS)
            scene.press()
            end = time.monotonic() + 3 * CHECKPOINT_SECONDS
            while time.monotonic() < end:
                assert ask(port)[0] == 200
            assert "the disk is full" in process.stderr.readline()
            process.kill()
            process.wait()
        _serves(scene, "serve")
        scene.relieve()
        _serves(scene, "serve")
        wanted = 3 + 2  # what waited, the killed session, the last one
        assert wait_until(lambda: len(scene.received()) == wanted)
        assert max(scene.received().values()) == 1
