"""What a team sees of a week, and how few are told apart."""

import csv
import io
import json
from datetime import date, timedelta

from shimmy_metrics.receiver.folder import Folder
from shimmy_metrics.receiver.week import week_name, week_of
from support.installed import Home
from support.receive_folder import act, filled, folder, home, report, today
from support.receive_process import receive

__all__ = ["folder", "home", "today"]


def test_a_fleet_of_one_s_own_tells_smaller_groups_and_every_answer_says_so(
    home: Home, folder: Folder, today: date
) -> None:
    this = week_of(today)
    with receive(home, "--own", "3") as running:
        assert running.post(report()).json["k"] == 3
    filled(folder, today, range(1), reports=150)
    words = ["--week", week_name(this)]
    told = json.loads(act(home, "week", "--json", *words))
    assert (told["week"], told["k"], told["enough"], told["closed"]) == (week_name(this), 3, True, False)
    assert told["received"] == 150
    assert told["tables"]["platform"]["groups"] == [{"value": "linux-x64", "percent": 100}]
    rows = list(csv.DictReader(io.StringIO(act(home, "week", "--csv", *words))))
    assert {"week": week_name(this), "field": "platform", "value": "linux-x64", "percent": "100", "reports": ""} in rows
    lines = act(home, "week", *words).splitlines()
    assert any("Not closed" in line for line in lines)
    assert max(map(len, lines)) <= 80
    with receive(home, "--own", "20") as running:
        assert "k" not in running.post(report()).json
    assert "Not enough data" in act(home, "week", *words)


def test_what_arrived_for_larger_groups_is_never_told_in_smaller_ones(home: Home, folder: Folder, today: date) -> None:
    filled(folder, today, range(1), reports=150)
    with receive(home, "--own", "3"):
        pass
    told = json.loads(act(home, "week", "--json", "--week", week_name(week_of(today))))
    assert (told["k"], told["enough"]) == (20, False)


def test_a_group_size_stays_until_another_is_given(home: Home, folder: Folder) -> None:
    with receive(home, "--own", "3"):
        assert folder.group_size.exists()
    with receive(home) as running:
        assert running.post(report()).json["k"] == 3


def test_without_a_name_the_newest_week_that_is_over_is_told(home: Home, folder: Folder, today: date) -> None:
    this = week_of(today)
    filled(folder, today, range(1))
    assert act(home, "week").startswith(f"{week_name(this)}: ")
    filled(folder, today, range(today.weekday() + 1, today.weekday() + 2))
    assert act(home, "week").startswith(f"{week_name(this - timedelta(days=7))}: ")


def test_a_week_whose_days_are_gone_is_told_as_it_was(home: Home, folder: Folder, today: date) -> None:
    (folder.path / "k").write_text("1")
    monday = week_of(today - timedelta(days=15))
    ages = range((today - monday).days - 6, (today - monday).days + 1)
    filled(folder, today, ages, reports=10)
    words = ["--week", week_name(monday), "--json"]
    before = json.loads(act(home, "week", *words))
    assert (before["received"], before["flagged"]) == (70, 70)
    act(home, "retain")
    assert list(folder.arrival_days()) == []
    assert json.loads(act(home, "week", *words)) == before
