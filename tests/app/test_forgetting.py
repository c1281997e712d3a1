"""The consent screen lists everything of ours on this disk, and offers to forget it: asked with numbers first."""

import re
from pathlib import Path

import pytest

from shimmy_metrics.actions.decide import decline, enable
from shimmy_metrics.actions.files import FileKind, files
from shimmy_metrics.actions.forget import forget_plan
from shimmy_metrics.app.command_palette import commands
from shimmy_metrics.app.ui.dialog import Dialog
from shimmy_metrics.config.file import load
from shimmy_metrics.consent.state import Consent
from shimmy_metrics.store import outbox
from shimmy_metrics.store.database import opened as opened_store
from shimmy_metrics.wording.files import USES, question
from support import opened
from support.samples import queued

SIZE = (80, 60)


def _used(root: Path) -> None:
    enable(opened.profile_of(root))
    with opened_store(opened.profile_of(root)) as db:
        outbox.add(db, queued())


async def test_the_page_lists_each_file_with_its_size_and_use(tmp_path: Path) -> None:
    _used(tmp_path)
    app = opened.living(tmp_path)
    async with app.run_test(size=(200, 60)) as pilot:
        await opened.press(pilot, "c")
        shown = opened.read(app)
        listed = files(app.profile)
        assert {each.kind for each in listed} >= {FileKind.FOLDER, FileKind.CONFIG, FileKind.STORE}
        for each in listed:
            assert str(each.path) in shown
            assert USES[each.kind] in shown
            if each.kind is not FileKind.FOLDER:
                assert f"{each.size:,} byte" in shown


async def test_forget_asks_with_numbers_and_a_no_changes_nothing(tmp_path: Path) -> None:
    _used(tmp_path)
    app = opened.living(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await opened.press(pilot, "c", "d")
        await opened.until(pilot, lambda: isinstance(app.screen, Dialog))
        await opened.until(pilot, lambda: "1 waiting report" in opened.text(app))
        await opened.answer(pilot, "n")
    assert load(app.profile).decision.consent is Consent.GRANTED
    assert FileKind.STORE in [each.kind for each in files(app.profile)]


async def test_on_a_yes_all_of_it_goes_and_the_page_shows_it(tmp_path: Path) -> None:
    _used(tmp_path)
    app = opened.living(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await opened.press(pilot, "c", "d")
        await opened.until(pilot, lambda: isinstance(app.screen, Dialog))
        await opened.answer(pilot, "y")
        await opened.until(pilot, lambda: [each.kind for each in files(app.profile)] == [FileKind.CONFIG])
        await opened.until(pilot, lambda: "Metrics are off, last changed" in opened.text(app))
        await opened.until(pilot, lambda: "On this disk:" in opened.text(app))
        assert str(app.profile.config_path) in opened.read(app)
        assert "d Delete all" not in opened.text(app)
        await pilot.pause(1.2)  # two looks of the app at the disk: it makes nothing anew
    assert [each.kind for each in files(app.profile)] == [FileKind.CONFIG]
    assert load(app.profile).decision.consent is Consent.DECLINED


async def test_it_stands_in_the_palette_of_the_page(tmp_path: Path) -> None:
    _used(tmp_path)
    app = opened.living(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await opened.press(pilot, "c")
        assert "Delete all but the config" in [command.name for command in commands(app, app.screen)]


async def test_where_nothing_lies_here_nothing_is_offered(tmp_path: Path) -> None:
    app = opened.living(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await opened.press(pilot, "c")
        assert "On this disk" not in opened.text(app)
        assert "Forget all" not in opened.text(app)
        await opened.press(pilot, "d")
        await opened.until(pilot, lambda: "Nothing of ours is on this disk" in opened.text(app))


@pytest.mark.parametrize("size", [(80, 24), (40, 12), (40, 7), (40, 5)])
async def test_nothing_of_the_question_is_lost_where_many_files_were_saved(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    _used(tmp_path)
    for day in range(1, 31):
        (tmp_path / f"shimmy-report-2026-11-{day:02}.json").write_bytes(queued().body)
    app = opened.living(tmp_path)
    app.profile = app.profile._replace(home=tmp_path)
    whole = " ".join(question(forget_plan(app.profile)))
    assert f"30 files that you saved in {tmp_path}: " in whole
    async with app.run_test(size=size) as pilot:
        await opened.press(pilot, "c", "d")
        await opened.until(pilot, lambda: isinstance(app.screen, Dialog))
        await opened.until(pilot, lambda: "This withdraws" in opened.text(app))
        seen = ""
        for _ in range(60):
            rows = opened.text(app).splitlines()
            assert re.search(r"y Yes.*n No", rows[-1])
            top = max((at for at, row in enumerate(rows) if row.startswith("──")), default=-1)
            seen += "".join(rows[top + 1 : -1])
            if "more ─" not in rows[top] or whole.split()[-1] in seen:
                break
            await opened.press(pilot, "space")
        assert "".join(whole.split()) in "".join(seen.split())


async def test_what_was_asked_after_a_no_does_not_take_back_a_yes_that_came_meanwhile(tmp_path: Path) -> None:
    profile = opened.profile_of(tmp_path)
    _used(tmp_path)
    decline(profile)
    app = opened.living(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await opened.press(pilot, "c", "d")
        await opened.until(pilot, lambda: isinstance(app.screen, Dialog))
        assert "This withdraws" not in opened.read(app)
        enable(profile)
        await opened.answer(pilot, "y")
        told = "By now this would withdraw as well, so nothing was deleted. Ask for it again."
        await opened.until(pilot, lambda: told in opened.read(app))
    assert load(profile).decision.consent is Consent.GRANTED
