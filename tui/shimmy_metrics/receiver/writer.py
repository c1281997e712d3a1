"""Hand what is submitted to the process that writes, in batches, and answer once a batch is durable.

The event loop does so itself: a thread beside it would wait for the interpreter, and the loop for the thread. While one
batch is written the next one is on its way, so that the process goes on at once.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from itertools import chain
from typing import Final, NamedTuple, cast

from shimmy_metrics.errors import reason_of
from shimmy_metrics.receiver.frames import FrameBuffer
from shimmy_metrics.receiver.store import Operation, Outcome, StoreError
from shimmy_metrics.receiver.writing_process import Started, batch, outcomes

WAITING: Final = 2_000
"""How many requests may wait for the disk; beyond it the sender is told to come again."""

TOGETHER: Final = 4_000
"""With so many reports a batch is full, whatever waits behind them: some 200 milliseconds."""

UNDER_WAY: Final = 2
"""How many batches are with the process that writes, at most. The second one is as large as the first, or waits."""

PATIENCE_SECONDS: Final = 8.0
"""A sender waits for 5 seconds; after this long it is told to come again, whatever the disk does."""

_COLLECT_SECONDS: Final = 0.001
"""Where the process has nothing to do, and far less waits than was just committed, the batch waits so long for more: a
commit costs as much as some 30 reports."""


class _Waiting(NamedTuple):
    """Part of a batch, and who waits for its outcomes until the loop's time is `expires`."""

    operations: Sequence[Operation]
    answer: "asyncio.Future[list[Outcome]]"
    expires: float


class Writer:
    """Writes through a process that `start` starts, inside its `async with` block, in that block's event loop.

    A process that ends by itself is replaced when there is something to write. `today` is the UTC day of arrival,
    `waiting` how many requests may wait, `patience` for how many seconds each. To enter raises `StoreError` where no
    process can be started; to leave writes what waits.
    """

    def __init__(
        self,
        start: Callable[[], Started],
        today: Callable[[], date] = lambda: datetime.now(UTC).date(),
        *,
        waiting: int = WAITING,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._start = start
        self._today = today
        self._most_waiting = waiting
        self._patience = patience
        self._waiting: deque[_Waiting] = deque()
        self._under_way: deque[list[_Waiting]] = deque()
        """Batches that were sent, the oldest first: they are answered in this order."""
        self._connection: _Connection | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._scheduled: asyncio.Handle | None = None
        """What sends the next batch, where it is due without an answer."""
        self._timer: asyncio.TimerHandle | None = None
        self._just_answered = 0
        self._ended = False

    async def __aenter__(self) -> "Writer":
        """Start the process."""
        self._loop = asyncio.get_running_loop()
        await self._connect()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Write what waits, and end."""
        self._ended = True
        if self._connecting is not None:
            await self._connecting
        if self._connection is not None:
            while self._waiting:
                self._send(self._connection)
            await self._connection.end()
        for handle in (self._scheduled, self._timer):
            if handle is not None:
                handle.cancel()

    async def submit(self, operations: Sequence[Operation]) -> list[Outcome]:
        """Return the outcomes once they are durable. Raise `StoreError` where that cannot be done now."""
        if self._ended:
            raise StoreError("the receiver stops")
        if len(self._waiting) >= self._most_waiting:
            raise StoreError("too many requests wait for the disk")
        answer: asyncio.Future[list[Outcome]] = self._loop.create_future()
        expires = self._loop.time() + self._patience
        self._waiting.append(_Waiting(operations, answer, expires))
        if self._timer is None:
            self._timer = self._loop.call_at(expires, self._give_up)
        if self._scheduled is None and len(self._under_way) < UNDER_WAY:
            self._scheduled = self._loop.call_soon(self._advance)  # behind all that this turn of the loop brings
        return await answer

    async def _connect(self) -> None:
        started = self._start()
        try:
            _, self._connection = await self._loop.connect_accepted_socket(
                lambda: _Connection(self._answered, lambda: self._lost(started)), started.connection
            )
        except OSError as error:
            started.connection.close()  # then it ends
            raise StoreError(f"no process can be reached: {reason_of(error)}") from None

    async def _reconnect(self) -> None:
        """Start another process; where none can be started, all that waits is told so."""
        try:
            await self._connect()
        except StoreError as error:
            while self._waiting:
                _refuse(self._waiting.popleft(), error)
        self._connecting = None
        self._advance()

    def _advance(self) -> None:
        """Send what waits, as far as the process may have it now."""
        self._scheduled = None
        if not self._waiting:
            return
        if self._connection is None:
            if self._connecting is None:
                self._connecting = self._loop.create_task(self._reconnect())
            return
        if self._under_way:
            if len(self._under_way) == UNDER_WAY or len(self._waiting) < len(self._under_way[-1]):
                return  # more may come until an answer does
        elif len(self._waiting) < self._just_answered // 2:
            # For those who were just answered, and send again.
            self._just_answered = 0
            self._scheduled = self._loop.call_later(_COLLECT_SECONDS, self._advance)
            return
        self._send(self._connection)

    def _send(self, connection: "_Connection") -> None:
        taken: list[_Waiting] = []
        reports = 0
        while self._waiting and reports < TOGETHER:
            taken.append(self._waiting.popleft())
            reports += len(taken[-1].operations)
        self._under_way.append(taken)
        connection.send(batch(self._today(), [*chain.from_iterable(each.operations for each in taken)]))

    def _answered(self, message: bytes) -> None:
        answered = self._under_way.popleft()
        self._just_answered = len(answered)
        try:
            became = outcomes(message)
        except StoreError as error:
            for each in answered:
                _refuse(each, error)
        else:
            at = 0
            for each in answered:
                end = at + len(each.operations)
                if not each.answer.done():  # its sender has left, or was told to come again
                    each.answer.set_result(became[at:end])
                at = end
        if self._scheduled is None:
            self._advance()

    def _lost(self, started: Started) -> None:
        """Refuse what the process had when it ended: that is not certain to be stored."""
        started.wait()
        self._connection = None
        error = StoreError("the process that writes has ended")
        for each in chain.from_iterable(self._under_way):
            _refuse(each, error)
        self._under_way.clear()
        if self._scheduled is None and not self._ended:
            self._advance()

    def _give_up(self) -> None:
        """Refuse who has waited for too long, and look again when the next one has."""
        self._timer = None
        now = self._loop.time()
        for each in chain(chain.from_iterable(self._under_way), self._waiting):
            if each.expires > now:
                self._timer = self._loop.call_at(each.expires, self._give_up)
                return
            _refuse(each, StoreError("the disk takes too long"))


class _Connection(asyncio.Protocol):
    """The connection to one process: calls `answered` with each message, and `lost` when the process has ended."""

    _transport: asyncio.Transport

    def __init__(self, answered: Callable[[bytes], None], lost: Callable[[], None]) -> None:
        self._answered = answered
        self._lost = lost
        self._frames = FrameBuffer()
        self._ended = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # which that of a stream is

    def data_received(self, data: bytes) -> None:
        for message in self._frames.feed(data):
            self._answered(message)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._lost()
        self._ended.set()

    def send(self, message: bytes) -> None:
        """Send a message. A process that has ended does not get it, and never answers."""
        if not self._transport.is_closing():
            self._transport.write(message)

    async def end(self) -> None:
        """Say that nothing more comes, and wait until the process has written what came, and ended."""
        if not self._transport.is_closing():
            self._transport.write_eof()
        await self._ended.wait()


def _refuse(waiting: _Waiting, error: StoreError) -> None:
    if not waiting.answer.done():
        waiting.answer.set_exception(error)
