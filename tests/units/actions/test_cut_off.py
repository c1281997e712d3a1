"""A session is cut off where its process is gone and it stands in the store unended; one that has just ended is not."""

from collections.abc import Callable
from pathlib import Path

import pytest

from shimmy_metrics.actions.comparison import Stage, compare_reports
from shimmy_metrics.actions.decide import enable, only_for_me
from shimmy_metrics.actions.overview import overview
from shimmy_metrics.actions.preview import preview
from shimmy_metrics.actions.status import read_status
from shimmy_metrics.app.screens.outgoing.view import outgoing_view
from shimmy_metrics.app.screens.report.view import Selection
from shimmy_metrics.app.terminal.glyphs import UNICODE
from shimmy_metrics.app.ui.layout import Canvas
from shimmy_metrics.cli.cmd_history import diff_lines
from shimmy_metrics.cli.plain_report import plain_report
from shimmy_metrics.cli.status_report import as_lines
from shimmy_metrics.records import Session
from shimmy_metrics.store import sessions
from shimmy_metrics.store.database import opened, transaction
from shimmy_metrics.system.profile import Profile
from support.samples import FACTS, NOW, profile, session


def _status(mine: Profile) -> list[Session]:
    return [*read_status(mine).cut_off]


def _overview(mine: Profile) -> list[Session]:
    return [each.session for each in overview(mine, FACTS).cut_off]


def _preview(mine: Profile) -> list[Session]:
    found = preview(mine, FACTS)
    return [found.session] if found.session is not None and found.session not in found.running else []


READS = pytest.mark.parametrize("read", [_status, _overview, _preview])


@pytest.fixture
def mine(tmp_path: Path) -> Profile:
    """Return a profile whose store has one session, which no process holds."""
    made = profile(tmp_path)
    enable(made)
    with opened(made) as db, transaction(db):
        sessions.begin(db, session())
    return made


@READS
def test_a_session_whose_process_is_gone_was_cut_off(mine: Profile, read: Callable[[Profile], list[Session]]) -> None:
    (found,) = read(mine)
    assert found.ended is None


@READS
def test_one_that_ends_while_the_store_is_read_was_not(
    mine: Profile, monkeypatch: pytest.MonkeyPatch, read: Callable[[Profile], list[Session]]
) -> None:
    def ends_meanwhile(_: Profile, found: Session) -> bool:
        with opened(mine) as db, transaction(db):
            sessions.finish(db, found.row_id, NOW, local=False)
        return False

    monkeypatch.setattr(sessions, "alive", ends_meanwhile)
    assert read(mine) == []


@READS
def test_one_whose_process_goes_while_the_store_is_read_is_not_shown_as_both(
    mine: Profile, monkeypatch: pytest.MonkeyPatch, read: Callable[[Profile], list[Session]]
) -> None:
    looks = iter([True])
    monkeypatch.setattr(sessions, "alive", lambda *_: next(looks, False))
    assert read(mine) == []


def test_its_report_is_compared_and_named_as_what_it_is(mine: Profile) -> None:
    found = compare_reports(mine, FACTS)
    assert (found.after.stage, found.others) == (Stage.CUT_OFF, ())
    assert "the session that was cut off, as a report of it would be now" in "\n".join(diff_lines(found, NOW))
    named = compare_reports(mine, FACTS, [found.after.report_id])
    assert (named.after.stage, named.after.report_id) == (Stage.CUT_OFF, found.after.report_id)


def test_no_report_of_it_is_promised_after_the_answer_only_for_me(mine: Profile) -> None:
    (cut,) = _status(mine)
    only_for_me(mine)
    said = "\n".join(as_lines(read_status(mine)))
    assert f"cut off   1 session, {cut.counters.requests:,} requests: it ends when a session starts\n" in said
    shown = overview(mine, FACTS)
    assert ": it ends when a session starts." in "\n".join(plain_report(shown, NOW))
    page = str(outgoing_view(Canvas(80, 24, UNICODE, NOW), shown, Selection(), None))
    assert "Only for you: it stays here." in page
