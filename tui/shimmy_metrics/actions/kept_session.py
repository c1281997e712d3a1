"""Find and delete one of the sessions that are kept for the person, at the person's request."""

from typing import NamedTuple

from shimmy_metrics.actions.outbox import Deleted
from shimmy_metrics.config.read_consent import read_consent
from shimmy_metrics.errors import UserError
from shimmy_metrics.records import Departure, Session
from shimmy_metrics.store import departures, sessions
from shimmy_metrics.store.database import Database, opened, store_path
from shimmy_metrics.store.erase import erase
from shimmy_metrics.store.readonly import open_readonly
from shimmy_metrics.system.profile import Profile


class FoundSession(NamedTuple):
    """A kept session, and the newest departure that carried its report, None where it was never sent."""

    session: Session
    departure: Departure | None


def find_kept_session(profile: Profile, word: str) -> FoundSession | None:
    """Return the ended session of which `word` is the beginning of the `session_id`, or None.

    Raises `UserError` for a word that names several, and where the config or the store cannot be used.
    """
    with open_readonly(profile, off=not read_consent(profile).measures) as db:
        kept = sessions.kept(db) if db is not None else []
        found = [session for session in kept if word and session.report_id.startswith(word.lower())]
        if len(found) > 1:
            raise UserError(f"{len(found)} kept sessions begin with {word!a}", remedy="Give more characters of it")
        return FoundSession(found[0], _carried(db, found[0])) if found and db is not None else None


def delete_kept_session(profile: Profile, row_id: int) -> Deleted:
    """Delete an ended session that is kept for the person. Raises `UserError`."""
    with opened(profile, for_deletion=True) as db:

        def delete() -> Deleted:
            session = next((each for each in sessions.kept(db) if each.row_id == row_id), None)
            if session is None:
                return Deleted(gone=False)
            sessions.remove(db, row_id)
            return Deleted(gone=True, departure=_carried(db, session))

        return erase(db, store_path(profile), delete)


def _carried(db: Database, session: Session) -> Departure | None:
    """Return the newest departure that carried its report: one kept for the person alone may have waited before."""
    return departures.last_carrying(db, [session.report_id]).get(session.report_id)
