"""An export's own rules take every raw value that a report can leave, and nothing beside them."""

import pytest

from shimmy_metrics.actions.export import FORMAT
from shimmy_metrics.actions.held import _measured, check_export
from shimmy_metrics.counters import Counters
from shimmy_metrics.machine.facts import Facts
from shimmy_metrics.report.build import raw_values
from shimmy_metrics.vocabulary import CLIENTS, OTHER, ROUTES, TokenSource
from support.samples import COUNTERS, FACTS, measured

NOTHING_KNOWN = Facts(
    system="other",
    architecture="other",
    memory_bytes=None,
    cores=None,
    gpu_vendor=None,
    gpu_detected=True,
    region="unknown",
    zone="",
)
EVERYTHING_MET = COUNTERS._replace(
    sources=dict.fromkeys(map(str, TokenSource), 1_000),
    routes=dict.fromkeys([*ROUTES, OTHER], 1),
    clients=dict.fromkeys(CLIENTS, 12),
)


@pytest.mark.parametrize("counters", [Counters(), Counters()._replace(requests=1), COUNTERS, EVERYTHING_MET])
@pytest.mark.parametrize("facts", [FACTS, NOTHING_KNOWN, FACTS._replace(zone="UTC-05:00")])
@pytest.mark.parametrize("first", [True, False])
def test_every_raw_value_can_stand_in_an_export(counters: Counters, facts: Facts, first: bool) -> None:
    values = measured()._replace(counters=counters, facts=facts, first_of_day=first, first_of_month=first, version="")
    assert [name for name, text in raw_values(values).items() if not _measured({name: text})] == []


@pytest.mark.parametrize("planted", ["/home/somebody", "llama-3.1-8b", "2 names, hashed: llama", "first of the day; x"])
def test_other_words_cannot(planted: str) -> None:
    for name in raw_values(measured()):
        assert not _measured({name: planted})


@pytest.mark.parametrize("written", ["2025-01-15T10:30:00Z", "2025-01-15T10:30:00.123456789+00:00"])
def test_a_decision_s_time_as_shimmy_itself_would_write_it_can_stand_there(written: str) -> None:
    held = {"format": FORMAT, "config": {"last_updated": written}, "sessions": [], "outbox": [], "receipts": []}
    assert check_export(held) == ([], 0)


@pytest.mark.parametrize(
    ("keys", "holds"),
    [
        ({}, True),
        (None, True),
        ({"app.validate": "V", "app.quit": "ctrl+c, f10", "page.first": "question_mark", "x.y": "]"}, True),
        ({"app.validate": "the prompt of somebody"}, False),
        ({"/home/somebody": "V"}, False),
        ({"app.validate": 7}, False),
        ("V", False),
    ],
)
def test_a_person_s_own_keys_can_stand_in_an_export_and_other_words_cannot(keys: object, holds: bool) -> None:
    held = {"format": FORMAT, "config": {"metrics": {"keys": keys}}}
    assert (check_export(held)[0] == []) is holds
