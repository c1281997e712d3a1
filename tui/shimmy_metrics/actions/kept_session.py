"""Delete one of the sessions that are kept for the person, at the person's request."""

from shimmy_metrics.store import sessions
from shimmy_metrics.store.database import opened, store_path
from shimmy_metrics.store.erase import erase
from shimmy_metrics.system.profile import Profile


def delete_kept_session(profile: Profile, row_id: int) -> bool:
    """Delete an ended session that is kept for the person; return whether there was one. Raises `UserError`."""
    with opened(profile, for_deletion=True) as db:

        def delete() -> bool:
            found = any(session.row_id == row_id for session in sessions.kept(db))
            if found:
                sessions.remove(db, row_id)
            return found

        return erase(db, store_path(profile), delete)
