"""A session on its way to the process that seals it."""

import pytest

from shimmy_metrics.delivery.unsealed import Unsealed, parse
from support.samples import COUNTERS, session


@pytest.mark.parametrize("whole", [None, session()._replace(counters=COUNTERS)])
@pytest.mark.parametrize("lock", [None, 9])
def test_what_was_written_is_read(whole: object, lock: int | None) -> None:
    unsealed = Unsealed(0 if whole else 3, COUNTERS, lock, whole)  # type: ignore[arg-type]  # a Session or None
    assert parse(unsealed.as_json()) == unsealed


@pytest.mark.parametrize("data", [b"no JSON", b"[]", b"{}", b"[1, 2, 3, 4]", b'[0, {}, null, {"id": 0}]'])
def test_anything_else_is_an_error(data: bytes) -> None:
    with pytest.raises((ValueError, TypeError, KeyError, AttributeError)):
        parse(data)
