"""A hashing key under which something may stand is missed, whichever of them it is."""

from contextlib import closing
from datetime import timedelta

import pytest

from shimmy_metrics.errors import UserError
from shimmy_metrics.receiver.folder import Folder
from shimmy_metrics.receiver.keys import OLD_DAYS, load_keys, lost_keys, rotate_hashing
from shimmy_metrics.receiver.sqlite.seen import SEEN_DAYS
from shimmy_metrics.receiver.sqlite.store import SqliteStore
from support.retained_days import folder
from support.stored import MONDAY, row

__all__ = ["folder"]

ID = "c0ffee00-0000-4000-8000-00000000cafe"


@pytest.mark.parametrize("loss", ["of before", "another's", "of before, as a cut file"])
def test_a_hashing_key_that_is_missing_among_several_is_said_too(folder: Folder, loss: str) -> None:
    with closing(SqliteStore(folder, disk_used=lambda: 0.1)) as store:
        store.append(MONDAY, [row(ID, hashing=load_keys(folder, MONDAY).hashing)])
    if loss == "another's":
        (folder.keys / "hashing").write_bytes(bytes(32))
    else:
        rotate_hashing(folder)
        load_keys(folder, MONDAY)
        (before,) = folder.keys.glob("hashing-*")
        before.unlink()
        if "cut" in loss:
            before.write_bytes(b"short")
    with pytest.raises(UserError, match="can arrive twice"):
        load_keys(folder, MONDAY)
    assert len(lost_keys(folder)) == 1
    if "cut" in loss:
        before.unlink()  # as the line says that follows, once it is found
    assert rotate_hashing(folder) == (True, True)
    assert load_keys(folder, MONDAY).certain_from == MONDAY + timedelta(days=SEEN_DAYS + 1)


def test_while_nothing_was_received_a_hashing_key_may_be_replaced(folder: Folder) -> None:
    (folder.keys / "hashing").write_bytes(bytes(32))  # copied from the first receiver of a cluster
    assert load_keys(folder, MONDAY).hashing == (bytes(32),)
    assert rotate_hashing(folder) == (True, False)


def test_a_hashing_key_whose_time_is_over_is_not_missed(folder: Folder) -> None:
    with closing(SqliteStore(folder, disk_used=lambda: 0.1)) as store:
        store.append(MONDAY, [row()])
    rotate_hashing(folder)
    load_keys(folder, MONDAY)
    load_keys(folder, MONDAY + timedelta(days=OLD_DAYS + 1))
    assert [path.name for path in sorted(folder.keys.iterdir())] == ["hashing", "signing"]
    assert lost_keys(folder) == []
    load_keys(folder, MONDAY + timedelta(days=OLD_DAYS + 1))
