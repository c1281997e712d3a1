"""The store's writing in a process of its own: a commit then takes nothing of the interpreter that answers.

As two threads of one process the two waited for each other several times in each commit, and a request cost a third
more. The process ends when the receiver does, however that ends, and is started anew where it has ended by itself.
"""

import gc
import marshal
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from multiprocessing import get_context, resource_tracker
from multiprocessing.process import BaseProcess
from typing import Final

from shimmy_metrics.errors import reason_of
from shimmy_metrics.receiver.folder import Folder
from shimmy_metrics.receiver.sqlite.store import SqliteStore
from shimmy_metrics.receiver.store import Operation, Outcome, Recall, StoredRow, StoreError

if sys.platform == "win32":
    from multiprocessing.connection import PipeConnection as Connection
else:
    from multiprocessing.connection import Connection

_SETTLE_SECONDS: Final = 0.25
"""After so long without a commit, the files are settled."""

_OUTCOMES: Final = tuple(Outcome)
_FAILED: Final = b"!"
"""Before the words of an error, where else the outcomes stand, a byte each."""


class StoreApart:
    """Appends to the store in `folder`, and settles it. One thread at a time uses it.

    The process is there once this is made, which raises `StoreError` where none can be started; `close` waits for its
    end.
    """

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._running: tuple[BaseProcess, Connection] | None = self._started()

    def append(self, day: date, operations: Sequence[Operation]) -> list[Outcome]:
        """See `Store.append`."""
        try:
            if self._running is None:
                self._running = self._started()
            _, connection = self._running
            connection.send_bytes(marshal.dumps((day.isoformat(), [tuple(each) for each in operations])))
            answer = connection.recv_bytes()
        except (OSError, EOFError):
            self.close()
            raise StoreError("the process that writes has ended") from None
        if answer.startswith(_FAILED):
            raise StoreError(answer.removeprefix(_FAILED).decode())
        return [_OUTCOMES[number] for number in answer]

    def settle(self, *, quiet: bool) -> None:
        """Nothing: the process does so by itself."""

    def close(self) -> None:
        """Let the process settle what was written, and end."""
        if self._running is not None:
            process, connection = self._running
            self._running = None
            connection.close()
            process.join()

    def _started(self) -> tuple[BaseProcess, Connection]:
        context = get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=serve, args=(self._folder, theirs), name="writer", daemon=True)
        try:
            with _unsignalled():
                process.start()
        except OSError as error:
            raise StoreError(f"no process can be started: {reason_of(error)}") from None
        theirs.close()
        return process, ours


def serve(folder: Folder, connection: Connection) -> None:
    """Append what comes through the connection, and settle the files, until its other end is closed."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # what was begun is finished; then the receiver closes its end
    store = SqliteStore(folder)
    gc.freeze()
    with suppress(OSError, EOFError):
        while True:
            quiet = not connection.poll(_SETTLE_SECONDS)
            if not quiet:
                connection.send_bytes(_append(store, connection.recv_bytes()))
            with suppress(StoreError):
                store.settle(quiet=quiet)
    with suppress(StoreError):
        store.close()


def _append(store: SqliteStore, asked: bytes) -> bytes:
    day, operations = marshal.loads(asked)  # noqa: S302 - from the process that started this one
    try:
        outcomes = store.append(
            date.fromisoformat(day),
            [Recall(*each) if len(each) == len(Recall._fields) else StoredRow(*each) for each in operations],
        )
    except StoreError as error:
        return _FAILED + str(error).encode()
    except Exception as error:  # noqa: BLE001 - whatever a store has wrong, nobody waits for ever
        return _FAILED + f"the store failed ({type(error).__name__})".encode()
    return bytes(_OUTCOMES.index(each) for each in outcomes)


@contextmanager
def _unsignalled() -> Iterator[None]:
    """Let what is started here not be ended by the signals that end the receiver, before it can say so itself."""
    if sys.platform == "win32":
        yield
        return
    resource_tracker.ensure_running()  # it starts with the first process, and lets the signals through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
