"""Find and delete one of the sessions that are kept for the person, at the person's request."""

from shimmy_metrics.config.effective import read_consent
from shimmy_metrics.errors import UserError
from shimmy_metrics.records import Session
from shimmy_metrics.store import sessions
from shimmy_metrics.store.database import opened, store_path
from shimmy_metrics.store.erase import erase
from shimmy_metrics.store.readonly import open_readonly
from shimmy_metrics.system.profile import Profile


def find_kept_session(profile: Profile, word: str) -> Session | None:
    """Return the ended session of which `word` is the beginning of the `session_id`, or None.

    Raises `UserError` for a word that names several, and where the config or the store cannot be used.
    """
    with open_readonly(profile, off=not read_consent(profile).measures) as db:
        kept = sessions.kept(db) if db is not None else []
    found = [session for session in kept if word and session.report_id.startswith(word.lower())]
    if len(found) > 1:
        raise UserError(f"{len(found)} kept sessions begin with {word!a}", remedy="Give more characters of it")
    return next(iter(found), None)


def delete_kept_session(profile: Profile, row_id: int) -> bool:
    """Delete an ended session that is kept for the person; return whether there was one. Raises `UserError`."""
    with opened(profile, for_deletion=True) as db:

        def delete() -> bool:
            found = any(session.row_id == row_id for session in sessions.kept(db))
            if found:
                sessions.remove(db, row_id)
            return found

        return erase(db, store_path(profile), delete)
