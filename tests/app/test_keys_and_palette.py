"""Keys, the palette and the page of keys: what is offered is bound, and what a person's own keys may be."""

import asyncio
import json
from pathlib import Path

import pytest
from textual.command import Hit, Hits
from textual.widgets import OptionList

from shimmy_metrics.actions.decide import enable
from shimmy_metrics.actions.files import FileKind, OwnFile
from shimmy_metrics.app.command_palette import Actions, commands
from shimmy_metrics.app.keys import EVERYWHERE, Keys
from shimmy_metrics.app.messages import OverviewChanged
from support import opened, overviews, samples


def test_no_two_keys_that_can_be_pressed_at_once_are_the_same() -> None:
    assert Keys().shared() == ""
    assert Keys().confirmed_by_itself() == ""


async def test_what_the_help_says_is_what_is_bound(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.busy())
    app.set_keymap({"outbox.release": "z"})
    async with app.run_test(size=(100, 40)) as pilot:
        await opened.press(pilot, "2", "question_mark")
        shown = opened.text(app)
        assert "z          release this report" in shown
        assert "Ctrl+L" in shown


async def test_a_key_is_called_what_it_does_here(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.batch())
    async with app.run_test(size=(100, 40)) as pilot:
        await opened.press(pilot, "2", "question_mark")
        assert "r release these reports" in opened.read(app)
        assert "unchanged fields" not in opened.read(app)  # a request is compared with nothing
        await opened.press(pilot, "q", "right_square_bracket", "right_square_bracket", "question_mark")
        assert "r release this report" in opened.read(app)
        assert "s show unchanged fields too" in opened.read(app)
        await opened.press(pilot, "q", "s", "question_mark")
        assert "s hide unchanged fields" in opened.read(app)
        assert "w the request in one piece" in opened.read(app)
        await opened.press(pilot, "q", "w", "question_mark")
        assert "w the request split at fields" in opened.read(app)
        await opened.press(pilot, "q", "c", "question_mark")
        assert "Enter press the chosen button" in opened.read(app)  # without one it decides nothing
        await opened.press(pilot, "q")
        assert "Press the chosen button" not in {each.name for each in commands(app, app.screen)}


async def test_where_an_explanation_fills_the_screen_enter_is_said_to_go_back(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(60, 14)) as pilot:
        await opened.press(pilot, "4", "enter", "question_mark", "space")
        assert "Enter go back" in opened.read(app)
        await opened.press(pilot, "q", "enter", "question_mark", "space")
        assert "Enter open, or explain" in opened.read(app)


async def test_beside_the_only_report_that_was_sent_no_key_is_said_to_show_what_did_not_change(tmp_path: Path) -> None:
    shown = overviews.switched_off_here()._replace(outbox=(), running=(), cut_off=())
    several = shown.receipts
    only = shown._replace(entries=tuple(each for each in shown.entries if each not in several[1:]))
    assert len(several) > len(only.receipts) == 1
    for each, compared in ((shown, True), (only, False)):  # the view that this key opens shows the last that was sent
        app = opened.still(tmp_path, each)
        async with app.run_test(size=(100, 40)) as pilot:
            await opened.press(pilot, "2", "l", "question_mark")
            assert ("unchanged fields" in opened.read(app)) is compared


async def test_on_the_receipt_that_is_compared_with_the_key_that_chose_it_is_called_what_undoes_it(
    tmp_path: Path,
) -> None:
    app = opened.still(tmp_path, overviews.switched_off_here())
    async with app.run_test(size=(200, 40)) as pilot:
        await opened.press(pilot, "3")
        assert "m Compare with this" in opened.read(app)
        await opened.press(pilot, "question_mark")
        assert "m compare others with this" in opened.read(app)
        await opened.press(pilot, "q", "m")
        assert "m Compare as before" in opened.read(app)
        await opened.press(pilot, "question_mark")
        assert "m compare as before" in opened.read(app)
        await opened.press(pilot, "q", "m", "question_mark")
        assert "m compare others with this" in opened.read(app)


