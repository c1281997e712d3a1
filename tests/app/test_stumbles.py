"""What made a stranger stumble: each is mended, and stays so."""

from pathlib import Path

import pytest

from shimmy_metrics.actions.decide import enable
from shimmy_metrics.app.keys import EVERYWHERE
from shimmy_metrics.app.screens.consent.answers import choices_now
from shimmy_metrics.app.screens.fields.view import fields_view
from shimmy_metrics.app.screens.report.baseline import Baseline
from shimmy_metrics.app.screens.report.changes import count_changes, since
from shimmy_metrics.app.terminal.glyphs import UNICODE
from shimmy_metrics.app.ui.layout import LABELLED, Canvas
from shimmy_metrics.consent.state import SCHEMA_VERSION, Delivery
from shimmy_metrics.records import QueueState
from shimmy_metrics.report.fields import FIELDS
from shimmy_metrics.store import outbox
from shimmy_metrics.store.database import opened as store
from support import opened, overviews, samples
from support.simulated_time import Timed, key, send

CANVAS = Canvas(80, 24, UNICODE, samples.NOW)


async def test_a_new_search_begins_empty_and_says_how_much_it_shows(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "4", "slash", *"model", "enter", "slash")
        assert f"{len(FIELDS)} fields are everything that could ever be sent" in opened.text(app)
        await opened.press(pilot, *"memory", "enter")
        shown = opened.text(app)
        assert "memory_gb" in shown
        assert "mention 'memory'." in shown
        found = [row for row in shown.splitlines()[4:] if row.strip()]
        assert all("memory" in "".join(found[place : place + 2]) for place, row in enumerate(found) if row[:1] == "›")


@pytest.mark.parametrize("wait", list(QueueState))
@pytest.mark.parametrize("size", [(80, 24), (100, 30), (66, 20), (60, 20), (40, 12)])
async def test_the_way_out_is_in_view_whatever_waits(tmp_path: Path, wait: QueueState, size: tuple[int, int]) -> None:
    shown = overviews.busy()
    shown = shown._replace(outbox=tuple(each._replace(state=wait) for each in shown.outbox))
    app = opened.still(tmp_path, shown)
    async with app.run_test(size=size) as pilot:
        await opened.press(pilot, "2")
        last = opened.text(app).splitlines()[-1]
        assert last.split()[-1 if size[0] < LABELLED else -2] == "q"
        assert len(last) < size[0]
        assert ("y Save" if size[0] >= LABELLED else " y ") in last


async def test_a_question_says_which_of_several_reports_is_meant(tmp_path: Path) -> None:
    shown = overviews.busy()
    app = opened.still(tmp_path, shown)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "2", "r")
        await opened.until(pilot, lambda: "Release this report?" in opened.text(app))
        assert shown.outbox[0].sha256[:8] in opened.text(app)
        await opened.press(pilot, "n", "right_square_bracket", "d")
        await opened.until(pilot, lambda: "Delete this report?" in opened.text(app))
        assert shown.outbox[1].sha256[:8] in opened.text(app)


def test_what_is_the_same_is_counted_and_listed_alike() -> None:
    one, other = (overviews.reported(overviews.named(number, days=1)).body for number in (1, 2))
    base = Baseline(samples.NOW, one)
    listed = [row for row in since(CANVAS, base, other, same=True) if row.key]
    same = [row for row in listed if any("same" in span.text for span in row.line)]
    assert f"{len(same)} are the same." in count_changes(base, other)
    assert not {"session_id", "timestamp"} & {row.key for row in listed}


def test_whoever_lets_reports_go_is_told_how_many_go_with_them() -> None:
    shown = overviews.busy()
    held = sum(each.state is QueueState.HELD_BY_MODE for each in shown.outbox)
    assert held
    assert shown.consent.decision.delivery is Delivery.REVIEW
    told = {choice.label: choice.consequence for choice in choices_now(shown)}
    assert told["Keep on"] == "no change: each report is held for you"
    assert told["Do not hold"] == f"reports are sent automatically, the {held} held one too"
    by_hand = shown._replace(outbox=tuple(each._replace(state=QueueState.HELD_BY_HAND) for each in shown.outbox))
    assert {c.label: c.consequence for c in choices_now(by_hand)}["Do not hold"] == "reports are sent automatically"
    too_old = shown._replace(overdue=frozenset(each.row_id for each in shown.outbox))
    assert {c.label: c.consequence for c in choices_now(too_old)}["Do not hold"] == "reports are sent automatically"
    unread = shown._replace(store_unusable=True)
    later = "reports are sent automatically where that is possible"
    assert {c.label: c.consequence for c in choices_now(unread)}["Do not hold"] == later


