"""The store's writing in a process of its own: a commit then takes nothing of the interpreter that answers.

As two threads of one process the two waited for each other several times in each commit, and a request cost a third
more. The process ends when the receiver does, however that ends.
"""

import gc
import marshal
import select
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import date
from multiprocessing import get_context, resource_tracker
from typing import Final, NamedTuple, Protocol

from shimmy_metrics.errors import reason_of
from shimmy_metrics.receiver.folder import Folder
from shimmy_metrics.receiver.frames import framed, receive_frame
from shimmy_metrics.receiver.sqlite.store import SqliteStore
from shimmy_metrics.receiver.store import Operation, Outcome, Recall, StoredRow, StoreError

_NEW_OBJECTS: Final = 50_000
"""After so many more than were freed, garbage is looked for: Python's own 700 are what a dozen requests are made of."""

_SETTLE_SECONDS: Final = 0.25
"""After so long without a commit, the files are settled."""

_OUTCOMES: Final = tuple(Outcome)
_RECALL_LENGTH: Final = len(Recall._fields)
"""By which it is told from a row."""

_FAILED: Final = b"!"
"""Before the words of an error, where else the outcomes stand, a byte each."""


class WritableStore(Protocol):
    """What is done with the store there."""

    def append(self, day: date, operations: Sequence[Operation]) -> list[Outcome]:
        """See `Store.append`."""
        ...

    def settle(self, *, quiet: bool) -> None:
        """Put what was written into its final order, where that is due; `quiet` where nothing waits."""
        ...


class Started(NamedTuple):
    """A process that writes: our end of the connection to it, and what waits for its end.

    It answers each batch in order, writes all that was sent before its peer ended, and closes its end when it ends.
    """

    connection: socket.socket
    wait: Callable[[], object]


def start(folder: Folder) -> Started:
    """Start a process that writes into the store in `folder`. Raise `StoreError` where none can be started."""
    try:
        ours, theirs = socket.socketpair()
        with theirs, ExitStack() as unless_started:
            unless_started.enter_context(ours)
            process = get_context("spawn").Process(target=serve, args=(folder, theirs), name="writer", daemon=True)
            with _unsignalled():
                process.start()
            unless_started.pop_all()
    except OSError as error:
        raise StoreError(f"no process can be started: {reason_of(error)}") from None
    return Started(ours, process.join)


def batch(day: date, operations: Sequence[Operation]) -> bytes:
    """Return the message that asks for all of it to be appended, as arrived on `day`."""
    return framed(marshal.dumps((day.isoformat(), [tuple(each) for each in operations])))


def outcomes(answer: bytes) -> list[Outcome]:
    """Return what became of a batch, as its answer tells. Raise `StoreError` where nothing of it was done."""
    if answer.startswith(_FAILED):
        raise StoreError(answer.removeprefix(_FAILED).decode())
    return [_OUTCOMES[number] for number in answer]


def serve(folder: Folder, connection: socket.socket) -> None:
    """Append what comes through the connection, and settle the files, until its other end is closed."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # what was begun is finished; then the receiver closes its end
    with connection:
        store = SqliteStore(folder)
        collect_seldom()
        append_all(store, connection)
        with suppress(StoreError):
            store.close()


def collect_seldom() -> None:
    """Look for cycles of garbage less often, and never in what was loaded: that took a tenth of the time.

    A request leaves none.
    """
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS)


def append_all(store: WritableStore, connection: socket.socket) -> None:
    """Append the batches that come, and settle the files behind each and when none comes, until the peer has ended."""
    with suppress(OSError, EOFError):
        while True:
            quiet = not select.select([connection], [], [], _SETTLE_SECONDS)[0]
            if not quiet:
                connection.sendall(framed(_append(store, receive_frame(connection))))
            with suppress(StoreError):
                store.settle(quiet=quiet)


def _append(store: WritableStore, asked: bytes) -> bytes:
    day, operations = marshal.loads(asked)  # noqa: S302 - from the process that started this one
    try:
        became = store.append(
            date.fromisoformat(day),
            [(Recall if len(each) == _RECALL_LENGTH else StoredRow)._make(each) for each in operations],
        )
    except StoreError as error:
        return _FAILED + str(error).encode()
    except Exception as error:  # noqa: BLE001 - whatever a store has wrong, nobody waits for ever
        return _FAILED + f"the store failed ({type(error).__name__})".encode()
    return bytes([*map(_OUTCOMES.index, became)])


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
