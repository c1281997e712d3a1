"""What a machine tells of itself, over days, months, and a clock that somebody sets back."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from shimmy_metrics.actions.decide import enable
from shimmy_metrics.delivery.as_sealed import example_report
from shimmy_metrics.delivery.seal import end_session
from shimmy_metrics.machine.facts import Facts
from shimmy_metrics.report.build import build
from shimmy_metrics.store import outbox, sessions
from shimmy_metrics.store.database import opened
from shimmy_metrics.system.profile import Profile
from support.samples import COUNTERS, FACTS, NOW, fixed, session


def _told(root: Path, moments: list[datetime], facts: Facts = FACTS) -> list[dict[str, Any]]:
    """End a session at each of the moments; return what their reports say."""
    consent_id = enable(Profile.under(root, {}, fixed())).decision.consent_id
    told = []
    for number, moment in enumerate(moments):
        mine = Profile.under(root, {}, fixed(moment))
        with opened(mine) as db:
            begun = sessions.begin(db, session(f"c0ffee00-0000-4000-8000-{number:012x}", consent_id=consent_id))
            end_session(mine, db, begun, COUNTERS, facts)
            (waiting,) = outbox.everything(db)
            outbox.remove(db, waiting.row_id)
        told.append(orjson.loads(waiting.body))
    return told


def test_a_clock_a_year_forth_and_back_tells_no_day_and_no_month_twice(tmp_path: Path) -> None:
    days = [NOW + timedelta(days=20 * step) for step in range(19)]
    told = _told(tmp_path, [*days, *reversed(days), *days, days[-1] + timedelta(days=40)])
    active = [each["timestamp"] for each in told if each["metrics"]["daily_active_usage"]]
    assert active == [f"{day:%Y-%m-%d}T00:00:00Z" for day in (*days, days[-1] + timedelta(days=40))]
    machine = [each["timestamp"][:7] for each in told if each["metrics"]["cpu_cores"] is not None]
    assert machine == sorted(set(machine))
    assert len(machine) == 14
    assert machine == [each["timestamp"][:7] for each in told if each["metrics"]["memory_gb"] is not None]


@pytest.mark.parametrize("facts", [FACTS._replace(memory_bytes=None), FACTS._replace(cores=None)])
def test_where_one_figure_cannot_be_read_the_other_leaves_once_a_month_all_the_same(
    tmp_path: Path, facts: Facts
) -> None:
    first, second, next_month = _told(tmp_path, [NOW, NOW, NOW + timedelta(days=31)], facts)
    for name, known in (("memory_gb", facts.memory_bytes), ("cpu_cores", facts.cores)):
        assert (first["metrics"][name] is not None) is (known is not None)
        assert second["metrics"][name] is None
        assert (next_month["metrics"][name] is not None) is (known is not None)


def test_a_month_in_which_neither_could_be_read_keeps_its_turn(tmp_path: Path) -> None:
    nothing = FACTS._replace(memory_bytes=None, cores=None)
    (unread,) = _told(tmp_path, [NOW], nothing)
    (read,) = _told(tmp_path, [NOW])
    assert (unread["metrics"]["memory_gb"], unread["metrics"]["cpu_cores"]) == (None, None)
    assert (read["metrics"]["memory_gb"], read["metrics"]["cpu_cores"]) == (16, 8)


def test_an_example_tells_what_the_next_report_would(tmp_path: Path) -> None:
    _told(tmp_path, [NOW])
    with opened(Profile.under(tmp_path, {}, fixed())) as db:
        same_month = build(example_report(FACTS, NOW, 1, db))["metrics"]
        later = build(example_report(FACTS, NOW + timedelta(days=31), 1, db))["metrics"]
        earlier = build(example_report(FACTS, NOW - timedelta(days=31), 1, db))["metrics"]
    nothing_sealed = build(example_report(FACTS, NOW, 1))["metrics"]
    for metrics, cores in ((same_month, None), (later, 8), (earlier, None), (nothing_sealed, 8)):
        assert isinstance(metrics, dict)
        assert metrics["cpu_cores"] == cores
