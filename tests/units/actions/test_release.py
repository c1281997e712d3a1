"""A person's hand on one report goes before what was said of all of them."""

from pathlib import Path

import pytest

from shimmy_metrics.actions import release as by_hand
from shimmy_metrics.actions.decide import enable, hold
from shimmy_metrics.actions.export import export
from shimmy_metrics.actions.overview import overview
from shimmy_metrics.actions.validate import validate_given
from shimmy_metrics.app.pages.canvas import Canvas
from shimmy_metrics.app.pages.outgoing import View, outgoing_page
from shimmy_metrics.app.signs import UNICODE
from shimmy_metrics.cli.told import told
from shimmy_metrics.records import Wait
from shimmy_metrics.store import outbox
from shimmy_metrics.store.database import looked_at, opened
from shimmy_metrics.system.profile import Profile
from support import samples

OTHER_ID = "c0ffee00-0000-4000-8000-00000000beef"


@pytest.fixture
def mine(tmp_path: Path) -> Profile:
    """Return a profile with two reports that are due, of which the first is held by hand."""
    made = samples.profile(tmp_path)
    enable(made)
    with opened(made) as db:
        outbox.add(db, samples.pending())
        outbox.add(db, samples.pending(OTHER_ID))
        first = outbox.due(db)[0]
    assert by_hand.hold_back(made, first.id)
    return made


def _waits(profile: Profile) -> list[Wait]:
    with looked_at(profile) as db:
        assert db is not None
        return [each.wait for each in outbox.everything(db)]


def test_a_report_held_by_hand_stays_until_it_is_released_by_hand(
    mine: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _waits(mine) == [Wait.REVIEW, Wait.DUE]
    hold(mine, review=True)
    assert _waits(mine) == [Wait.REVIEW, Wait.REVIEW]
    hold(mine, review=False)
    assert _waits(mine) == [Wait.REVIEW, Wait.DUE]
    monkeypatch.setattr(by_hand, "start_sender", lambda *_args, **_more: None)
    with looked_at(mine) as db:
        assert db is not None
        held = outbox.everything(db)[0]
    assert by_hand.release(mine, held.id)
    assert _waits(mine) == [Wait.DUE, Wait.DUE]
    hold(mine, review=True)
    hold(mine, review=False)
    assert _waits(mine) == [Wait.DUE, Wait.DUE]


def test_that_a_report_is_held_by_hand_is_said(mine: Profile) -> None:
    shown = overview(mine, samples.FACTS)
    page = outgoing_page(Canvas(80, 24, UNICODE, samples.NOW), shown, View(), None)
    assert "Held by you." in "".join(span.text for line in page.head for span in line)
    assert "waits for your release (held by you)" in "\n".join(told(shown))
    assert validate_given(export(mine), mine).ok
