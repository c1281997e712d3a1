"""The fewest reports about which a receiver publishes a figure, as its answers say, kept for each endpoint.

A yes covers the number that held when it was given. Where a receiver names a smaller one afterwards, what is due is
held, and so is what is sealed later, until the person releases it or agrees anew.
"""

import json
from typing import Final

from shimmy_metrics.consent.effective_consent import GroupSize
from shimmy_metrics.consent.endpoint import ENDPOINT, same_endpoint
from shimmy_metrics.limits import GROUP_REPORTS
from shimmy_metrics.store.columns import Row, read_rows
from shimmy_metrics.store.database import Database, get_meta, set_meta

GROUPS: Final = "groups"
"""Name in the store's `meta`: for each endpoint the number agreed to, and the one named last, as JSON."""


def group_size(db: Database, endpoint: str) -> GroupSize:
    """Return what is known of an endpoint's receiver."""
    known = (size for each, size in _all(db).items() if same_endpoint(each, endpoint))
    unknown = GroupSize(GROUP_REPORTS, GROUP_REPORTS) if same_endpoint(endpoint, ENDPOINT) else GroupSize()
    return next(known, unknown)


def record_named(db: Database, endpoint: str, named: int) -> bool:
    """Record what an answer named, within the caller's transaction; return whether it is less than the one before."""
    before = group_size(db, endpoint)
    if named == before.named:
        return False
    _write(db, endpoint, GroupSize(max(before.agreed, named), named))
    return named < before.named


def agree(db: Database, endpoint: str) -> bool:
    """Let a yes cover what was named last, within the caller's transaction; return whether it did not before."""
    known = group_size(db, endpoint)
    if known.lowered:
        _write(db, endpoint, GroupSize(known.named, known.named))
    return known.lowered


def _all(db: Database) -> dict[str, GroupSize]:
    (found,) = read_rows([(get_meta(db, GROUPS) or "{}",)], _read)
    return found


def _read(row: Row) -> dict[str, GroupSize]:
    (text,) = row
    return {str(each): GroupSize(int(agreed), int(named)) for each, (agreed, named) in json.loads(str(text)).items()}


def _write(db: Database, endpoint: str, size: GroupSize) -> None:
    others = {each: known for each, known in _all(db).items() if not same_endpoint(each, endpoint)}
    set_meta(db, GROUPS, json.dumps({**others, endpoint: size}))
