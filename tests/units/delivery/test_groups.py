"""What a receiver's answers said of its smallest groups, kept beside what a yes covers."""

import json
import sqlite3

import pytest

from shimmy_metrics.consent.effective_consent import GroupSize
from shimmy_metrics.consent.endpoint import ENDPOINT
from shimmy_metrics.delivery.groups import GROUPS, agree, group_size, record_named
from shimmy_metrics.limits import GROUP_REPORTS
from shimmy_metrics.store.database import get_meta, set_meta
from support.samples import memory_store

MINE = "https://metrics.example.org/v1/usage"
OTHER = "https://other.example.org/v1/usage"
SAID = GroupSize(GROUP_REPORTS, GROUP_REPORTS)


def test_the_description_s_receiver_said_its_number_and_another_said_none_yet() -> None:
    with memory_store() as db:
        assert group_size(db, ENDPOINT) == group_size(db, f"{ENDPOINT}/") == SAID
        assert group_size(db, MINE) == GroupSize(0, 0)
        assert not group_size(db, MINE).lowered


def test_what_is_named_first_is_covered_and_less_afterwards_is_not() -> None:
    with memory_store() as db:
        assert record_named(db, MINE, 20) is False
        assert group_size(db, MINE) == GroupSize(20, 20)
        assert record_named(db, MINE, 20) is False
        assert record_named(db, MINE, 19) is True
        assert group_size(db, MINE) == GroupSize(20, 19)
        assert record_named(db, MINE, 19) is False, "it was told once"
        assert record_named(db, MINE, 5) is True
        # More than before is no reason to ask; the yes covers it from then on.
        assert record_named(db, MINE, 30) is False
        assert group_size(db, MINE) == GroupSize(30, 30)


def test_a_number_that_comes_back_up_leaves_what_was_agreed_to() -> None:
    with memory_store() as db:
        for named in (20, 5, 10):
            record_named(db, MINE, named)
        assert group_size(db, MINE) == GroupSize(20, 10)


def test_a_yes_covers_what_was_named_last() -> None:
    with memory_store() as db:
        assert agree(db, MINE) is False
        assert not get_meta(db, GROUPS), "nothing was to be agreed to"
        record_named(db, MINE, 20)
        assert agree(db, MINE) is False
        record_named(db, MINE, 5)
        assert agree(db, MINE) is True
        assert group_size(db, MINE) == GroupSize(5, 5)
        assert agree(db, MINE) is False


def test_each_receiver_is_kept_by_its_address_however_that_is_written() -> None:
    with memory_store() as db:
        record_named(db, ENDPOINT, 15)
        record_named(db, MINE, 20)
        record_named(db, OTHER, 9)
        record_named(db, f"{MINE}/", 4)
        assert json.loads(get_meta(db, "groups") or "") == {ENDPOINT: [20, 15], OTHER: [9, 9], f"{MINE}/": [20, 4]}
        assert group_size(db, MINE) == GroupSize(20, 4)
        agree(db, MINE)
        assert (group_size(db, MINE), group_size(db, ENDPOINT)) == (GroupSize(4, 4), GroupSize(20, 15))


@pytest.mark.parametrize("kept", ["[]", "{", '{"a":1}', '{"a":[1]}', '{"a":[1,2,3]}', '{"a":["x",2]}'])
def test_a_row_that_is_none_of_ours_is_damage(kept: str) -> None:
    with memory_store() as db:
        set_meta(db, GROUPS, kept)
        with pytest.raises(sqlite3.DatabaseError, match="malformed"):
            group_size(db, MINE)
