"""A cheap way to notice that what the app shows has changed."""

import contextlib

from shimmy_metrics.config.trust import stamps
from shimmy_metrics.delivery.sender_lock import sending
from shimmy_metrics.store.database import journal_path, store_path
from shimmy_metrics.system.files import stamp
from shimmy_metrics.system.locks import is_locked
from shimmy_metrics.system.profile import Profile


class FileWatcher:
    """Tells whether anybody changed anything: config, store, a session's process, a sender.

    It compares files' times and sizes rather than `PRAGMA data_version`: that opens nothing while metrics are off, and
    notices a file that was replaced.
    """

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._seen: tuple[object, ...] = ()

    def changed(self) -> bool:
        """Whether anything changed since the last call; the first call says True. Never raises."""
        now = self._stamps()
        changed = now != self._seen
        self._seen = now
        return changed

    def _stamps(self) -> tuple[object, ...]:
        store = store_path(self._profile)
        alive: list[tuple[str, bool]] = []
        with contextlib.suppress(OSError):
            locks = self._profile.state_path.glob("session-*.lock")
            alive = sorted((lock.name, is_locked(lock)) for lock in locks)
        files = (*stamps(self._profile.config_file), stamp(store), stamp(journal_path(store)))
        return (*files, *alive, sending(self._profile))
