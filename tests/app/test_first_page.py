"""What people look for on a screen's first page at 80x24: files on disk, a network that is down, what is deleted."""

import re
from pathlib import Path

import pytest

from shimmy_metrics.actions.files import FileKind, OwnFile
from shimmy_metrics.actions.forget import ForgetPlan
from shimmy_metrics.wording.files import question
from shimmy_metrics.wording.receiver import UNREACHABLE
from support import opened, overviews

FILES = tuple(
    OwnFile(f"/home/me/{name}", kind, 1_000)
    for name, kind in (("metrics.db", FileKind.STORE), ("metrics.log", FileKind.LOG))
)


@pytest.mark.parametrize(
    ("size", "told"),
    [((80, 24), "space: more, and the files on this disk "), ((40, 12), "space: more, and the files ")],
    ids=str,
)
async def test_the_page_of_consent_says_that_the_files_are_below(
    tmp_path: Path, size: tuple[int, int], told: str
) -> None:
    app = opened.still(tmp_path, overviews.busy()._replace(files=FILES))
    async with app.run_test(size=size) as pilot:
        await opened.press(pilot, "c")
        assert told in opened.text(app)
        while "On this disk" not in opened.text(app):
            await opened.press(pilot, "space")
        assert "and the files" not in opened.text(app)


async def test_without_files_none_are_announced(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(40, 12)) as pilot:
        await opened.press(pilot, "c")
        assert "space: more " in opened.text(app)


@pytest.mark.parametrize("screen", ["c", "1", "2", "3", "4"])
@pytest.mark.parametrize("size", [(80, 24), (60, 16), (120, 40)], ids=str)
async def test_the_first_page_of_keys_says_what_happens_without_a_network(
    tmp_path: Path, screen: str, size: tuple[int, int]
) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=size) as pilot:
        await opened.press(pilot, screen, "question_mark")
        first = opened.read(app)
        assert ("no server waits, the report stays here; G: more." in first) is not (UNREACHABLE in first)
        await opened.press(pilot, "G")
        assert "session's end deletes it." in opened.read(app)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=str)
async def test_what_waits_says_that_it_stays_without_a_network(tmp_path: Path, size: tuple[int, int]) -> None:
    for shown, keys, told in (
        (overviews.busy(), (), "Without a network it"),
        (overviews.batch(), (), "Without a network they"),
        (overviews.batch(), ("enter",), "Without a network it"),
    ):
        app = opened.still(tmp_path, shown)
        async with app.run_test(size=size) as pilot:
            await opened.press(pilot, "2", *keys)
            assert told in opened.read(app)
            assert re.search(r"stays? here\.", opened.read(app))


async def test_where_nothing_can_be_sent_it_is_not_said_that_it_stays_for_that(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.busy()._replace(consent=overviews.switched_off().consent))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "2")
        assert "2 reports are waiting" in opened.read(app)
        assert "Without a network" not in opened.read(app)


def test_the_question_before_all_is_deleted_names_each_file() -> None:
    folder = OwnFile("/home/me", FileKind.FOLDER, 0)
    saved = OwnFile("/home/me/shimmy-metrics-2026-11-23.json", FileKind.EXPORT, 500)
    asked = " ".join(question(ForgetPlan((*FILES, saved, folder), withdraws=False)))
    assert "It deletes 3 files, 2,500 bytes (metrics.db, metrics.log), with no report" in asked
    assert "That includes 1 file that you saved in /home/me: shimmy-metrics-2026-11-23.json." in asked
    assert "1 file, 500 bytes, with no report" in " ".join(question(ForgetPlan((saved,), withdraws=False)))
