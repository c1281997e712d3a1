"""A session that its own process had no time to seal, as one line of JSON for the sender, which seals it."""

import json
from datetime import datetime
from typing import Final, NamedTuple

from shimmy_metrics.counters import Counters
from shimmy_metrics.records import Session

_TIMES: Final = ("started", "updated")


class Unsealed(NamedTuple):
    """A session that is still to be sealed, with its last counters.

    `row_id` is 0 where the session ended before it was stored: then `session` holds all of it. `lock` is a
    descriptor that holds the session's lock, which the sender inherits; None where there is none.
    """

    row_id: int
    counters: Counters
    lock: int | None
    session: Session | None = None

    def as_json(self) -> bytes:
        """Return the line that `parse` reads."""
        session = None
        if self.session is not None:
            times = {name: getattr(self.session, name).isoformat() for name in _TIMES}
            session = self.session._asdict() | times | {"counters": None}
        return json.dumps([self.row_id, self.counters.as_json(), self.lock, session]).encode()


def parse(data: bytes) -> Unsealed:
    """Parse what `as_json` wrote. Raise `ValueError`, `TypeError` or `KeyError` for anything else."""
    row_id, counted, lock, session = json.loads(data)
    counters = Counters.from_json(counted)
    if session is not None:
        times = {name: datetime.fromisoformat(session[name]) for name in _TIMES}
        session = Session(**(session | times | {"counters": counters}))
    return Unsealed(int(row_id), counters, lock, session)
