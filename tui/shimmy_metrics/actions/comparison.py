"""Two reports compared: the next one with the last one that was sent, or those that a person names."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from shimmy_metrics.actions.cut_off import cut_off_sessions
from shimmy_metrics.actions.history import read_entries
from shimmy_metrics.actions.id_choices import DIGITS, listed, report_choice
from shimmy_metrics.actions.preview import Basis, agreed_schema, preview, preview_report, running_sessions
from shimmy_metrics.config.read_consent import read_consent
from shimmy_metrics.errors import UserError
from shimmy_metrics.machine.facts import Facts
from shimmy_metrics.records import Departure, Entry, QueuedReport, Session
from shimmy_metrics.report.bodies import field_values, split
from shimmy_metrics.report.compare import Difference, compare
from shimmy_metrics.report.seal import digest
from shimmy_metrics.store import outbox
from shimmy_metrics.store.readonly import open_readonly, unread, unread_error
from shimmy_metrics.system.profile import Profile


class Stage(StrEnum):
    """What a compared report is, in the words of `diff --json`."""

    SENT = "sent"
    QUEUED = "queued"
    RUNNING = "running"
    """The running session's, as it would be sealed now."""
    CUT_OFF = "cut-off"
    """That of a session that was cut off, as it would be sealed now."""
    EXAMPLE = "example"


class Compared(NamedTuple):
    """A report that can be compared. `at` is when it was sent, sealed or looked at, `request` its request's digest."""

    report_id: str
    sha256: str
    body: bytes
    at: datetime
    stage: Stage
    request: str = ""

    def named(self, start: str) -> bool:
        """Whether a digest that is shown for it, or its `session_id`, begins so."""
        return any(name.startswith(start) for name in (self.sha256, self.report_id, self.request))

    @property
    def short(self) -> str:
        """The start of its digest; of its `session_id` where it is not sealed, since its digest changes by then."""
        return (self.report_id if self.stage in (Stage.RUNNING, Stage.CUT_OFF) else self.sha256)[:DIGITS]


class Comparison(NamedTuple):
    """Two reports, the earlier first, and how each field differs. `before` is None where none was sent.

    `instead`: they are the last two that were sent, or the only one, since there is no next report. `others` are the
    reports that wait beside the one that was taken because none was named.
    """

    before: Compared | None
    after: Compared
    differences: tuple[Difference, ...]
    instead: bool = False
    others: tuple[Compared, ...] = ()


def compare_reports(profile: Profile, facts: Facts, names: Sequence[str] = ()) -> Comparison:
    """Compare the next report, or the one named, with the last one that was sent before it; or the two named.

    Where nothing is due, held or measured the next one would be an invented example, so the last two that were sent
    are compared; where one was, it is compared with nothing.
    A name is how a digest or a `session_id` begins. Raises `UserError` for one that names no report or several, and
    for a config or a store that cannot be used.
    """
    known = _known(profile, facts)
    if len(names) == 2:
        before, after = (_named(known, name) for name in names)
        return _compared(before, after)
    after = _named(known, names[0]) if names else _next(profile, facts)
    sent = [report for report in known if report.stage is Stage.SENT]
    if after.stage is Stage.EXAMPLE and sent:
        return _compared(next(iter(sent[1:]), None), sent[0])._replace(instead=True)
    if after in sent:
        sent = sent[sent.index(after) + 1 :]
    queued = () if names else tuple(report for report in known if report.stage is Stage.QUEUED and report != after)
    return _compared(next(iter(sent), None), after)._replace(others=queued if after.stage is Stage.QUEUED else ())


def _compared(before: Compared | None, after: Compared) -> Comparison:
    return Comparison(before, after, compare(before.body if before else None, after.body))


def _next(profile: Profile, facts: Facts) -> Compared:
    found = preview(profile, facts)
    if found.basis is Basis.QUEUED:
        return _of_queue(found.request.reports[0], Stage.QUEUED)
    stage, body = Stage.EXAMPLE, found.request.body
    if found.basis is Basis.SESSION:
        stage = Stage.RUNNING if found.session in found.running else Stage.CUT_OFF
    return Compared(str(field_values(body)["session_id"]), digest(body), body, profile.clock.now(), stage)


def _known(profile: Profile, facts: Facts) -> tuple[Compared, ...]:
    """Return every report that can be named: waiting ones, running and cut-off sessions', those sent, newest first."""
    consent = read_consent(profile)
    with open_readonly(profile, off=not consent.measures) as db:
        if db is None:
            if unread(profile):
                raise unread_error()
            return ()
        version = agreed_schema(consent)
        running = running_sessions(profile, db)
        cut_off = cut_off_sessions(profile, db, running)

        def unsealed(session: Session, stage: Stage) -> Compared:
            return _of_queue(preview_report(profile, db, session, facts, schema_version=version), stage)

        found = (
            *(_of_queue(report, Stage.QUEUED) for report in outbox.everything(db)),
            *(unsealed(session, Stage.RUNNING) for session in running),
            *(unsealed(session, Stage.CUT_OFF) for session in cut_off),
            *_sent(read_entries(db)),
        )
    # One that is waiting again after a refusal is in the bytes of a receipt too.
    return tuple({report.report_id or report.sha256: report for report in reversed(found)}.values())[::-1]


def _of_queue(report: QueuedReport, stage: Stage) -> Compared:
    return Compared(report.report_id, report.sha256, report.body, report.sealed, stage)


def _sent(entries: Iterable[Entry]) -> Iterator[Compared]:
    """Yield the reports of which the bytes are kept, those sent last first."""
    for entry in entries:
        if isinstance(entry, Departure) and entry.receipt:
            for body in reversed(split(entry.body)):
                report_id = str(field_values(body).get("session_id", ""))
                yield Compared(report_id, digest(body), body, entry.begun, Stage.SENT, entry.sha256)


def _named(known: Iterable[Compared], word: str) -> Compared:
    known = tuple(known)
    found = [report for report in known if word and report.named(word.lower())]
    if not found:
        remedy = f"Reports here: {_choices(known)}" if known else "No report is kept here"
        raise UserError(f"no report here has a digest or session_id that begins with {word!a}", remedy=remedy)
    if len(found) > 1:
        raise UserError(f"{len(found)} reports here begin with {word!a}", remedy=f"Name one: {_choices(found)}")
    return found[0]


def _choices(reports: Iterable[Compared]) -> str:
    return listed(report_choice(each.short, each.at, each.body) for each in reports)
