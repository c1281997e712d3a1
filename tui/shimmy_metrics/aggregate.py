"""The counters of one session, folded from exchanges. Never single requests, never a name.

`Aggregate` lives in the meter's process and is folded into; `Counters` is its frozen picture, which the store keeps and
from which the report is built. Model names exist here only as keyed hashes, and those leave this object never: the
picture holds how many there were.
"""

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final, Self

from shimmy_metrics.exchange import Exchange
from shimmy_metrics.limits import MINUTES_SHOWN, MODELS_MAX
from shimmy_metrics.vocabulary import TokenSource

OVERLAPS_KEPT: Final = 256
"""Finished exchanges remembered to see which models answered at the same time."""


@dataclass(frozen=True, slots=True)
class Counters:
    """What a session has counted so far. Plain JSON values alone; every figure stays on this machine until reported.

    `sources` counts exchanges with generated content by token source; `minutes` are the requests of the last
    `MINUTES_SHOWN` minutes, oldest first; `peak_hour` is the busiest hour so far. Milliseconds are whole sums.
    """

    requests: int = 0
    errors: int = 0
    tokens: int = 0
    sources: Mapping[str, int] = field(default_factory=dict)
    models: int = 0
    models_at_once: int = 0
    routes: Mapping[str, int] = field(default_factory=dict)
    clients: Mapping[str, int] = field(default_factory=dict)
    answers: int = 0
    answer_ms: int = 0
    generating_ms: int = 0
    startup_ms: int | None = None
    peak_hour: int = 0
    minutes: tuple[int, ...] = ()
    uptime_s: int = 0
    memory_bytes: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Return plain JSON values, keys as the attributes."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Read what `as_json` wrote. Keys of another version are passed over, missing ones take their start value."""
        known = {each.name for each in fields(cls)}
        taken = {name: value for name, value in values.items() if name in known}
        taken["minutes"] = tuple(taken.get("minutes", ()))
        return cls(**taken)

    @property
    def token_source(self) -> TokenSource:
        """The word for all exchanges together: one source's own word, `mixed` for several, `unknown` for none."""
        met = [source for source in TokenSource if self.sources.get(source, 0)]
        if not met:
            return TokenSource.UNKNOWN
        return met[0] if len(met) == 1 else TokenSource.MIXED

    @property
    def mean_answer_ms(self) -> int | None:
        """Mean time from a request's first byte to its answer's last, or None where no answer was measured."""
        return round(self.answer_ms / self.answers) if self.answers else None

    @property
    def tokens_a_second(self) -> float | None:
        """Tokens generated for each second of answering, or None where nothing was generated."""
        return self.tokens * 1000 / self.generating_ms if self.tokens and self.generating_ms else None


class Aggregate:
    """The running counters of one session. `started` is the monotonic second at which measuring began."""

    def __init__(self, started: float, startup_ms: int | None = None) -> None:
        self.started = started
        self.startup_ms = startup_ms
        self.memory_bytes: int | None = None
        self._requests = self._errors = self._tokens = 0
        self._answers = self._peak_hour = self._models_at_once = 0
        self._answer_s = self._generating_s = 0.0
        self._sources: Counter[str] = Counter()
        self._routes: Counter[str] = Counter()
        self._clients: Counter[str] = Counter()
        self._models: set[bytes] = set()
        self._overlaps: deque[tuple[bytes, float, float]] = deque(maxlen=OVERLAPS_KEPT)
        self._minutes: deque[int] = deque([0], maxlen=MINUTES_SHOWN)
        self._minute = 0
        self._hour = 0

    def fold(self, exchange: Exchange) -> None:
        """Count one exchange and forget it."""
        self._requests += 1
        self._errors += exchange.failed
        self._routes[exchange.route] += 1
        if exchange.client is not None:
            self._clients[exchange.client] += 1
        if exchange.answered is not None:
            self._answers += 1
            self._answer_s += exchange.ended - exchange.started
        if exchange.token_source is not None:
            self._sources[exchange.token_source] += 1
            if exchange.token_source is not TokenSource.UNKNOWN:
                self._tokens += exchange.tokens
                self._generating_s += exchange.ended - exchange.started
        if exchange.model is not None:
            self._see_model(exchange.model, exchange.started, exchange.ended)
        self._to_minute(exchange.ended)
        self._minutes[-1] += 1
        self._hour += 1
        self._peak_hour = max(self._peak_hour, self._hour)

    def picture(self, now: float) -> Counters:
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
            answers=self._answers,
            answer_ms=round(self._answer_s * 1000),
            generating_ms=round(self._generating_s * 1000),
            startup_ms=self.startup_ms,
            peak_hour=self._peak_hour,
            minutes=tuple(self._minutes),
            uptime_s=max(0, int(now - self.started)),
            memory_bytes=self.memory_bytes,
        )

    def _see_model(self, model: bytes, started: float, ended: float) -> None:
        if model not in self._models:
            if len(self._models) >= MODELS_MAX:
                return
            self._models.add(model)
        if self._models_at_once < len(self._models):  # else it cannot rise, and nothing is looked through
            self._models_at_once = max(self._models_at_once, self._at_once(model, started, ended))
        self._overlaps.append((model, started, ended))

    def _at_once(self, model: bytes, started: float, ended: float) -> int:
        """Return the most models that answered at one instant of [started, ended], `model` among them."""
        edges: list[tuple[float, bool, bytes]] = []
        for other, begin, end in reversed(self._overlaps):
            if end <= started:
                break  # they are kept as they ended: no earlier one reaches into this time
            if other != model and begin < min(end, ended):
                edges += ((max(begin, started), True, other), (end, False, other))
        edges.sort()  # of one instant, ends come before beginnings
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
