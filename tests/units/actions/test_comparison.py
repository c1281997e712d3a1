"""Which two reports are compared, and by which names they are found."""

from datetime import timedelta
from pathlib import Path

import pytest

from shimmy_metrics.actions.comparison import Compared, Stage, compare_reports
from shimmy_metrics.actions.decide import enable
from shimmy_metrics.errors import UserError
from shimmy_metrics.records import Outcome, QueueState
from shimmy_metrics.store import outbox
from shimmy_metrics.store.database import opened
from shimmy_metrics.system.profile import Profile
from support.departed import depart
from support.queued import report, uuid
from support.samples import FACTS, NOW, profile


@pytest.fixture
def mine(tmp_path: Path) -> Profile:
    made = profile(tmp_path)
    enable(made)
    return made


def _sent(mine: Profile, *numbers: int, outcome: Outcome = Outcome.CONFIRMED) -> None:
    with opened(mine) as db:
        depart(db, *map(report, numbers), outcome=outcome, moment=NOW - timedelta(days=9 - max(numbers)))


def _named(mine: Profile, *numbers: int) -> tuple[str, str]:
    found = compare_reports(mine, FACTS, [uuid(number) for number in numbers])
    return (found.before.report_id if found.before else "", found.after.report_id)


def test_a_report_is_compared_with_the_last_one_sent_before_it(mine: Profile) -> None:
    _sent(mine, 1)
    _sent(mine, 2, 3)
    assert [_named(mine, number) for number in (1, 2, 3)] == [
        ("", uuid(1)),
        (uuid(1), uuid(2)),
        (uuid(2), uuid(3)),
    ]
    assert _named(mine, 3, 1) == (uuid(3), uuid(1))


def test_what_was_not_taken_is_no_report_that_was_sent(mine: Profile) -> None:
    _sent(mine, 1)
    _sent(mine, 2, outcome=Outcome.NO_ANSWER)
    assert _named(mine, 1) == ("", uuid(1))
    with pytest.raises(UserError, match="no report here has a digest or session_id that begins with"):
        _named(mine, 2)


def test_one_that_waits_again_after_a_refusal_is_not_the_last_one_sent(mine: Profile) -> None:
    _sent(mine, 1, 2, outcome=Outcome.PARTLY)
    with opened(mine) as db:
        outbox.add(db, report(2)._replace(state=QueueState.SET_ASIDE))
    assert _named(mine, 2) == (uuid(1), uuid(2))
    found = compare_reports(mine, FACTS, [uuid(2)])
    assert found.after.stage is Stage.QUEUED


@pytest.mark.parametrize("stage", Stage)
def test_what_is_not_sealed_is_named_by_what_stays(stage: Stage) -> None:
    report = Compared("c0ffee00-0000", "5bcae7b0f1d2", b"{}", NOW, stage)
    assert report.short == ("c0ffee00" if stage in (Stage.RUNNING, Stage.CUT_OFF) else "5bcae7b0")
