"""What the store holds, as values: sessions, reports that wait, receipts. They are tuples, as rows are."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple

from shimmy_metrics.counters import Counters


class Session(NamedTuple):
    """One run of the inference server. Times are UTC; `id` is 0 before the store gave one.

    `grant` names the decision under which it is measured, empty where it is only for the person. `server` is what the
    server calls itself in `/health` (`shimmy`, or empty where it says nothing we know); `version` its own version.
    `switch` is the environment switch in force in its process. `address` is where clients reach it, `client_hint` the
    environment's word for the program around it, or empty. `ended` is None while it runs.
    """

    id: int
    session_id: str
    grant: str
    local: bool
    server: str
    version: str
    address: str
    switch: str
    client_hint: str
    started: datetime
    updated: datetime
    ended: datetime | None
    counters: Counters


HELD_BY_HAND: Final = "held by you"
"""The reason of a report that a person held back by itself: it stays until a person releases it by itself."""


class Wait(StrEnum):
    """Where a sealed report stands in the outbox."""

    DUE = "due"
    """Leaves with the next sender."""
    REVIEW = "review"
    """Leaves when a person releases it."""
    SET_ASIDE = "set-aside"
    """The receiver refused it; shown, never retried by itself."""


class Pending(NamedTuple):
    """A sealed report that was not delivered. `body` is final: shown, exported and sent are these bytes.

    `measured` holds the raw values beside it (shown as "measured -> sent"), and goes when the report goes.
    `reason` says why it stands where it does: why it was set aside, or `HELD_BY_HAND`; empty where its `wait` says all.
    """

    id: int
    report_id: str
    body: bytes
    sha256: str
    sealed: datetime
    wait: Wait
    measured: Mapping[str, str] = MappingProxyType({})
    reason: str = ""


class Outcome(StrEnum):
    """What became of a delivery."""

    CONFIRMED = "confirmed"
    """2xx, and the answer repeats the body's SHA-256."""
    ACCEPTED = "accepted"
    """2xx without that answer (a captive portal says 200 as well)."""


class Receipt(NamedTuple):
    """Our own record of one delivery: the bytes, their digest, when, where to, the answer.

    `body` is empty in a link that stands for older receipts or for a deletion; `note` says which. `link` is the hash
    that ties it to the one before.
    """

    id: int
    at: datetime
    endpoint: str
    body: bytes
    sha256: str
    status: int
    outcome: Outcome | None
    reports: int
    link: str
    note: str = ""
