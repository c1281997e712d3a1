"""Sessions that were cut off: their process is gone and has not ended them; the next start does."""

from collections.abc import Collection

from shimmy_metrics.records import Session
from shimmy_metrics.store import sessions
from shimmy_metrics.store.database import Database
from shimmy_metrics.store.readonly import open_readonly
from shimmy_metrics.system.profile import Profile


def cut_off_sessions(profile: Profile, db: Database, running: Collection[Session]) -> tuple[Session, ...]:
    """Return the sessions of a copy of the store that were cut off, oldest first; `running` are those that are alive.

    Raise `UserError`.
    """
    found = tuple(session for session in sessions.running(db) if session not in running)
    if not found:
        return ()
    # A session frees its lock once it has ended in the store, which may have been after `db` was copied.
    with open_readonly(profile, off=True) as later:
        unended = {session.row_id for session in sessions.running(later)} if later is not None else ()
    return tuple(session for session in found if session.row_id in unended)
