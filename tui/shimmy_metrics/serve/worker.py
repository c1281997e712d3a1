"""A thread for what may wait for a disk, so that the event loop never does."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import ParamSpec, TypeVar

from shimmy_metrics.system.log import log_event
from shimmy_metrics.system.profile import Profile

P = ParamSpec("P")
T = TypeVar("T")


class Worker:
    """One thread that runs jobs in order.

    It never delays exit, as the threads of `ThreadPoolExecutor` would: jobs still queued when the process ends are
    dropped. An error goes to the local log, whether or not somebody asks the job's future for it.
    """

    def __init__(self, profile: Profile, name: str) -> None:
        self._profile = profile
        self._jobs: SimpleQueue[Callable[[], None]] = SimpleQueue()
        threading.Thread(target=self._run, daemon=True, name=name).start()

    def submit(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
        """Queue a call; return the future of its result."""
        future: Future[T] = Future()

        def job() -> None:
            try:
                result = function(*args, **kwargs)
            except Exception as error:  # noqa: BLE001 - the boundary: nothing of the metrics may touch the server
                future.set_exception(error)
                log_event(self._profile, "measuring met an error; it does not stop the server", error)
            else:
                future.set_result(result)

        self._jobs.put(job)
        return future

    def _run(self) -> None:
        while True:
            self._jobs.get()()
