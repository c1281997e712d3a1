"""A profile in which sessions end and are sealed."""

import json
from datetime import timedelta
from pathlib import Path

from shimmy_metrics.consent.state import SCHEMA_VERSION
from shimmy_metrics.counters import Counters
from shimmy_metrics.delivery.seal import end_session
from shimmy_metrics.machine.facts import Facts
from shimmy_metrics.records import Session
from shimmy_metrics.store import sessions
from shimmy_metrics.store.database import Database, get_meta
from shimmy_metrics.system.profile import Profile
from support.queued import LOCAL, uuid
from support.samples import COUNTERS, FACTS, NOW, profile, session

YES = "the yes in force"


class Home:
    """A home with a yes whose store is in memory."""

    def __init__(self, root: Path, db: Database) -> None:
        self.root = root
        self.db = db
        self.profile = profile(root)
        self.decide(enabled=True)

    def decide(self, **metrics: object) -> None:
        known = {"session_id": YES, "schema_version": SCHEMA_VERSION, "endpoint": LOCAL}
        self.profile.config_path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.profile.config_path.write_text(json.dumps({"metrics": {**known, **metrics}}))

    def begin(self, number: int = 0, consent_id: str = YES, endpoint: str = LOCAL, *, local: bool = False) -> int:
        begun = session(uuid(number), local=local)._replace(consent_id=consent_id, endpoint=endpoint)
        return sessions.begin(self.db, begun._replace(counters=Counters(), updated=NOW - timedelta(hours=1)))

    def end(self, row_id: int, facts: Facts = FACTS, mine: Profile | None = None) -> bool:
        return end_session(mine or self.profile, self.db, row_id, COUNTERS, facts)

    @property
    def kept(self) -> list[Session]:
        return sessions.kept(self.db)

    @property
    def told(self) -> tuple[str, str]:
        """The day and the month for which a report was sealed that counts it."""
        return get_meta(self.db, "active-day"), get_meta(self.db, "machine-month")
