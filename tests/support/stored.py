"""Reports as they are stored: made of a sample, each with an id of its own."""

import json
import uuid
from datetime import date
from typing import Any, Final

from shimmy_metrics.receiver.accepted import accept
from shimmy_metrics.receiver.row import Hashing, stored_row
from shimmy_metrics.receiver.store import Store, StoredRow
from shimmy_metrics.report.seal import seal
from support import samples

HASHING: Final = (bytes(range(32)),)
DAY: Final = date(2026, 11, 25)
MONDAY: Final = date(2026, 11, 23)
_REPORT: Final[dict[str, Any]] = json.loads(samples.sealed().body)


def report(report_id: str = "", day: date = DAY, **metrics: object) -> dict[str, Any]:
    """Return a report of `day`; `metrics` are members of that section, `version` and `platform` of the report."""
    own = {name: metrics.pop(name) for name in ("version", "platform") if name in metrics}
    made = _REPORT | {"session_id": report_id or str(uuid.uuid4()), "timestamp": f"{day.isoformat()}T00:00:00Z"} | own
    return made | {"metrics": _REPORT["metrics"] | metrics}


def row(report_id: str = "", day: date = DAY, hashing: Hashing = HASHING, **metrics: object) -> StoredRow:
    """Return a report's row."""
    made = report(report_id, day, **metrics)
    return stored_row(accept(made, seal(made).body), hashing)


def held(store: Store, week: date = MONDAY) -> int:
    """Return how many reports of a week the store holds."""
    return sum(1 for _ in store.aggregate(week))
