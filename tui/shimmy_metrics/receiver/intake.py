"""From accepted reports to rows that are durable."""

from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from shimmy_metrics.receiver.accepted import Accepted
from shimmy_metrics.receiver.row import Hashing, recall_of, stored_row
from shimmy_metrics.receiver.store import Operation, Outcome, UnconfirmedError


class Intake(NamedTuple):
    """Stores and recalls through `submit`, as `Writer.submit` does, under keys that only who has `hashing` can compute.

    `certain_from` as in `Keys`; `today` returns the UTC day.
    """

    submit: Callable[[Sequence[Operation]], Coroutine[Any, Any, list[Outcome]]]
    hashing: Hashing
    certain_from: date | None = None
    today: Callable[[], date] = lambda: datetime.now(UTC).date()

    def store(self, reports: Sequence[Accepted]) -> Coroutine[Any, Any, list[Outcome]]:
        """Return the reports' outcomes once they are durable. Raise `StoreError` where that cannot be done now."""
        return self.submit([stored_row(each, self.hashing) for each in reports])

    async def recall(self, report_id: str) -> None:
        """Delete a report for good, and take it no more.

        Raise `UnconfirmedError` where it may stand under a key that is lost, `StoreError` where nothing can be done
        now.
        """
        await self.submit([recall_of(report_id, self.hashing)])
        if self.certain_from is not None and self.today() < self.certain_from:
            raise UnconfirmedError("a hashing key was lost")
