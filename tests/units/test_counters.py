"""Counters: what differs between two of one session is all that is needed to have the later ones."""

import json
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shimmy_metrics.counters import Counters, DaySums
from support.samples import COUNTERS, SUMMED

_NUMBERS: Final = st.integers(0, 9)
_COUNTS: Final = st.dictionaries(st.sampled_from(["a", "b", "c"]), _NUMBERS)
_DAYS: Final = st.dictionaries(st.sampled_from(["2026-11-22", "2026-11-23"]), st.builds(DaySums, _NUMBERS, _NUMBERS))
_ANY: Final = st.builds(
    Counters,
    requests=_NUMBERS,
    sources=_COUNTS,
    routes=_COUNTS,
    startup_ms=st.none() | _NUMBERS,
    minutes=st.lists(_NUMBERS, max_size=3).map(tuple),
    memory_bytes=st.none() | _NUMBERS,
    days=_DAYS,
)


@given(_ANY, _ANY)
def test_the_changes_lead_from_any_counters_to_any_others_or_are_none(earlier: Counters, later: Counters) -> None:
    changes = later.changes_since(earlier)
    if changes is not None:
        assert earlier.changed(json.loads(json.dumps(changes))) == later
    assert later.changes_since(later) == {}


def test_of_a_second_only_what_changed_is_among_them() -> None:
    later = SUMMED._replace(
        requests=48,
        routes={"/v1/chat/completions": 45, "/v1/models": 3},
        minutes=(1, 3, 0, 7),
        days={**SUMMED.days, "2026-11-23": DaySums(41, 1, 2_050, 5_100)},
    )
    assert later.changes_since(SUMMED) == {
        "requests": 48,
        "routes": {"/v1/chat/completions": 45},
        "minutes": (7,),
        "days": {"2026-11-23": (41, 1, 2_050, 5_100)},
    }


@pytest.mark.parametrize(
    "later",
    [
        COUNTERS._replace(minutes=(1, 3, 0, 6, 1)),
        COUNTERS._replace(minutes=(3, 0, 6, 1)),
        COUNTERS._replace(clients={**COUNTERS.clients, "cursor": 1}),
        COUNTERS._replace(days={"2026-11-23": DaySums(1)}),
        SUMMED._replace(days={})._replace(routes={}),
    ],
    ids=["a minute more", "an hour passed", "a client more", "a day more", "a route less"],
)
def test_what_begins_or_is_gone_takes_all_of_them(later: Counters) -> None:
    assert later.changes_since(COUNTERS) is None


def test_what_another_version_wrote_as_well_is_passed_over() -> None:
    assert COUNTERS.changed({"requests": 48, "unheard": 1, "of": {"a": 1}}) == COUNTERS._replace(requests=48)
