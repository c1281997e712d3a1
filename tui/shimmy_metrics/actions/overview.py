"""All that the app shows, as one value.

Never raises: what cannot be used is in `trouble`, and the rest is shown.
"""

import contextlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from shimmy_metrics.actions.preview import agreed_schema, leavable, preview_report, request_of, running_sessions
from shimmy_metrics.actions.purge import read_consent_and_purge
from shimmy_metrics.actions.purge_result import PurgeResult
from shimmy_metrics.actions.situation import Situation
from shimmy_metrics.consent.effective_consent import EffectiveConsent, Unusable
from shimmy_metrics.consent.state import SCHEMA_VERSION
from shimmy_metrics.delivery.consent_with_answers import with_store
from shimmy_metrics.delivery.proxy import proxy_shown
from shimmy_metrics.delivery.reading import being_sent, outbox_for_sender, read_with_sender
from shimmy_metrics.delivery.request import Request
from shimmy_metrics.entries import named_without_receipt, sends
from shimmy_metrics.errors import UserError
from shimmy_metrics.machine.facts import Facts
from shimmy_metrics.next_attempt import NextAttempt
from shimmy_metrics.records import Day, Departure, Entry, QueuedReport, QueueState, Session
from shimmy_metrics.report.field import Field
from shimmy_metrics.report.fields import new_since
from shimmy_metrics.store.database import Database
from shimmy_metrics.store.readonly import unread
from shimmy_metrics.system.profile import Profile

if TYPE_CHECKING:
    from shimmy_metrics.actions.files import OwnFile
    from shimmy_metrics.actions.usage import Usage
else:
    OwnFile = object  # lines of text list none; why it is not quoted: see `actions.preview`


class SessionPreview(NamedTuple):
    """A session that runs or was cut off, and the report it would be if it ended now."""

    session: Session
    report: QueuedReport


class Overview(NamedTuple):
    """Everything there is to show.

    `trouble` is a line about a config, endpoint or store that cannot be used, or empty; `unusable` tells that it is the
    config or the endpoint, so that whatever was decided is not in force, `store_unusable` that it is the store (it may
    be both). `running` are the live sessions, oldest first, `cut_off` those whose process is gone without having ended
    them; `ended` those kept for the person, newest first; `days` the person's own sums, oldest first; `outbox` all
    waiting reports, oldest first, those in `overdue` (numbers in the store) too long to leave any more; `next_request`
    is what would leave next, or what releasing all of it would send.
    `entries` are the departures and notes, newest first; those in `broken` (`departure ID`, `note PLACE`) are not as
    they were written; `failures` counts the attempts in a row that failed, and `attempt` is when a sender tries next by
    itself. A departure that its sender left open is shown as what it will be completed as. `sending` tells that a
    sender is at work. `example` is the report of a session in which nothing happened. `news` are the fields that a yes
    does not cover yet and that are to be asked for. `proxy` is the `HOST:PORT` by way of which a request goes, empty
    where it goes straight. `unread` tells that the store is off and was not read. `purged` is what was deleted just
    now, since there was no consent for it any more. `files` is everything of ours on this disk. `stamp` changes
    whenever an entry does. `brief` tells that of a long history only the newest entries were read, and are unchecked:
    enough to show what is measured now.
    """

    consent: EffectiveConsent
    example: QueuedReport
    trouble: str = ""
    unusable: Unusable | None = None
    proxy: str = ""
    news: tuple[Field, ...] = ()
    running: tuple[SessionPreview, ...] = ()
    cut_off: tuple[SessionPreview, ...] = ()
    ended: tuple[Session, ...] = ()
    days: tuple[Day, ...] = ()
    outbox: tuple[QueuedReport, ...] = ()
    overdue: frozenset[int] = frozenset()
    next_request: Request | None = None
    entries: tuple[Entry, ...] = ()
    broken: tuple[str, ...] = ()
    stamp: tuple[object, ...] = ()
    failures: int = 0
    attempt: NextAttempt = NextAttempt()
    sending: bool = False
    unread: bool = False
    store_unusable: bool = False
    purged: PurgeResult = PurgeResult()
    brief: bool = False
    files: tuple[OwnFile, ...] = ()

    @property
    def now(self) -> QueuedReport:
        """The report whose values are shown: the newest running session's as it would be now, else the example."""
        return self.running[-1].report if self.running else self.example

    @property
    def store_read(self) -> bool:
        """Whether it is known what the store holds: it was read, or there is none."""
        return not (self.unread or self.store_unusable)

    @property
    def usage(self) -> "Usage":
        """The person's own figures, to be shown by day, week or month."""
        from shimmy_metrics.actions.usage import Usage  # most lines of text are printed where nothing was counted

        undecided = self.consent.undecided and self.unusable is None
        return Usage(self.days, self.consent.measures, self.unread, undecided)

    @property
    def sessions(self) -> tuple[Session, ...]:
        """The running sessions, oldest first."""
        return tuple(preview.session for preview in self.running)

    @property
    def situation(self) -> Situation:
        """What is so for an answer that is given now."""
        cut_off = tuple(each.session for each in self.cut_off)
        return Situation(self.sessions, self.attempt, self.sending, self.unusable, self.store_unusable, cut_off)

    @property
    def departures(self) -> tuple[Departure, ...]:
        """Every attempt to send, newest first."""
        return sends(self.entries)

    def carrying(self, report_id: str) -> Departure | None:
        """Return the newest attempt of which bytes of this report may have left, or None."""
        return next((departure for departure in self.departures if report_id in departure.report_ids), None)

    @property
    def named_without_receipt(self) -> int:
        """How many attempts and recalls have no bytes but ids of reports that are not here any more."""
        here = (*(report.report_id for report in self.outbox), *(session.report_id for session in self.ended))
        return named_without_receipt(self.entries, here)

    @property
    def receipts(self) -> tuple[Departure, ...]:
        """The departures of which a receiver took something, newest first; the bytes may have been deleted."""
        return tuple(departure for departure in self.departures if departure.receipt)


