"""A report that a receiver takes, changes of it, and a receiver that holds nothing."""

import json
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any, Final

import pytest

from shimmy_metrics.receiver.asgi import Programme
from support.receiving import Receiving
from support.samples import sealed

TODAY: Final = date(2026, 11, 23)


GOOD: Final = sealed().body


OTHER_ID: Final = "11111111-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def shared() -> Iterator[Receiving]:
    with Receiving(today=lambda: TODAY) as made:
        yield made


@pytest.fixture
def receiver(shared: Receiving) -> Receiving:
    shared.store.rows.clear()
    shared.store.recalled.clear()
    shared.store.refusing = False
    shared.programme = Programme()
    shared.counted.clear()
    shared.rate._buckets.clear()
    return shared


def changed(change: Callable[[dict[str, Any]], object], body: bytes = GOOD) -> bytes:
    report = json.loads(body)
    change(report)
    return json.dumps(report, separators=(",", ":"), ensure_ascii=False).encode()


def named(report_id: str, body: bytes = GOOD) -> bytes:
    return changed(lambda report: report.update(session_id=report_id), body)
