"""A profile that was lived in: one of everything that can be forgotten."""

from shimmy_metrics.actions.decide import enable
from shimmy_metrics.actions.files import FileKind, files
from shimmy_metrics.config.file import load
from shimmy_metrics.consent.state import Consent
from shimmy_metrics.records import Departure, Outcome
from shimmy_metrics.store import departures, outbox, sessions
from shimmy_metrics.store.database import opened, set_meta, transaction
from shimmy_metrics.system.log import log_event
from shimmy_metrics.system.profile import Profile
from support.samples import NOW, SUMMED, queued, session

OTHER_ID = "c0ffee00-0000-4000-8000-00000000beef"


def lived_in(mine: Profile) -> Profile:
    """Fill a profile: a yes, a session that runs, a waiting report, a receipt, a log line, leftovers."""
    enable(mine)
    waiting, sent = queued(), queued(OTHER_ID)
    with opened(mine) as db, transaction(db):
        outbox.add(db, waiting)
        sessions.begin(db, session(OTHER_ID.replace("beef", "feed"))._replace(counters=SUMMED))
        number = departures.begin(db, departure(sent.body, sent.sha256))
        departures.record_report_ids(db, number, [OTHER_ID])
        departures.complete(db, number, ended=NOW, outcome=Outcome.CONFIRMED, status=200, taken=1, body=sent.body)
        for name, value in (("active-day", "2026-11-23"), ("machine-month", "2026-11"), ("failures", "2")):
            set_meta(db, name, value)
        set_meta(db, "passed-over", "1")
    log_event(mine, "the sender met an error and ended")
    (mine.state_path / "sender.lock").touch()
    (mine.state_path / "session-9.lock").touch()
    mine.config_path.with_name(".config.json.abcd_123").write_text("{")
    return mine


def departure(body: bytes, sha256: str) -> Departure:
    return Departure(0, NOW, "https://metrics.example/v1", sha256, len(body), 1, by_hand=False)


def kinds(mine: Profile) -> list[FileKind]:
    return [each.kind for each in files(mine)]


def stands(mine: Profile) -> bool:
    decision = load(mine).decision
    return decision.consent is Consent.DECLINED and not decision.local
