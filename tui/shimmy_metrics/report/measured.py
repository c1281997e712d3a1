"""Everything raw about one session, before the fields coarsen it. None of it leaves as it stands here."""

from datetime import datetime
from typing import NamedTuple

from shimmy_metrics.counters import Counters
from shimmy_metrics.machine.facts import Facts


class Measured(NamedTuple):
    """One session as it was measured, with what the store and the consent say about the report to be made.

    `sealed` is UTC. `version` is the server's own answer. `client_hint` is the environment's word for the program
    around the server, or None. `first_of_day` and `first_of_month` tell that no report of that UTC day or a later one
    counted as active use, and that none of that month or a later one told the machine's figures.
    """

    session_id: str
    sealed: datetime
    version: str
    schema_version: int
    counters: Counters
    facts: Facts
    client_hint: str | None
    first_of_day: bool
    first_of_month: bool

    @property
    def minutes(self) -> int:
        """Whole minutes the session was measured."""
        return self.counters.uptime_s // 60


def first_told(last: str, now: str) -> bool:
    """Return whether what was last told for the day or month `last` may be told for `now`.

    Both are ISO 8601 texts of one length (`2026-11-23`, `2026-11`); `last` is empty where it was never told. Only a
    later one may: a clock that goes back tells nothing twice.
    """
    return now > last
