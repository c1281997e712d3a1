"""What is said of a running session. Pure."""

from datetime import datetime, timedelta, tzinfo
from typing import Final

from shimmy_metrics.limits import IDLE_WRITE_SECONDS
from shimmy_metrics.records import Session
from shimmy_metrics.wording.numbers import when

_LATE: Final = timedelta(seconds=2 * IDLE_WRITE_SECONDS)


def last_saved(session: Session, now: datetime, zone: tzinfo | None = None) -> str:
    """Return when its figures were last saved, as `when` does; empty where that is as it should be.

    Nothing newer is known of a session whose process is stopped, or can write nothing.
    """
    return when(session.updated, now, zone) if now - session.updated > _LATE else ""
