"""Add up the exchanges of one session. Neither single requests nor names are kept.

`Aggregate` holds the running sums; `Counters` is its frozen snapshot. Model names exist here only as keyed hashes,
which never leave this object: the snapshot holds their number.
"""

from collections import Counter, deque

from shimmy_metrics.counters import Counters, DaySums
from shimmy_metrics.exchange import Exchange
from shimmy_metrics.limits import MINUTES_SHOWN, SESSION_DAYS
from shimmy_metrics.models_at_once import ModelsAtOnce
from shimmy_metrics.vocabulary import TokenSource


class Aggregate:
    """The running counters of one session. `started` is the monotonic second at which measuring began."""

    def __init__(self, started: float, startup_ms: int | None = None) -> None:
        self.started = started
        self.startup_ms = startup_ms
        self.memory_bytes: int | None = None
        self._requests = self._errors = self._tokens = self._tokens_in = 0
        self._days: dict[str, list[int]] = {}
        self._answers = self._peak_hour = 0
        self._answer_s = self._generating_s = 0.0
        self._sources: Counter[str] = Counter()
        self._routes: Counter[str] = Counter()
        self._clients: Counter[str] = Counter()
        self._unread: Counter[str] = Counter()
        self._models = ModelsAtOnce()
        self._minutes: deque[int] = deque([0], maxlen=MINUTES_SHOWN)
        self._minute = 0
        self._minute_ends = started + 60
        self._hour = 0

    def fold(self, exchange: Exchange, day: str) -> None:
        """Count one exchange and forget it. `day` is the local day on which its answer ended, `2026-11-28`."""
        route, failed, client, model, tokens, source, started, answered, ended, unread, tokens_in = exchange
        self._requests += 1
        self._errors += failed
        self._tokens_in += tokens_in
        self._routes[route] += 1
        if client is not None:
            self._clients[client] += 1
        if unread is not None:
            self._unread[unread] += 1
        if source is not None:
            self._sources[source] += 1
            if answered is not None:  # lists and polls would distort the mean response time
                self._answers += 1
                self._answer_s += ended - started
            if source is not TokenSource.UNKNOWN:
                self._tokens += tokens
                self._generating_s += ended - started
        if model is not None:
            self._models.add(model, started, ended)
        sums = self._days.get(day) or self._new_day(day)
        sums[0] += 1  # as in `DaySums`
        sums[1] += failed
        sums[2] += tokens
        sums[3] += tokens_in
        if ended >= self._minute_ends:
            self._to_minute(ended)
        self._minutes[-1] += 1
        self._hour += 1
        self._peak_hour = max(self._peak_hour, self._hour)

    def snapshot(self, now: float) -> Counters:
        """Return the counters as they stand at the monotonic second `now`."""
        self._to_minute(now)
        return Counters(
            requests=self._requests,
            errors=self._errors,
            tokens=self._tokens,
            sources=dict(self._sources),
            models=self._models.seen,
            models_at_once=self._models.most,
            routes=dict(self._routes),
            clients=dict(self._clients),
            unread=dict(self._unread),
            answers=self._answers,
            answer_ms=round(self._answer_s * 1000),
            generating_ms=round(self._generating_s * 1000),
            startup_ms=self.startup_ms,
            peak_hour=self._peak_hour,
            minutes=tuple(self._minutes),
            uptime_s=max(0, int(now - self.started)),
            memory_bytes=self.memory_bytes,
            tokens_in=self._tokens_in,
            days={day: DaySums(*sums) for day, sums in self._days.items()},
        )

    def _new_day(self, day: str) -> list[int]:
        """Return the sums of a day that begins, in the order of `DaySums`."""
        if len(self._days) == SESSION_DAYS:
            del self._days[next(iter(self._days))]  # the one that began first was saved days ago
        return self._days.setdefault(day, [0] * len(DaySums._fields))

    def _to_minute(self, now: float) -> None:
        minute = int((now - self.started) // 60)
        if minute <= self._minute:
            return
        for _ in range(min(minute - self._minute, MINUTES_SHOWN)):
            if len(self._minutes) == MINUTES_SHOWN:
                self._hour -= self._minutes[0]
            self._minutes.append(0)
        self._minute = minute
        self._minute_ends = self.started + 60 * (minute + 1)
