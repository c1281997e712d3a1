"""A session whose own process had no time to seal it, on its way to the process that does: one line of JSON."""

import json
from datetime import datetime
from typing import Final, NamedTuple

from shimmy_metrics.counters import Counters
from shimmy_metrics.records import Session

_TIMES: Final = ("started", "updated")


class Unsealed(NamedTuple):
    """A session that is still to be sealed, with its last counters.

    `row_id` is its number in the store, 0 where it ended before the store had it: then `session` is all of it. `lock`
    is a descriptor that holds its lock, which the process that seals inherits; None where there is none.
    """

    row_id: int
    counters: Counters
    lock: int | None
    session: Session | None = None

    def as_json(self) -> bytes:
        """Return what `read` reads."""
        session = None
        if self.session is not None:
            times = {name: getattr(self.session, name).isoformat() for name in _TIMES}
            session = self.session._asdict() | times | {"counters": None}
        return json.dumps([self.row_id, self.counters.as_json(), self.lock, session]).encode()


def read(data: bytes) -> Unsealed:
    """Read what `as_json` wrote. Raises `ValueError`, `TypeError` or `KeyError` for anything else."""
    row_id, told, lock, session = json.loads(data)
    counters = Counters.from_json(told)
    if session is not None:
        times = {name: datetime.fromisoformat(session[name]) for name in _TIMES}
        session = Session(**(session | times | {"counters": counters}))
    return Unsealed(int(row_id), counters, lock, session)
