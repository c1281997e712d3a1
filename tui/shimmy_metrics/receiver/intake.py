"""From accepted reports to rows that are durable."""

import asyncio
from collections.abc import Sequence
from typing import Final, NamedTuple

from shimmy_metrics.receiver.accepted import Accepted
from shimmy_metrics.receiver.row import Hashing, recall_of, stored_row
from shimmy_metrics.receiver.store import Operation, Outcome, StoreError
from shimmy_metrics.receiver.writer import Writer

_PATIENCE_SECONDS: Final = 8.0
"""A sender waits for 5 seconds; after this long it is told to come again, whatever the disk does."""


class Intake(NamedTuple):
    """Stores and recalls through `writer`, under keys that only who has `hashing` can compute."""

    writer: Writer
    hashing: Hashing

    async def store(self, reports: Sequence[Accepted]) -> list[Outcome]:
        """Return the reports' outcomes once they are durable. Raise `StoreError` where that cannot be done now."""
        return await self._submit([stored_row(each, self.hashing) for each in reports])

    async def recall(self, report_id: str) -> None:
        """Delete a report for good, and take it no more. Raise `StoreError` where that cannot be done now."""
        await self._submit([recall_of(report_id, self.hashing)])

    async def _submit(self, operations: Sequence[Operation]) -> list[Outcome]:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                return await self.writer.submit(operations)
        except TimeoutError:
            raise StoreError("the disk takes too long") from None
