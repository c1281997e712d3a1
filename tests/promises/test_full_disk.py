"""A disk in trouble: the server answers, one clear line is said, a no takes effect; with room again all is in order.

Real filesystems of a few MB. Before each command the disk is filled up again: what one of them frees another program
takes. A quota is btrfs's: ext4's needs a kernel with its quota format. There even overwriting takes room.
"""

import sys
from contextlib import closing
from itertools import product
from pathlib import Path
from typing import Final

import pytest

from shimmy_metrics.demo.toy_server import ToyServer
from support.disk_in_trouble import LOOKS, REST, SAMPLE, Scene, clear, disk_scene, in_order, says_no, serves
from support.installed import wait_until
from support.left_behind import KINDS, queued_ids
from support.small_disk import Trouble

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="small filesystems are made with Linux's means")


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
            serves(scene, "serve")
        case "upstream":
            serves(scene, "serve", "--upstream", toy.url)
        case "app":
            _in_the_app(scene)
        case "plain":
            clear(scene.run("tui", "--plain"))
        case "files":
            clear(scene.run("files", command="shimmy-metrics"))
        case "release":
            clear(scene.run("release", "all", command="shimmy-metrics"))
        case _:
            clear(scene.metrics(act))


ACTS: Final = (*LOOKS, "files", "plain", "child", "upstream", "app")


def _lives_through(tmp_path: Path, trouble: Trouble, left: str, acts: tuple[str, ...]) -> None:
    with ToyServer() as toy, disk_scene(tmp_path, trouble, left) as scene:
        scene.press()
        for act in acts:
            _does(scene, toy, act)
        says_no(scene)
        in_order(scene, tmp_path)


@pytest.mark.parametrize(
    ("trouble", "left"), [SAMPLE[0], *(pytest.param(*each, marks=pytest.mark.thorough) for each in SAMPLE[1:])]
)
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


@pytest.mark.thorough
@pytest.mark.parametrize(("trouble", "left"), [(Trouble.FULL, "nothing"), (Trouble.QUOTA, "nothing")])
def test_a_no_in_the_app_takes_effect_there_too(tmp_path: Path, trouble: Trouble, left: str) -> None:
    with disk_scene(tmp_path, trouble, left) as scene:
        scene.press()
        _in_the_app(scene, withdraw=True)
        assert wait_until(lambda: scene.held == set())
        in_order(scene, tmp_path)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("trouble", "left"), [(Trouble.FULL, "journal"), (Trouble.READ_ONLY, "nothing"), (Trouble.QUOTA, "journal")]
)
def test_nothing_acknowledged_is_lost_and_nothing_is_sent_twice(tmp_path: Path, trouble: Trouble, left: str) -> None:
    with ToyServer() as toy, disk_scene(tmp_path, trouble, left) as scene:
        scene.press()
        serves(scene, "serve")
        scene.send()
        serves(scene, "serve", "--upstream", toy.url)
        scene.relieve()
        serves(scene, "serve")
        wanted = set(queued_ids(left))
        assert wait_until(lambda: wanted < scene.received().keys())
        assert max(scene.received().values()) == 1
        with closing(scene.store(tmp_path / "afterwards")) as db:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
