"""A thread for what may wait for a disk, so that the event loop never does."""

import threading
from collections.abc import Callable
from queue import SimpleQueue

from shimmy_metrics.system.log import log_event
from shimmy_metrics.system.profile import Profile

Job = Callable[[], None]


class Worker:
    """A thread that runs jobs in order. It never delays exit; jobs still queued when the process ends are dropped."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._jobs: SimpleQueue[Job] = SimpleQueue()
        threading.Thread(target=self._work, daemon=True, name="store writer").start()

    def submit(self, job: Job) -> None:
        """Queue a job; what it raises goes to the local log."""
        self._jobs.put(job)

    def finish(self, seconds: float) -> bool:
        """Wait until the jobs queued so far are done, at most so long; return whether they are."""
        done = threading.Event()
        self.submit(done.set)
        return done.wait(seconds)

    def _work(self) -> None:
        while True:
            job = self._jobs.get()
            try:
                job()
            except Exception as error:  # noqa: BLE001 - the boundary: nothing of the metrics may touch the server
                log_event(self._profile, "the session's books: a step failed", error)