def test_under_a_yes_of_a_newer_version_holding_is_recorded_and_promises_no_report() -> None:
    shown = overviews.idle()
    newer = shown.consent.decision._replace(schema_version=SCHEMA_VERSION + 1)
    consent = shown.consent._replace(decision=newer)
    told = {choice.label: choice.consequence for choice in choices_now(shown._replace(consent=consent))}
    assert told["Hold reports"] == "recorded"


async def test_what_is_said_can_be_read_to_its_end_on_a_small_terminal(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(40, 12)) as pilot:
        await opened.press(pilot, "2")
        await app.report("Saved: ~/shimmy-report-2026-11-23-2.json, 687 bytes; handed to the clipboard as well.")
        await opened.until(pilot, lambda: "space: more" in opened.text(app))
        await opened.press(pilot, "space")
        await opened.until(pilot, lambda: "as well." in opened.read(app))


async def test_every_key_is_in_view_on_its_page(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 24)) as pilot:
        for screen in "134":
            await opened.press(pilot, screen, "question_mark")
            shown = opened.text(app)
            assert all(each in shown for each in ("on this screen", "everywhere", "Ctrl+Z"))
            assert {binding.description for binding in EVERYWHERE if binding.description not in shown} == set()
            assert "If the receiver cannot be reached" in opened.text(app)
            assert "back, or quit (not Esc)" in opened.text(app)
            await opened.press(pilot, "q")


async def test_esc_goes_back_and_never_out(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "3", "enter", "escape")
        assert "4 reports were sent and taken" in opened.text(app)
        await opened.press(pilot, "escape")
        await opened.until(pilot, lambda: "Esc only goes back; q quits." in opened.text(app))
        await opened.press(pilot, "q")
        assert not app.is_running


@pytest.mark.parametrize("size", [(80, 24), (40, 12), (120, 40)], ids=str)
@pytest.mark.parametrize("word", ["hardware", "busy", "clock"])
async def test_a_search_shows_the_words_that_it_found(tmp_path: Path, word: str, size: tuple[int, int]) -> None:
    content = fields_view(Canvas(*size, UNICODE, samples.NOW), overviews.busy(), word)
    texts = ["".join(span.text for span in row.line).lower() for row in content.rows]
    found = [place for place, row in enumerate(content.rows) if row.key]
    assert found
    assert all(word in texts[place] or word in texts[place + 1] for place in found)
    told = "".join(span.text for line in content.head for span in line)
    assert told.endswith(f"'{word}'.")


async def test_a_q_once_too_often_goes_back_and_not_out(tmp_path: Path) -> None:
    app = Timed(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 24)) as pilot:
        await app.pass_time(pilot, 2.0)
        await send(pilot, key("3"), key("enter"))
        for _ in range(3):
            await send(pilot, key("q"))
            await app.pass_time(pilot, 0.1)
        assert len(app.screen_stack) == 1
        assert app.left == 0
        assert "q once more quits." in opened.text(app)
        await send(pilot, key("enter"))
        assert "q once more quits." not in opened.text(app)
        await send(pilot, key("q"))
        await app.pass_time(pilot, 1.5)
        await send(pilot, key("q"))
        assert app.left == 1


async def test_the_page_of_consent_opens_at_its_top_and_says_more_only_while_there_is_more(tmp_path: Path) -> None:
    profile = opened.profile_of(tmp_path)
    enable(profile)
    with store(profile) as db:
        outbox.add(db, samples.queued())
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "c")
        await opened.until(pilot, lambda: "space: more" in opened.text(app))
        for _ in range(6):
            await opened.press(pilot, "space")
        assert "is beyond this program's reach." in opened.read(app)
        assert "space: more" not in opened.text(app)
        await opened.press(pilot, "b")
        assert "space: more" in opened.text(app)
        await opened.press(pilot, "G")
        assert "space: more" not in opened.text(app)
        await opened.press(pilot, "1", "c")
        assert "Metrics are on" in opened.text(app)
        assert "space: more" in opened.text(app)


async def test_whoever_looks_for_the_search_in_history_is_told_where_it_is(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "3", "slash")
        assert "There is no search in History; 4 lists the fields, and / searches them." in opened.read(app)
