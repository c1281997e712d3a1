"""A yes that somebody wrote into the config: what waited was made under another, and is shown as it will be sent."""

import json
from pathlib import Path

from shimmy_metrics.actions.decide import enable
from shimmy_metrics.actions.outbox import find_release
from shimmy_metrics.actions.overview import overview
from shimmy_metrics.actions.preview import preview
from shimmy_metrics.actions.status import read_status
from shimmy_metrics.machine.gather import gather
from shimmy_metrics.records import QueueState
from shimmy_metrics.store import outbox
from shimmy_metrics.store.database import opened
from support.queued import LOCAL, fill_outbox
from support.samples import profile


def test_reports_of_another_yes_are_shown_as_held_before_a_sender_has_held_them(tmp_path: Path) -> None:
    mine = profile(tmp_path, SHIMMY_METRICS_ENDPOINT=LOCAL)
    enable(mine)
    fill_outbox(mine, 1)
    assert read_status(mine).due == 1
    mine.config_path.write_text(json.dumps({"metrics": {"enabled": True, "endpoint": LOCAL}}))
    told = read_status(mine)
    facts = gather(mine.environment)
    (shown,) = overview(mine, facts).outbox
    (previewed,) = preview(mine, facts).request.reports
    (released,) = find_release(mine, "all").request.reports
    assert (told.due, [each.state for each in told.held]) == (0, [QueueState.HELD_FOR_ENDPOINT])
    assert {shown.state, previewed.state, released.state} == {QueueState.HELD_FOR_ENDPOINT}
    with opened(mine) as db:
        assert [each.state for each in outbox.everything(db)] == [QueueState.DUE]
