"""What is said of a running session, and of one whose process is gone. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Final

from shimmy_metrics.consent.effective_consent import EffectiveConsent
from shimmy_metrics.limits import IDLE_WRITE_SECONDS
from shimmy_metrics.records import Session
from shimmy_metrics.wording.numbers import amount, when
from shimmy_metrics.wording.session_consent import becomes_report

_LATE: Final = timedelta(seconds=2 * IDLE_WRITE_SECONDS)


AS_SAVED: Final = "as of the last second saved"
"""Of what time the figures of a running session are, where its report is shown."""

_ANY: Final = ("http://0.0.0.0", "http://[::]")


def shown_address(session: Session) -> str:
    """Return where clients reach its server, to follow "at".

    Of an address that others can reach the store keeps the port alone: a server there may not answer at `0.0.0.0`.
    """
    host, _, port = session.address.rpartition(":")
    return f"port {port}" if host in _ANY else session.address


def last_saved(session: Session, now: datetime, zone: tzinfo | None = None) -> str:
    """Return when its figures were last saved, as `when` does; empty where that is as it should be.

    Nothing newer is known of a session whose process is stopped, or can write nothing.
    """
    return when(session.updated, now, zone) if now - session.updated > _LATE else ""


def cut_off(found: Sequence[Session], consent: EffectiveConsent) -> str:
    """Return what becomes of sessions whose process is gone without having ended them, one or more."""
    counted = sum(session.counters.requests for session in found)
    what = f"{amount(len(found), 'session')}, {amount(counted, 'request')}"
    if not consent._replace(switch="").measures:  # none starts where a switch is set
        return what
    ends = "it ends" if len(found) == 1 else "they end"
    made = sum(becomes_report(consent, session) for session in found)
    reports = "its report" if len(found) == 1 else "their reports" if made == len(found) else amount(made, "report")
    made_too = f" and {reports} {'is' if made == 1 else 'are'} made" if made else ""
    return f"{what}: {ends}{made_too} when a session starts"
