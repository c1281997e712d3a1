"""What `status` prints: the decision, what is in force and how much is kept, without all that the app reads."""

from datetime import datetime
from typing import NamedTuple

from shimmy_metrics.actions.purge import read_consent_and_purge
from shimmy_metrics.actions.purge_result import PurgeResult
from shimmy_metrics.actions.situation import Situation
from shimmy_metrics.consent.effective_consent import EffectiveConsent, Unusable
from shimmy_metrics.delivery.consent_with_answers import with_store
from shimmy_metrics.delivery.proxy import proxy_shown
from shimmy_metrics.delivery.reading import being_sent, outbox_for_sender, read_with_sender
from shimmy_metrics.entries import recalled_in_all, taken_in_all
from shimmy_metrics.errors import UserError
from shimmy_metrics.next_attempt import NextAttempt
from shimmy_metrics.records import Departure, QueuedReport, QueueState, Session
from shimmy_metrics.store.database import Database, store_path
from shimmy_metrics.store.readonly import unread
from shimmy_metrics.system.profile import Profile


class Status(NamedTuple):
    """What is in force, and figures of what is kept, at the moment `now`.

    `troubles` are lines about a config, endpoint or store that cannot be used; `unusable` tells that it is the config
    or the endpoint, so that whatever was decided is not in force. `cut_off` are the sessions whose process is gone
    without having ended them. `taken` counts the reports that a receiver took,
    `departures` are the attempts on record and the recalls, newest first, `receipts` counts those whose bytes are kept;
    `failures` is how many in a row failed, `attempt` when a sender tries next by itself; `sending` tells that a sender
    is at work. `news` counts fields that the yes does not cover; `proxy` is the `HOST:PORT` by way of which a request
    goes, empty where it goes straight; `unread` tells that the store is off and was not read, `store_unusable` that it
    could not be: then the figures of what it holds say nothing.
    """

    consent: EffectiveConsent
    now: datetime
    config_path: str
    store_path: str
    troubles: tuple[str, ...] = ()
    unusable: Unusable | None = None
    purged: PurgeResult = PurgeResult()
    running: tuple[Session, ...] = ()
    cut_off: tuple[Session, ...] = ()
    queued: tuple[QueuedReport, ...] = ()
    taken: int = 0
    departures: tuple[Departure, ...] = ()
    receipts: int = 0
    failures: int = 0
    attempt: NextAttempt = NextAttempt()
    sending: bool = False
    news: int = 0
    proxy: str = ""
    unread: bool = False
    store_unusable: bool = False

    @property
    def situation(self) -> Situation:
        """What is so for an answer that is given now."""
        return Situation(self.running, self.attempt, self.sending, self.unusable, self.store_unusable, self.cut_off)

    @property
    def last(self) -> Departure | None:
        """The newest attempt or recall, or None."""
        return next(iter(self.departures), None)

    @property
    def recalled(self) -> int:
        """Of how many reports a receiver confirmed the deletion."""
        return recalled_in_all(self.departures)

    @property
    def due(self) -> int:
        """How many reports the next sender sends."""
        return sum(report.state is QueueState.DUE for report in self._leavable)

    @property
    def held(self) -> tuple[QueuedReport, ...]:
        """Those that are sent when the person releases them, oldest first."""
        return tuple(report for report in self._leavable if report.state.held)

    @property
    def held_for_endpoint(self) -> int:
        """How many are held because they were measured under an earlier yes, or for another endpoint."""
        return sum(report.state is QueueState.HELD_FOR_ENDPOINT for report in self._leavable)

    @property
    def overdue(self) -> int:
        """How many have waited too long and are no longer sent, without those that were set aside."""
        return len(self.queued) - len(self._leavable) - len(self.set_aside)

    @property
    def of_an_earlier_yes(self) -> int:
        """How many of those that are held were measured under an earlier yes; none where the present one is unknown."""
        return sum(self._of_an_earlier_yes(report) for report in self.held)

    @property
    def for_another_receiver(self) -> int:
        """How many of those that are held were measured under this yes, for another endpoint."""
        present = self.consent.decision.consent_id
        return sum(
            report.state is QueueState.HELD_FOR_ENDPOINT and report.consent_id == present for report in self.held
        )

    @property
    def set_aside(self) -> tuple[QueuedReport, ...]:
        """Those that are not retried automatically, oldest first."""
        return tuple(report for report in self.queued if report.state is QueueState.SET_ASIDE)

    def _of_an_earlier_yes(self, report: QueuedReport) -> bool:
        present = self.consent.decision.consent_id  # empty where the config cannot be used, or the answer not counted
        return bool(present) and report.consent_id != present

    @property
    def _leavable(self) -> tuple[QueuedReport, ...]:
        return tuple(
            report
            for report in self.queued
            if report.state is not QueueState.SET_ASIDE and not report.overdue(self.now)
        )


def read_status(profile: Profile) -> Status:
    """Return what is in force and kept, after deleting what there is no consent for.

    Never raises: what cannot be used is in `troubles`, and the rest is there.
    """
    reading = read_consent_and_purge(profile)
    consent = reading.consent
    found = Status(
        consent,
        profile.clock.now(),
        str(profile.config_file),
        store_path(profile),
        troubles=reading.troubles,
        unusable=reading.unusable,
        purged=reading.purged,
        news=_news(consent),
        proxy="" if reading.unusable else proxy_shown(consent.endpoint, profile.environment),
        store_unusable=reading.store_unusable,
    )
    try:
        with read_with_sender(profile, off=not consent.measures) as (db, at_work):
            if db is None:
                return found._replace(consent=with_store(profile, consent, None), unread=unread(profile))
            return _read(profile, db, found._replace(sending=at_work))
    except UserError as error:
        troubles = tuple(dict.fromkeys((*found.troubles, str(error))))
        return found._replace(troubles=troubles, store_unusable=True)


def _read(profile: Profile, db: Database, found: Status) -> Status:
    # An absent store wants none of them.
    from shimmy_metrics.actions.cut_off import cut_off_sessions
    from shimmy_metrics.delivery.backoff import failures_and_skips, next_attempt
    from shimmy_metrics.store import chain, departures, sessions

    queued = outbox_for_sender(db, found.consent.decision)
    gone = departures.everything(db)
    running = tuple(session for session in sessions.running(db) if sessions.alive(profile, session))
    return found._replace(
        consent=found.consent if found.unusable else with_store(profile, found.consent, db),
        running=running,
        cut_off=cut_off_sessions(profile, db, running),
        queued=queued,
        taken=taken_in_all([*gone, *chain.notes(db)]),
        departures=tuple(departures.as_completed(each, found.now, at_work=found.sending) for each in gone),
        receipts=sum(bool(departure.body) for departure in gone),
        failures=failures_and_skips(db)[0],
        attempt=next_attempt(profile, db, found.consent.decision),
        sending=being_sent(db, found.now, at_work=found.sending),
    )


def _news(consent: EffectiveConsent) -> int:
    if not consent.renews:
        return 0
    from shimmy_metrics.report.fields import new_since  # the field table, which status does not want otherwise

    return len(new_since(consent.decision.schema_version))
