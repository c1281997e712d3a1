"""A thread in the place of the process that writes, so that a test has its store in its hands."""

import socket
import threading
from collections.abc import Callable

from shimmy_metrics.receiver.writing_process import Started, WritableStore, append_all


def in_thread(store: WritableStore) -> Callable[[], Started]:
    """Return what starts a thread that writes into a store."""

    def start() -> Started:
        ours, theirs = socket.socketpair()
        thread = threading.Thread(target=_serve, args=(store, theirs), daemon=True)
        thread.start()
        return Started(ours, thread.join)

    return start


def _serve(store: WritableStore, connection: socket.socket) -> None:
    with connection:
        append_all(store, connection)
