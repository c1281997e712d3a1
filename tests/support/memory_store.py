"""A store in memory: what the receiver asks of one, and no more."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from shimmy_metrics.receiver.store import Health, Operation, Outcome, Recall, StoredRow, StoreError, Value


@dataclass
class MemoryStore:
    """`refusing` makes it say that it cannot store now."""

    rows: dict[bytes, tuple[date, StoredRow]] = field(default_factory=dict)
    recalled: set[bytes] = field(default_factory=set)
    refusing: bool = False

    def append(self, day: date, operations: Sequence[Operation]) -> list[Outcome]:
        if self.refusing:
            raise StoreError("the disk is full")
        return [self._do(day, each) for each in operations]

    def _do(self, day: date, operation: Operation) -> Outcome:
        if isinstance(operation, Recall):
            self.rows.pop(operation.key, None)
            self.recalled.add(operation.key)
            return Outcome.RECALLED
        if operation.key in self.recalled:
            return Outcome.RECALLED
        known = self.rows.get(operation.key)
        if known is not None:
            return Outcome.DUPLICATE if known[1].check == operation.check else Outcome.CONFLICT
        self.rows[operation.key] = (day, operation)
        return Outcome.STORED

    def aggregate(self, week: date) -> Iterator[tuple[date, bool, tuple[Value, ...]]]:
        del week
        yield from ((day, False, row.values) for day, row in self.rows.values())

    def drop_day(self, day: date) -> bytes:
        self.rows = {key: kept for key, kept in self.rows.items() if kept[0] != day}
        return b""

    def find_canary(self, canary: bytes) -> list[str]:
        del canary
        return []

    def health(self) -> Health:
        return Health(not self.refusing, "", {}, 0.0)
