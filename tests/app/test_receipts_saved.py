"""What was sent last week is proved by three keys: a file with the receipts of those days, which anybody can check."""

import json
import os
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from shimmy_metrics.actions.decide import enable
from shimmy_metrics.actions.files import FileKind, files
from shimmy_metrics.actions.validate import validate_given
from shimmy_metrics.records import Departure, Outcome
from shimmy_metrics.report.seal import digest
from shimmy_metrics.store import departures
from shimmy_metrics.store.database import opened as store
from shimmy_metrics.wording.receipts import CHECKED_BY, digests_answered, periods
from support import opened, overviews, samples
from support.departed import depart

TODAY = date(2026, 11, 23)  # a Monday: "last week" is 16 to 22 November, the last 7 days are 17 to 23


def sent(root: Path, *days_ago: int, outcome: Outcome = Outcome.CONFIRMED) -> list[Departure]:
    """Record one report sent on each of these days; return the departures, newest first."""
    profile = opened.profile_of(root)
    enable(profile)
    with store(profile) as db:
        for number, days in enumerate(days_ago, start=1):
            moment = samples.NOW - timedelta(days=days)
            depart(db, overviews.reported(overviews.named(number, days=days)), outcome=outcome, moment=moment)
        return departures.everything(db)


def saved(home: Path) -> dict[str, Any]:
    (path,) = home.glob("shimmy-receipts-*.json")
    assert path.name == f"shimmy-receipts-{TODAY}.json"
    assert path.stat().st_mode & 0o077 == 0
    found: dict[str, Any] = json.loads(path.read_bytes())
    return found


@pytest.mark.parametrize(
    ("keys", "days", "what"),
    [
        ((), [0, 6], "Save receipts of the last 7 days? 2 receipts, 17 to 23 Nov: "),
        (("o",), [6, 7], "Save receipts of last week? 2 receipts, 16 to 22 Nov: "),
        (("o", "o"), [0, 6, 7, 30], "Save receipts of all days? 4 receipts: "),
        (("o", "o", "o"), [0, 6], "Save receipts of the last 7 days? 2 receipts, 17 to 23 Nov: "),
    ],
)
async def test_the_receipts_of_some_days_are_saved_with_the_digest_of_each(
    tmp_path: Path, home: Path, keys: tuple[str, ...], days: list[int], what: str
) -> None:
    every = sent(tmp_path, 30, 7, 6, 0)
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "3", "s")
        await opened.until(pilot, lambda: "Yes, save it" in opened.text(app))
        await opened.press(pilot, *keys)
        assert what in " ".join(opened.read(app).replace("─", " ").split())
        assert not os.listdir(home)
        await opened.answer(pilot, "y")
        await opened.until(pilot, lambda: "Saved: ~/shimmy-receipts-" in opened.text(app))
        assert f"{digests_answered(1, 1)} {CHECKED_BY}" in opened.read(app)
    meant = [each for each in every if (samples.NOW - each.begun).days in days]
    receipts = saved(home)["receipts"]
    assert [each["body"].encode() for each in receipts] == [each.body for each in meant]
    assert all(digest(each["body"].encode()) == each["sha256"] for each in receipts)


async def test_the_file_can_be_checked_and_is_known_as_one_of_ours(tmp_path: Path, home: Path) -> None:
    sent(tmp_path, 1, 2)
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "3", "s")
        await opened.until(pilot, lambda: "Yes, save it" in opened.text(app))
        await opened.answer(pilot, "y")
        await opened.until(pilot, lambda: "Saved: " in opened.text(app))
    profile = opened.profile_of(tmp_path)._replace(home=home)
    (path,) = (each.path for each in files(profile) if each.kind is FileKind.EXPORT)
    export = saved(home)
    assert [os.path.basename(path)] == os.listdir(home)
    checked = validate_given(json.dumps(export).encode(), profile)
    assert checked.ok
    assert checked.checked == 2
    export["receipts"][0]["body"] = export["receipts"][1]["body"]
    forged = validate_given(json.dumps(export).encode(), profile)
    assert [each.path for each in forged.violations] == ["receipts[0].sha256"]


async def test_days_without_a_receipt_are_not_offered(tmp_path: Path) -> None:
    sent(tmp_path, 40)
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "3", "s")
        await opened.until(pilot, lambda: "Yes, save it" in opened.text(app))
        assert "Save receipts of all days?" in opened.text(app)
        assert "Other days" not in opened.text(app)
        await opened.press(pilot, "o")
        assert "This key does nothing here: y is yes, n is no." in opened.text(app)


async def test_where_no_receipt_is_kept_nothing_is_asked(tmp_path: Path) -> None:
    sent(tmp_path, 1, outcome=Outcome.NO_ANSWER)
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "3")
        assert "Prove" not in opened.text(app)
        await opened.press(pilot, "s")
        await opened.until(pilot, lambda: "No receipt is kept here, so there is nothing to save." in opened.read(app))


async def test_a_path_that_was_typed_stays_when_other_days_are_chosen(tmp_path: Path) -> None:
    sent(tmp_path, 0, 7)
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "3", "s")
        await opened.until(pilot, lambda: "Yes, save it" in opened.text(app))
        await opened.press(pilot, "p", "X", "enter", "o")
        shown = opened.text(app)
        assert "Save receipts of last week?" in shown
        assert f"to ~/shimmy-receipts-{TODAY}.jsonX" in shown


@pytest.mark.parametrize("today", [TODAY + timedelta(days=days) for days in range(-8, 60)], ids=str)
def test_last_week_is_read_both_ways_and_every_receipt_is_in_all_days(today: date) -> None:
    seven, week, every = periods(today)
    assert (today - seven.first).days == 6
    assert seven.last == today
    assert week.first.isocalendar()[1:] == ((today - timedelta(days=7)).isocalendar()[1], 1)
    assert week.last.isocalendar()[1:] == ((today - timedelta(days=7)).isocalendar()[1], 7)
    assert all(every.holds(day) for day in (date(2020, 1, 1), today, today + timedelta(days=1)))
    assert (week.holds(week.first), week.holds(week.last)) == (True, True)
    assert not week.holds(week.first - timedelta(days=1)) | week.holds(week.last + timedelta(days=1))


def test_what_the_receiver_did_not_answer_is_not_claimed() -> None:
    assert "is the digest that its receiver answered with" in digests_answered(2, 2)
    assert digests_answered(3, 4).startswith("For 3 of 4 the receiver answered with the body's sha256")
    assert digests_answered(3, 4).endswith("for others it did not.")  # with none, or with another
    assert "No receiver answered with the body's sha256" in digests_answered(0, 4)
