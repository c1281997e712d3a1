"""A cheap way to notice that what the app shows has changed."""

import contextlib
import os

from shimmy_metrics.delivery.sender_lock import sending
from shimmy_metrics.store.database import journal_path, store_path
from shimmy_metrics.system.locks import is_locked
from shimmy_metrics.system.places import StrPath
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
        config = self._profile.config_file
        files = (config, os.path.dirname(config), store, journal_path(store))
        alive: list[tuple[str, bool]] = []
        with contextlib.suppress(OSError):
            locks = self._profile.state_path.glob("session-*.lock")
            alive = sorted((lock.name, is_locked(lock)) for lock in locks)
        return (*map(_stamp, files), *alive, sending(self._profile))


def _stamp(path: StrPath) -> tuple[int, int, int, int]:
    """Return what changes with a file, and with who may write it: that decides whether an answer counts."""
    with contextlib.suppress(OSError):
        found = os.stat(path)
        return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino
    return 0, 0, 0, 0
