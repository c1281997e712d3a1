"""An answer is told as it was recorded, also where it does not count or an endpoint cannot be used."""

import contextlib
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from shimmy_metrics.actions.decide import decline, enable, only_for_me
from shimmy_metrics.actions.usage import read_usage
from shimmy_metrics.app.app import ShimmyApp
from shimmy_metrics.system.profile import Profile
from support import opened
from support.installed import Home
from support.queued import fill_outbox

NO_ADDRESS = {"SHIMMY_METRICS_ENDPOINT": "nonsense"}
UNSAVED = "nothing is saved or sent while the store cannot be used"


def told(app: ShimmyApp) -> str:
    return " ".join(opened.text(app).split())


async def test_a_no_is_told_as_one_whatever_the_endpoint_is(tmp_path: Path) -> None:
    decline(opened.profile_of(tmp_path))
    app = opened.living(tmp_path, variables=NO_ADDRESS)
    async with app.run_test(size=(100, 30)) as pilot:
        await opened.press(pilot, "c")
        assert "metrics off · nothing is measured" in opened.text(app).splitlines()[0]
        assert "Metrics are off, last changed" in told(app)
        assert "n Keep off no change: nothing is measured or sent" in told(app)
        assert "Withdraw" not in told(app)
        await opened.press(pilot, "u")
        assert "Metrics are off here, and no figures of your own are kept." in told(app)


@pytest.mark.parametrize("answer", [enable, only_for_me])
async def test_with_an_endpoint_that_cannot_be_used_it_is_not_said_that_nothing_was_decided(
    tmp_path: Path, answer: Callable[[Profile], object]
) -> None:
    answer(opened.profile_of(tmp_path))
    app = opened.living(tmp_path, variables=NO_ADDRESS)
    async with app.run_test(size=(100, 30)) as pilot:
        assert "off in this shell · no endpoint" in opened.text(app).splitlines()[0]
        await opened.press(pilot, "u")
        assert "Nothing is decided yet" not in told(app)


async def test_of_a_yes_that_does_not_count_it_is_not_said_that_nothing_was_decided(tmp_path: Path) -> None:
    profile = opened.profile_of(tmp_path)
    enable(profile)
    profile.config_path.chmod(0o666)
    app = opened.living(tmp_path)
    async with app.run_test(size=(100, 30)) as pilot:
        await opened.press(pilot, "1")
        assert "The answer in the config does not count. No measured server is running." in told(app)
        await opened.press(pilot, "u")
        assert "Metrics are off here, and no figures of your own are kept." in told(app)
    assert not read_usage(profile).undecided


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (None, f"o Only for me recorded; {UNSAVED}"),
        (decline, f"o Only for me recorded; {UNSAVED}"),
        (only_for_me, f"; {UNSAVED}."),
    ],
)
async def test_with_a_store_that_cannot_be_used_only_for_me_is_not_said_to_measure(
    tmp_path: Path, answer: Callable[[Profile], object] | None, said: str
) -> None:
    profile = opened.profile_of(tmp_path)
    if answer is not None:
        answer(profile)
    _damage(profile)
    app = opened.living(tmp_path)
    async with app.run_test(size=(120, 30)) as pilot:
        await opened.press(pilot, "c")
        assert said in told(app)
        assert "measured for you to see" not in told(app)


def test_only_me_says_so_as_well(tmp_path: Path) -> None:
    home = Home(tmp_path)
    _damage(home.profile)
    made = home.run("only-me", command="shimmy-metrics")
    assert "Nothing is saved or sent while the store cannot be used." in made.stdout.splitlines()
    assert "is measured from" not in made.stdout


@pytest.mark.parametrize("command", [("enable",), ("review",), ("review", "automatic")])
def test_of_a_store_of_which_a_part_is_damaged_no_answer_says_that_it_is_sent_from(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    home = Home(tmp_path)
    home.metrics("enable")
    _damage_departures(home.profile)
    *_, made = [home.run(each, command="shimmy-metrics") for each in command]
    assert made.returncode == 0
    assert "Nothing is saved or sent while the store cannot be used." in made.stdout
    assert not re.search("is measured|sent when|sent after|sent automatically|are due when", made.stdout)


@pytest.mark.parametrize(("key", "changed"), [("e", "Metrics were on already."), ("t", "was due is held too.")])
async def test_the_app_says_so_as_well(tmp_path: Path, key: str, changed: str) -> None:
    profile = opened.profile_of(tmp_path)
    enable(profile)
    _damage_departures(profile)
    app = opened.living(tmp_path)
    async with app.run_test(size=(100, 30)) as pilot:
        await opened.press(pilot, "c")
        await opened.answer(pilot, key)
        said = f"{changed} Nothing is saved or sent while the store cannot be used."
        await opened.until(pilot, lambda: said in told(app))


def _damage_departures(profile: Profile) -> None:
    """Overwrite the table of what was sent alone: an answer needs no look at it, all that is shown does."""
    fill_outbox(profile, 1)
    path = profile.state_path / "metrics.db"
    with contextlib.closing(sqlite3.connect(path)) as db:
        (page_bytes,) = db.execute("PRAGMA page_size").fetchone()
        (page,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'departures'").fetchone()
    with path.open("r+b") as file:
        file.seek((page - 1) * page_bytes)
        file.write(b"\xff" * page_bytes)


def _damage(profile: Profile) -> None:
    profile.state_path.mkdir(mode=0o700, parents=True, exist_ok=True)
    (profile.state_path / "metrics.db").write_bytes(b"no database" * 100)
