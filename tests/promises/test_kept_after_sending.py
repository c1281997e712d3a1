"""A session that is kept for the person may have been a report on its way before: then nothing says "never sent"."""

import json
from pathlib import Path

import pytest

from shimmy_metrics.actions.decide import enable, only_for_me
from shimmy_metrics.actions.receipts import deletable, delete_receipts
from shimmy_metrics.records import Outcome
from shimmy_metrics.store import outbox, sessions
from shimmy_metrics.store.database import opened as store
from support import opened
from support.departed import depart
from support.installed import Home
from support.queue_report import FIRST
from support.samples import NOW, queued, session

SENT = "1 report sent to metrics.shimmy-ai.dev at 14:32, which answered with an error: 500."


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Keep a session for the person whose report was sent, and answered with an error."""
    home = Home(tmp_path)
    decision = enable(home.profile).decision
    report = queued(FIRST, consent_id=decision.consent_id, endpoint=decision.endpoint)
    with store(home.profile) as db:
        begun = sessions.begin(db, session(FIRST, consent_id=decision.consent_id))
        sessions.finish(db, begun, NOW, local=False)
        outbox.add(db, report)
        depart(db, report, outcome=Outcome.ERROR)
    only_for_me(home.profile)
    delete_receipts(home.profile, deletable(home.profile).departures)  # what was sent stays known all the same
    return home


def test_its_deletion_by_name_says_what_had_been_sent(home: Home) -> None:
    told = home.run("delete", FIRST, "--yes", "--json", command="shimmy-metrics")
    (line,) = json.loads(told.stdout)["told"]
    assert line.startswith("Deleted. 1 report sent to metrics.shimmy-ai.dev ")
    assert line.endswith(", which answered with an error: 500.")


async def test_the_app_says_it_in_the_list_in_its_figures_and_when_it_is_deleted(home: Home) -> None:
    app = opened.living(home.root)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.until(pilot, lambda: "Kept for you alone:" in opened.text(app))
        assert SENT in opened.read(app)
        await opened.press(pilot, "enter")
        assert "Kept for you alone." in opened.read(app)
        assert SENT in opened.read(app)
        assert "never sent" not in opened.read(app)
        await opened.press(pilot, "d")
        assert f"{SENT} Your sums by day stay." in opened.read(app)
        await opened.answer(pilot, "y")
        await opened.until(pilot, lambda: f"Deleted. {SENT}" in opened.read(app))
