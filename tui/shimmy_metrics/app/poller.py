"""What another process changes shows by itself: a thread that looks, and tells only what is new."""

import threading
from collections.abc import Callable
from typing import Final

from shimmy_metrics.actions.file_watcher import FileWatcher
from shimmy_metrics.actions.overview import Overview, overview
from shimmy_metrics.machine.facts import Facts
from shimmy_metrics.system.profile import Profile

POLL_SECONDS: Final = 0.5
"""A change shows within 2 s: two looks, and what reading takes."""


class Poller:
    """Looks at config and store, and calls `tell` from its thread with each overview that differs from the last.

    `known` is what is shown already, None where nothing was read yet.
    """

    def __init__(
        self, profile: Profile, facts: Facts, tell: Callable[[Overview], object], known: Overview | None = None
    ) -> None:
        self._profile = profile
        self._facts = facts
        self._tell = tell
        self._known = known
        self._wake = threading.Event()
        self._ended = False
        self._again = False

    def run(self) -> None:
        """Look until `end`. Never raises: what cannot be read is said in the overview."""
        watch = FileWatcher(self._profile)
        known = self._known
        while not self._ended:
            again, self._again = self._again, False
            if watch.changed() or again:
                found = overview(self._profile, self._facts, known)
                if found != known and not self._ended:
                    known = found
                    self._tell(found)
            self._wake.wait(POLL_SECONDS)
            self._wake.clear()

    def now(self) -> None:
        """Look at once: something was done here."""
        self._again = True
        self._wake.set()

    def end(self) -> None:
        """Stop looking."""
        self._ended = True
        self._wake.set()
