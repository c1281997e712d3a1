"""Shows what other processes change: a thread that polls the files and reads them anew when they have changed.

It reads them also when time alone makes what is shown untrue.
"""

import threading
from collections.abc import Callable
from typing import Final

from shimmy_metrics.actions.file_watcher import FileWatcher
from shimmy_metrics.actions.overview import Overview, outdated, overview
from shimmy_metrics.machine.facts import Facts
from shimmy_metrics.system.profile import Profile

POLL_SECONDS: Final = 0.5
"""A change shows within 2 s: two polls, and what reading takes."""


class Poller:
    """Polls config and store. `known` is the overview that is shown already, None if nothing has been read yet."""

    def __init__(self, profile: Profile, facts: Facts, known: Overview | None = None) -> None:
        self._profile = profile
        self._facts = facts
        self._known = known
        self._wake = threading.Event()
        self._stopped = False
        self._forced = False

    def run(self, on_change: Callable[[Overview], object]) -> None:
        """Poll until `stop`, and call `on_change` with each overview that differs from the last.

        Never raises: the overview says what cannot be read.
        """
        watcher = FileWatcher(self._profile)
        known = self._known
        while not self._stopped:
            forced, self._forced = self._forced, False
            # In this order: the watcher looks each time, so that a change is noticed once.
            if watcher.changed() or forced or (known is not None and outdated(known, self._profile.clock.now())):
                found = overview(self._profile, self._facts, known)
                if found != known and not self._stopped:
                    known = found
                    on_change(found)
            self._wake.wait(POLL_SECONDS)
            self._wake.clear()

    def poll_now(self) -> None:
        """Poll at once: something has been done here."""
        self._forced = True
        self._wake.set()

    def stop(self) -> None:
        """Stop polling."""
        self._stopped = True
        self._wake.set()