async def test_where_all_files_are_in_view_or_no_session_is_left_no_key_is_said_to_show_or_delete_more(
    tmp_path: Path,
) -> None:
    kept = samples.session()._replace(local=True, ended=samples.NOW)
    files = (OwnFile(str(tmp_path / "config.json"), FileKind.CONFIG, 120),)
    app = opened.still(tmp_path, overviews.only_for_me()._replace(ended=(kept,), files=files))
    async with app.run_test(size=(100, 60)) as pilot:
        await opened.press(pilot, "c", "question_mark")
        assert "Space PgDn a page down" in opened.read(app)
        await opened.press(pilot, "q", "1", "G", "enter", "question_mark")
        assert "d delete this session" in opened.read(app)
        await opened.press(pilot, "q")
        app.post_message(OverviewChanged(overviews.only_for_me()._replace(ended=())))
        await opened.settled(pilot)
        assert "No session is kept here." in opened.text(app)
        await opened.press(pilot, "question_mark")
        assert "delete this session" not in opened.read(app)


async def test_where_a_server_waits_for_the_answer_esc_is_not_said_to_stay(tmp_path: Path) -> None:
    app = opened.living(tmp_path, asking=True)
    async with app.run_test(size=(100, 40)) as pilot:
        await opened.press(pilot, "question_mark")
        shown = opened.read(app)
        assert "q Esc quit without deciding" in shown
        assert "not Esc" not in shown
        await opened.press(pilot, "q", "escape")
        await opened.until(pilot, lambda: not app.is_running)


async def test_the_palette_calls_an_answer_what_it_is_now(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.undecided(), asks=True)
    async with app.run_test(size=(80, 24)):
        listed = [command.name for command in commands(app, app.screen)]
        assert listed[:5] == ["Enable", "Only for me", "No thanks", "Ask me later", "Enable, held"]


async def test_a_config_that_cannot_be_used_is_said_in_the_first_line(tmp_path: Path) -> None:
    profile = opened.profile_of(tmp_path)
    profile.config_path.parent.mkdir(parents=True)
    profile.config_path.write_text("{")
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert str(profile.config_path) in opened.read(app)
        await opened.press(pilot, "c")
        await opened.answer(pilot, "e")
        assert "correct the file, or delete it" in " ".join(opened.text(app).split())
    assert profile.config_path.read_text() == "{"


async def test_the_palette_holds_every_action_by_its_name(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "2", "colon", *"delete")
        await opened.until(pilot, lambda: "key d" in opened.text(app))
        await opened.press(pilot, "enter")
        await opened.until(pilot, lambda: "Delete this report?" in opened.text(app))


@pytest.mark.parametrize(
    ("screen", "typed", "found"),
    [
        ("1", "tokens", "Your own figures, in all (tokens)"),
        ("1", "week", "Your own figures, in all (week)"),
        ("1", "usage", "Your own figures, in all (usage)"),
        ("1", "figures", "Your own figures, in all"),
        ("1", "network", "History: what was sent (network down)"),
        ("1", "offline", "History: what was sent (offline)"),
        ("2", "unreach", "History: what was sent (unreachable)"),
        ("1", "files", "Consent: decide, withdraw (files on disk)"),
        ("1", "delete all", "Consent: decide, withdraw (delete all)"),
        ("c", "files", "Delete all but the config (files)"),
        ("c", "forget", "Consent: decide, withdraw (forget)"),
        ("1", "prove", "History: what was sent (prove what was sent)"),
        ("2", "only", "Consent: decide, withdraw (only for me)"),
        ("1", "memory", "Fields: what there is (memory)"),
        ("1", "undo", "Consent: decide, withdraw (undo)"),
    ],
)
async def test_the_palette_finds_by_meaning_and_shows_by_which(
    tmp_path: Path, screen: str, typed: str, found: str
) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 24)) as pilot:
        keys = ["space" if letter == " " else letter for letter in typed]
        await opened.press(pilot, screen, "colon", *keys)
        await opened.until(pilot, lambda: found in opened.text(app))


async def test_the_app_may_end_in_the_midst_of_a_search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def search(self: Actions, _: str) -> Hits:
        while palette.query(OptionList):  # noqa: ASYNC110 - that it goes with the app sets no event
            await asyncio.sleep(0)
        yield Hit(1.0, "too late", self.app.bell)

    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "colon")
        palette = app.screen
        monkeypatch.setattr(Actions, "search", search)
        await pilot.press("x")
    assert app.error is None


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_session_names_the_key_of_the_own_figures_in_its_last_row(tmp_path: Path, size: tuple[int, int]) -> None:
    for shown in (overviews.busy(), overviews.several(), overviews.idle()):
        app = opened.still(tmp_path, shown)
        async with app.run_test(size=size) as pilot:
            await opened.press(pilot, "1")
            row = opened.text(app).splitlines()[-1]
            assert "u Your figures" in row or "u Figures" in row


