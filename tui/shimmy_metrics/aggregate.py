"""Add up the exchanges of one session. Neither single requests nor names are kept.

`Aggregate` holds the running sums; `Counters` is its frozen snapshot. Model names exist here only as keyed hashes,
which never leave this object: the snapshot holds their number.
"""

from collections import Counter, deque
from typing import Final

from shimmy_metrics.counters import Counters, DaySums
from shimmy_metrics.exchange import Exchange
from shimmy_metrics.limits import MINUTES_SHOWN, MODELS_MAX, SESSION_DAYS
from shimmy_metrics.vocabulary import TokenSource

OVERLAPS_KEPT: Final = 256
"""Finished exchanges kept to tell which models answered at the same time."""


class Aggregate:
    """The running counters of one session. `started` is the monotonic second at which measuring began."""

    def __init__(self, started: float, startup_ms: int | None = None) -> None:
        self.started = started
        self.startup_ms = startup_ms
        self.memory_bytes: int | None = None
        self._requests = self._errors = self._tokens = self._tokens_in = 0
        self._days: dict[str, DaySums] = {}
        self._answers = self._peak_hour = self._models_at_once = 0
        self._answer_s = self._generating_s = 0.0
        self._sources: Counter[str] = Counter()
        self._routes: Counter[str] = Counter()
        self._clients: Counter[str] = Counter()
        self._unread: Counter[str] = Counter()
        self._models: set[bytes] = set()
        self._overlaps: deque[tuple[bytes, float, float]] = deque(maxlen=OVERLAPS_KEPT)
        self._minutes: deque[int] = deque([0], maxlen=MINUTES_SHOWN)
        self._minute = 0
        self._hour = 0

    def fold(self, exchange: Exchange, day: str) -> None:
        """Count one exchange and forget it. `day` is the local day on which its answer ended, `2026-11-28`."""
        self._requests += 1
        self._errors += exchange.failed
        self._tokens_in += exchange.tokens_in
        self._add_to_day(exchange, day)
        self._routes[exchange.route] += 1
        if exchange.client is not None:
            self._clients[exchange.client] += 1
        if exchange.unread is not None:
            self._unread[exchange.unread] += 1
        if exchange.token_source is not None:
            self._sources[exchange.token_source] += 1
            if exchange.answered is not None:  # lists and polls would distort the mean response time
                self._answers += 1
                self._answer_s += exchange.ended - exchange.started
            if exchange.token_source is not TokenSource.UNKNOWN:
                self._tokens += exchange.tokens
                self._generating_s += exchange.ended - exchange.started
        if exchange.model is not None:
            self._see_model(exchange.model, exchange.started, exchange.ended)
        self._to_minute(exchange.ended)
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
            models=len(self._models),
            models_at_once=self._models_at_once,
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
            days=dict(self._days),
        )

    def _add_to_day(self, exchange: Exchange, day: str) -> None:
        counted = DaySums(1, int(exchange.failed), exchange.tokens, exchange.tokens_in)
        if day not in self._days and len(self._days) == SESSION_DAYS:
            del self._days[next(iter(self._days))]  # the one that began first was saved days ago
        self._days[day] = self._days.get(day, DaySums()).plus(counted)

    def _see_model(self, model: bytes, started: float, ended: float) -> None:
        if model not in self._models:
            if len(self._models) >= MODELS_MAX:
                return
            self._models.add(model)
        if self._models_at_once < len(self._models):  # else it cannot rise
            self._models_at_once = max(self._models_at_once, self._at_once(model, started, ended))
        self._overlaps.append((model, started, ended))

    def _at_once(self, model: bytes, started: float, ended: float) -> int:
        """Return the most models that answered at one instant of [started, ended], `model` among them."""
        edges: list[tuple[float, bool, bytes]] = []
        for other, begin, end in reversed(self._overlaps):
            if end <= started:
                break  # they are ordered by their end: no earlier one overlaps
            if other != model and begin < min(end, ended):
                edges += ((max(begin, started), True, other), (end, False, other))
        edges.sort()  # at the same instant, ends before beginnings
        running: Counter[bytes] = Counter()
        most = 0
        for _, begins, other in edges:
            running[other] += 1 if begins else -1
            if not running[other]:
                del running[other]
            most = max(most, len(running))
        return 1 + most

    def _to_minute(self, now: float) -> None:
        minute = int((now - self.started) // 60)
        if minute <= self._minute:
            return
        for _ in range(min(minute - self._minute, MINUTES_SHOWN)):
            if len(self._minutes) == MINUTES_SHOWN:
                self._hour -= self._minutes[0]
            self._minutes.append(0)
        self._minute = minute
