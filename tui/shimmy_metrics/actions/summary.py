"""What `status` tells: the decision, what is in force, and how much is held; without the app's whole picture."""

from dataclasses import dataclass, replace
from pathlib import Path

from shimmy_metrics.actions.owed import Deleted, settle
from shimmy_metrics.actions.unread import unread
from shimmy_metrics.consent import Standing
from shimmy_metrics.delivery.force import in_force
from shimmy_metrics.delivery.proxy import proxy_shown
from shimmy_metrics.records import Session, Wait
from shimmy_metrics.store import outbox, sessions
from shimmy_metrics.store.database import looked_at, store_path
from shimmy_metrics.system.profile import Profile


@dataclass(frozen=True, slots=True)
class Summary:
    """Figures of what is held.

    `news` counts fields that the yes does not cover; `proxy` is the `HOST:PORT` by way of which a request goes, empty
    where it goes straight; `unread` tells that the store is off and was not read to its end.
    """

    standing: Standing
    deleted: Deleted
    config_path: Path
    store_path: Path
    running: tuple[Session, ...] = ()
    due: int = 0
    review: int = 0
    set_aside: int = 0
    waiting_bytes: int = 0
    deliveries: int = 0
    news: int = 0
    proxy: str = ""
    unread: bool = False


def summary(profile: Profile) -> Summary:
    """Return what is in force and held; a deletion that is owed is done first. Raises `TroubleError`."""
    deleted = settle(profile)
    force = in_force(profile, None)
    empty = Summary(
        force,
        deleted,
        profile.config_path,
        store_path(profile),
        news=_news(force),
        proxy=proxy_shown(force.endpoint, profile.environment),
        unread=unread(profile),
    )
    with looked_at(profile, off=not force.measures) as db:
        if db is None:
            return empty
        from shimmy_metrics.store import receipts  # with digests and orjson, which a store that is off does not want

        waiting = outbox.everything(db)
        return replace(
            empty,
            standing=in_force(profile, db),
            running=tuple(session for session in sessions.running(db) if sessions.alive(profile, session)),
            due=sum(report.wait is Wait.DUE for report in waiting),
            review=sum(report.wait is Wait.REVIEW for report in waiting),
            set_aside=sum(report.wait is Wait.SET_ASIDE for report in waiting),
            waiting_bytes=sum(len(report.body) for report in waiting),
            deliveries=sum(bool(receipt.body) for receipt in receipts.everything(db)),
        )


def _news(force: Standing) -> int:
    if not force.renews:
        return 0
    from shimmy_metrics.report.fields import new_since  # the field table, which status does not want otherwise

    return len(new_since(force.decision.schema_version))