def overview(
    profile: Profile, facts: Facts, known: Overview | None = None, *, listing: bool = True, brief: bool = False
) -> Overview:
    """Return everything there is to show now, after deleting what there is no consent for.

    `known` is an earlier one: its receipts are not read and checked again if no others were added. `listing`: with the
    files of ours. With `brief` a long history is not read; the overview's `brief` tells.
    """
    reading = read_consent_and_purge(profile)
    consent = reading.consent
    shown = partial(
        Overview,
        consent,
        trouble=". ".join(reading.troubles),
        unusable=reading.unusable,
        proxy=proxy_shown(consent.endpoint, profile.environment),
        news=new_since(consent.decision.schema_version) if consent.renews else (),
        unread=not consent.measures and unread(profile),
        store_unusable=reading.store_unusable,
        purged=reading.purged,
        files=_files(profile) if listing else (),
    )
    try:
        with read_with_sender(profile, off=not consent.measures) as (db, at_work):
            example = preview_report(profile, db, None, facts, schema_version=SCHEMA_VERSION)
            if db is None:
                return shown(example)._replace(consent=with_store(profile, consent, None))
            return _read(profile, db, shown(example)._replace(sending=at_work, brief=brief), facts, known)
    except UserError as error:
        example = preview_report(profile, None, None, facts, schema_version=SCHEMA_VERSION)
        troubles = dict.fromkeys((*reading.troubles, str(error)))
        return shown(example)._replace(trouble=". ".join(troubles), store_unusable=True)


def outdated(shown: Overview, now: datetime) -> bool:
    """Whether time alone has changed what there is to show, which no file tells.

    A report is too old by now, or no longer where the clock was set back; or no sender came after a session's end.
    """
    from shimmy_metrics.delivery.backoff import just_sealed  # lines of text are printed once

    due = (report for report in shown.outbox if report.state is QueueState.DUE)
    return _overdue(shown.outbox, now) != shown.overdue or (shown.attempt.soon and not just_sealed(due, now))


def _overdue(queued: Iterable[QueuedReport], now: datetime) -> frozenset[int]:
    aged = (report for report in queued if report.state is not QueueState.SET_ASIDE and report.overdue(now))
    return frozenset(report.row_id for report in aged)


def session_preview(profile: Profile, session: Session, facts: Facts) -> SessionPreview:
    """Return an ended session with the report that it would have been. Nothing is read or stored."""
    return SessionPreview(session, preview_report(profile, None, session, facts, schema_version=SCHEMA_VERSION))


def _files(profile: Profile) -> tuple[OwnFile, ...]:
    from shimmy_metrics.actions.files import files  # lines of text list none

    with contextlib.suppress(UserError):  # a folder that cannot be listed is in the way of the store as well
        return files(profile)
    return ()


def _read(profile: Profile, db: Database, empty: Overview, facts: Facts, known: Overview | None) -> Overview:
    # An absent store wants none of them.
    from shimmy_metrics.actions.cut_off import cut_off_sessions
    from shimmy_metrics.actions.history import completed
    from shimmy_metrics.delivery.backoff import failures_and_skips, next_attempt
    from shimmy_metrics.store import days, sessions

    ended = tuple(sessions.kept(db))
    known = _history(db, empty._replace(ended=ended), known)
    now = profile.clock.now()
    entries = completed(known.entries, now, at_work=empty.sending)
    consent = empty.consent if empty.unusable else with_store(profile, empty.consent, db)
    queued = outbox_for_sender(db, consent.decision)
    version = agreed_schema(consent)

    def previews(found: Sequence[Session]) -> tuple[SessionPreview, ...]:
        made = (preview_report(profile, db, session, facts, schema_version=version) for session in found)
        return tuple(map(SessionPreview, found, made))

    running = running_sessions(profile, db)
    return empty._replace(
        consent=consent,
        running=previews(running),
        cut_off=previews(cut_off_sessions(profile, db, running)),
        ended=ended,
        days=tuple(days.everything(db)),
        outbox=queued,
        overdue=_overdue(queued, now),
        next_request=request_of(leavable(queued, now), consent.endpoint),
        entries=entries,
        broken=known.broken,
        stamp=known.stamp,
        brief=known.brief,
        failures=failures_and_skips(db)[0],
        attempt=next_attempt(profile, db, consent.decision),
        sending=being_sent(db, now, at_work=empty.sending),
    )


def _history(db: Database, empty: Overview, known: Overview | None) -> Overview:
    """Return an overview with the history: `known`, if nothing was added to it, else one that is read anew."""
    from shimmy_metrics.actions.history import read_entries, read_recent
    from shimmy_metrics.store import chain

    # Any of the entries may have carried what became a kept session.
    recent = read_recent(db) if empty.brief and not empty.ended else ()
    if recent:
        return empty._replace(entries=recent)
    stamp = chain.stamp(db)
    if known is not None and known.stamp == stamp:
        return known
    return empty._replace(entries=read_entries(db), broken=tuple(chain.broken(db)), stamp=stamp, brief=False)
