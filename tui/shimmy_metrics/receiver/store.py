"""What the receiver asks of a store, whichever it is: five verbs. Nothing above knows which one it has."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from typing import Final, NamedTuple, Protocol

CLOSES_AFTER: Final = timedelta(days=7)
"""A week closes with the Monday after it: what was sealed on Sunday may arrive then."""


class Outcome(Enum):
    """What became of one report or one recall."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    """The same bytes stand there already; counts as stored."""
    CONFLICT = "conflict"
    """Other bytes stand there under this id."""
    RECALLED = "recalled"
    """Its sender called this id back before."""


Value = int | str | bool | None
"""What a column holds."""


class StoredRow(NamedTuple):
    """One report as it is stored. Neither its id nor its bytes can be had from it.

    `key` and `check` are keyed hashes of 8 bytes, of the report's id and of its bytes; `values` has a value for each of
    the columns that `receiver.columns` derives from the table of fields, in their order. `older` has key and check
    under each hashing key of before that may still have been in use when a first copy arrived.
    """

    key: bytes
    check: bytes
    values: tuple[Value, ...]
    older: tuple[tuple[bytes, bytes], ...] = ()

    @property
    def keys(self) -> tuple[bytes, ...]:
        """Every key under which it may be known, the newest first."""
        return (self.key, *[key for key, _ in self.older]) if self.older else (self.key,)


class Recall(NamedTuple):
    """One report to be deleted, known by the keyed hash of its id; `older` as in `StoredRow`."""

    key: bytes
    older: tuple[bytes, ...] = ()

    @property
    def keys(self) -> tuple[bytes, ...]:
        """Every key under which it may be known, the newest first."""
        return (self.key, *self.older)


Operation = StoredRow | Recall


@dataclass(frozen=True, slots=True)
class Health:
    """Whether reports can be taken, and how many are held.

    `reason` is one line of what needs a hand, or empty; `reports` are those held per arrival day; `disk_used` is the
    share of the disk in use, from 0 to 1. `unreadable` are days of which it cannot be told how many are held; `silent`
    says what does not answer, so that what it holds is in none of these figures.
    """

    ready: bool
    reason: str
    reports: dict[date, int]
    disk_used: float
    unreadable: tuple[date, ...] = ()
    silent: tuple[str, ...] = ()


class StoreError(Exception):
    """The store cannot do it now; nothing of what was asked is certain to be stored. Says why, without data."""


class UnconfirmedError(StoreError):
    """A recall is noted, but nobody can tell whether the report is gone: the key that hashed its id may be lost."""


class Store(Protocol):
    """Where reports live until they are aggregated and dropped."""

    def append(self, day: date, operations: Sequence[Operation]) -> list[Outcome]:
        """Do all of it durably, as arrived on `day` (UTC), and return the outcomes in order. Raise `StoreError`."""
        ...

    def aggregate(self, week: date) -> Iterator[tuple[date, bool, tuple[Value, ...]]]:
        """Yield what the week that begins on Monday `week` holds: day, whether it arrived late, values.

        The day is the report's own; late is what arrived after that week had closed. No canary is among them, and the
        order tells nothing.
        """
        ...

    def drop_day(self, day: date) -> bytes:
        """Drop everything that arrived on `day`, verify on every replica that it is gone, return its canary's 16 bytes.

        Copies elsewhere are for `find_canary`. Raise `StoreError` where that cannot be verified: the day is held then.
        """
        ...

    def find_canary(self, canary: bytes) -> list[str]:
        """Return the places (files, replicas) that still hold these bytes.

        Raise `StoreError` where a place cannot be searched.
        """
        ...

    def health(self) -> Health:
        """Return whether reports can be taken, and what is held."""
        ...
