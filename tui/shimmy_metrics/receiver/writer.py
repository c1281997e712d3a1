"""One thread writes: what waits is committed together, and answered once it is durable."""

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Final, NamedTuple, Protocol

from shimmy_metrics.receiver.store import Operation, Outcome, StoreError

WAITING: Final = 2_000
"""How many requests may wait for the disk; beyond it the sender is told to come again."""

TOGETHER: Final = 500
"""How many requests are committed together at most."""

_SETTLE_SECONDS: Final = 0.25
"""After so long without a request, the files are settled."""


class WritableStore(Protocol):
    """What the writer does with a store."""

    def append(self, day: date, operations: Sequence[Operation]) -> list[Outcome]:
        """See `Store.append`."""
        ...

    def settle(self) -> None:
        """Put what was written into its final order, where that is due."""
        ...

    def close(self) -> None:
        """Finish."""
        ...


class _Waiting(NamedTuple):
    operations: Sequence[Operation]
    loop: asyncio.AbstractEventLoop
    answer: "asyncio.Future[list[Outcome]]"


class Writer:
    """Writes into `store` from a thread of its own, inside its `with` block; `today` is the UTC day of arrival."""

    def __init__(
        self,
        store: WritableStore,
        today: Callable[[], date] = lambda: datetime.now(UTC).date(),
        *,
        waiting: int = WAITING,
    ) -> None:
        self._store = store
        self._today = today
        self._queue: queue.Queue[_Waiting | None] = queue.Queue(waiting)
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)

    def __enter__(self) -> "Writer":
        """Start the thread."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Write what waits, and end."""
        self._queue.put(None)
        self._thread.join()

    async def submit(self, operations: Sequence[Operation]) -> list[Outcome]:
        """Return the outcomes once they are durable. Raise `StoreError` where that cannot be done now."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[list[Outcome]] = loop.create_future()
        try:
            self._queue.put_nowait(_Waiting(operations, loop, answer))
        except queue.Full:
            raise StoreError("too many requests wait for the disk") from None
        return await answer

    def _run(self) -> None:
        ended = False
        while not ended:
            batch, ended = self._next()
            if batch:
                self._write(batch)
            elif not ended:
                with suppress(StoreError):
                    self._store.settle()
        with suppress(StoreError):
            self._store.close()

    def _next(self) -> tuple[list[_Waiting], bool]:
        """Return what waits, and whether that is the end; nothing where none came for a while."""
        batch: list[_Waiting] = []
        try:
            taken = self._queue.get(timeout=_SETTLE_SECONDS)
            while taken is not None and len(batch) < TOGETHER:
                batch.append(taken)
                taken = self._queue.get_nowait()
        except queue.Empty:
            return batch, False
        if taken is not None:
            batch.append(taken)
        return batch, taken is None

    def _write(self, batch: list[_Waiting]) -> None:
        try:
            outcomes = self._store.append(self._today(), [each for waiting in batch for each in waiting.operations])
        except StoreError as error:
            for waiting in batch:
                _tell(waiting, error)
            return
        at = 0
        for waiting in batch:
            _tell(waiting, outcomes[at : at + len(waiting.operations)])
            at += len(waiting.operations)


def _tell(waiting: _Waiting, result: list[Outcome] | StoreError) -> None:
    def set_it() -> None:
        if waiting.answer.done():
            return  # its sender has left
        if isinstance(result, StoreError):
            waiting.answer.set_exception(result)
        else:
            waiting.answer.set_result(result)

    with suppress(RuntimeError):  # the loop was closed
        waiting.loop.call_soon_threadsafe(set_it)
