"""The store's files as paths, for tests that look into them."""

from pathlib import Path

from shimmy_metrics.store import database
from shimmy_metrics.system.profile import Profile


def store_path(profile: Profile) -> Path:
    """Return the store's path, whether it exists or not."""
    return Path(database.store_path(profile))


def journal_path(path: Path) -> Path:
    """Return the path of the rollback journal of the store at `path`."""
    return Path(database.journal_path(path))
