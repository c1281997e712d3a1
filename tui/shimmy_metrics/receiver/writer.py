"""One thread writes: what waits is committed together, and answered once it is durable."""

import asyncio
import queue
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from time import sleep
from typing import Final, NamedTuple, Protocol

from shimmy_metrics.receiver.store import Operation, Outcome, StoreError

WAITING: Final = 2_000
"""How many requests may wait for the disk; beyond it the sender is told to come again."""

TOGETHER: Final = 4_000
"""With so many reports a commit begins, whatever waits behind them: some 200 milliseconds."""

PATIENCE_SECONDS: Final = 8.0
"""A sender waits for 5 seconds; after this long it is told to come again, whatever the disk does."""

_COLLECT_SECONDS: Final = 0.001
"""A commit waits so long where far less waits than was just committed: it costs as much as some 30 reports."""

_SETTLE_SECONDS: Final = 0.25
"""After so long without a request, the files are settled."""


class WritableStore(Protocol):
    """What the writer does with a store."""

    def append(self, day: date, operations: Sequence[Operation]) -> list[Outcome]:
        """See `Store.append`."""
        ...

    def settle(self, *, quiet: bool) -> None:
        """Put what was written into its final order, where that is due; `quiet` where nothing waits."""
        ...

    def close(self) -> None:
        """Finish."""
        ...


class _Waiting(NamedTuple):
    operations: Sequence[Operation]
    loop: asyncio.AbstractEventLoop
    answer: "asyncio.Future[list[Outcome]]"


class _Turn:
    """What one turn of a loop brought, until all of it is answered, or `patience` seconds have gone by."""

    def __init__(self, loop: asyncio.AbstractEventLoop, patience: float) -> None:
        self._answers: set[asyncio.Future[list[Outcome]]] = set()
        self._timer = loop.call_later(patience, self._give_up)

    def begin(self, answer: "asyncio.Future[list[Outcome]]") -> None:
        self._answers.add(answer)

    def end(self, answer: "asyncio.Future[list[Outcome]]") -> None:
        self._answers.discard(answer)
        if not self._answers:
            self._timer.cancel()

    def _give_up(self) -> None:
        for answer in self._answers:
            if not answer.done():
                answer.set_exception(StoreError("the disk takes too long"))


_Answered = tuple[_Waiting, list[Outcome] | StoreError]


class Writer:
    """Writes into `store` from a thread of its own, inside its `with` block; `today` is the UTC day of arrival.

    `waiting` is how many requests may wait, `patience` for how many seconds each.
    """

    def __init__(
        self,
        store: WritableStore,
        today: Callable[[], date] = lambda: datetime.now(UTC).date(),
        *,
        waiting: int = WAITING,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._store = store
        self._today = today
        self._most_waiting = waiting
        self._patience = patience
        self._waiting: deque[_Waiting] = deque()
        self._calls: queue.SimpleQueue[None] = queue.SimpleQueue()
        """One for each time that the thread has to look at what waits."""
        self._turns: dict[asyncio.AbstractEventLoop, _Turn] = {}
        """Of each loop the one that goes on."""
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._ended = False

    def __enter__(self) -> "Writer":
        """Start the thread."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Write what waits, and end."""
        self._ended = True
        self._calls.put(None)
        self._thread.join()

    async def submit(self, operations: Sequence[Operation]) -> list[Outcome]:
        """Return the outcomes once they are durable. Raise `StoreError` where that cannot be done now."""
        if self._ended:
            raise StoreError("the receiver stops")
        if len(self._waiting) >= self._most_waiting:
            raise StoreError("too many requests wait for the disk")
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[list[Outcome]] = loop.create_future()
        self._waiting.append(_Waiting(operations, loop, answer))
        turn = self._turns.get(loop)
        if turn is None:
            # One for all that a turn of the loop brings: called for each, the thread would take the interpreter from
            # the loop each time, and a timer for each takes as long as all the rest of this.
            turn = self._turns[loop] = _Turn(loop, self._patience)
            loop.call_soon(self._call, loop)
        turn.begin(answer)
        try:
            return await answer
        finally:
            turn.end(answer)

    def _call(self, loop: asyncio.AbstractEventLoop) -> None:
        del self._turns[loop]
        self._calls.put(None)

    def _run(self) -> None:
        batch: list[_Waiting] = []
        while True:
            ended = self._ended  # before the last look: nothing is submitted after it
            if len(self._waiting) < len(batch) // 2:
                sleep(_COLLECT_SECONDS)  # for those who were just answered, and send again
            batch = self._take()
            if batch:
                _tell(self._write(batch))
            elif ended:
                break
            elif self._is_called():
                continue
            with suppress(StoreError):
                self._store.settle(quiet=not batch)
        with suppress(StoreError):
            self._store.close()

    def _take(self) -> list[_Waiting]:
        """Return what waits, up to a commit's size."""
        batch: list[_Waiting] = []
        reports = 0
        while self._waiting and reports < TOGETHER:
            batch.append(self._waiting.popleft())
            reports += len(batch[-1].operations)
        return batch

    def _is_called(self) -> bool:
        """Wait until there is something to do, or for a while."""
        try:
            self._calls.get(timeout=_SETTLE_SECONDS)
        except queue.Empty:
            return False
        return True

    def _write(self, batch: list[_Waiting]) -> list[_Answered]:
        try:
            outcomes = self._store.append(self._today(), [each for waiting in batch for each in waiting.operations])
        except StoreError as error:
            return [(waiting, error) for waiting in batch]
        except Exception as error:  # noqa: BLE001 - whatever a store has wrong, nobody waits for ever
            return [(waiting, StoreError(f"the store failed ({type(error).__name__})")) for waiting in batch]
        answered: list[_Answered] = []
        at = 0
        for waiting in batch:
            end = at + len(waiting.operations)
            answered.append((waiting, outcomes[at:end]))
            at = end
        return answered


def _tell(answered: list[_Answered]) -> None:
    """Tell each loop once what became of all that waits in it: to wake it for each would cost as much as the rest."""
    for loop in {waiting.loop for waiting, _ in answered}:
        with suppress(RuntimeError):  # the loop was closed
            loop.call_soon_threadsafe(_set, [each for each in answered if each[0].loop is loop])


def _set(answered: list[_Answered]) -> None:
    for waiting, result in answered:
        if waiting.answer.done():
            continue  # its sender has left, or was told to come again
        if isinstance(result, StoreError):
            waiting.answer.set_exception(result)
        else:
            waiting.answer.set_result(result)