@pytest.mark.parametrize(
    ("key", "first"),
    [
        ("2", "Release this report"),
        ("3", "Save receipts as proof"),
        ("4", "Search the fields"),
        ("c", "Keep on"),
        ("1", "Session: what is measured"),
    ],
)
async def test_the_palette_begins_with_what_the_screen_in_front_can_do(tmp_path: Path, key: str, first: str) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, key)
        front = app.screen
        listed = [command.name for command in commands(app, front)]
        screens = listed.index("Session: what is measured")
        assert listed[0] == first
        assert screens < listed.index("Export what is kept here") < listed.index("Quit") < listed.index("Colours: dark")
        await opened.press(pilot, "colon")
        await opened.until(pilot, lambda: first in opened.text(app))
        rows = opened.text(app).splitlines()
        assert rows[4].strip() == first  # the palette's own line and rule stand above


async def test_the_palette_lists_what_is_possible_now(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "2")
        acts = {"Release this report", "Delete this report", "Hold this report"}
        assert acts & {each.name for each in commands(app, app.screen)} == {"Release this report", "Delete this report"}
        app.overview = overviews.idle()
        await opened.press(pilot, "1", "2")
        assert not acts & {each.name for each in commands(app, app.screen)}


async def test_a_button_with_the_focus_has_the_cursor(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.undecided(), asks=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "tab", "tab")
        assert opened.text(app).splitlines()[app.cursor_position.y].startswith("›  t  Enable, held")


async def test_a_person_s_own_keys_are_pressed_shown_and_listed(tmp_path: Path) -> None:
    profile = opened.profile_of(tmp_path)
    enable(profile)
    config = json.loads(profile.config_path.read_text())
    config["metrics"]["keys"] = {"app.validate": "V", "consent.decline": "z", "app.consent": "f2"}
    profile.config_path.write_text(json.dumps(config))
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "c", "v")
        assert "reports checked" not in opened.text(app)
        assert "f2 Consent  x Export  V Leak scan" in opened.text(app)
        await opened.press(pilot, "f2")
        assert "z  Withdraw" in opened.text(app)
        await opened.answer(pilot, "z")
        assert "Metrics are off." in opened.text(app)
        await opened.press(pilot, "question_mark")
        assert "V check that nothing leaks" in opened.read(app)
    assert json.loads(profile.config_path.read_text())["metrics"]["keys"] == config["metrics"]["keys"]


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"app.fly": "V"}, "there is no action 'app.fly'"),
        ({"app.validate": ""}, "app.validate has no key"),
        ({"consent.enable": "enter"}, "consent.enable needs a letter"),
        ({"question.yes": "space"}, "question.yes needs a letter"),
        ({"app.validate": "k"}, "app.validate and page.up would share k"),
        ({"question.yes": "d"}, "outbox.delete asks and question.yes answers, and both would be d"),
    ],
)
async def test_keys_that_cannot_be_are_said_and_not_used(tmp_path: Path, keys: dict[str, str], said: str) -> None:
    profile = opened.profile_of(tmp_path)
    enable(profile)
    opened.own_keys(tmp_path, keys)
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.until(pilot, lambda: said in opened.read(app))
        assert "v Leak scan" in opened.text(app)


@pytest.mark.parametrize("keys", [7, "V", ["app.validate"], True])
async def test_keys_that_are_no_object_are_said_and_not_used(tmp_path: Path, keys: object) -> None:
    profile = opened.profile_of(tmp_path)
    enable(profile)
    config = json.loads(profile.config_path.read_text())
    config["metrics"]["keys"] = keys
    profile.config_path.write_text(json.dumps(config))
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.until(pilot, lambda: "not used: they are not an object" in opened.read(app))
        assert "v Leak scan" in opened.text(app)


async def test_each_key_of_the_page_of_keys_stands_in_its_column(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "2", "question_mark")
        rows = opened.text(app).splitlines()[5:][: len(EVERYWHERE)]
        begins = next(row.index("quit") for row in rows if "Ctrl+C Ctrl+Q" in row)
        assert {row[begins - 1] for row in rows} == {" "}
        assert all(row[begins] != " " for row in rows)
        assert "Session: what is measured" in "\n".join(rows)
