"""The counters of one session: the frozen snapshot that the store keeps and from which the report is built.

They hold neither single requests nor names. `aggregate` computes them.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, Self

from shimmy_metrics.vocabulary import TokenSource


class DaySums(NamedTuple):
    """What was counted on one day, by when each answer ended: the person's own figures, in no report."""

    requests: int = 0
    errors: int = 0
    tokens: int = 0
    tokens_in: int = 0

    @property
    def all_tokens(self) -> int:
        """Tokens generated and tokens of prompts together."""
        return self.tokens + self.tokens_in

    def plus(self, other: "DaySums") -> "DaySums":
        """Return both together."""
        return DaySums(*map(sum, zip(self, other, strict=True)))

    def since(self, earlier: "DaySums") -> "DaySums":
        """Return what was counted after `earlier` was taken of the same sums; they only grow."""
        return DaySums(*(max(0, now - then) for now, then in zip(self, earlier, strict=True)))


class Counters(NamedTuple):
    """The counters of a session so far, as plain JSON values.

    `sources` counts exchanges with generated content by token source, and `unread` those of unknown amount by where
    they were; `answers` are those that were answered and `answer_ms` their times, `generating_ms` the times of those
    with a known number of tokens; `minutes` are the requests of the last `MINUTES_SHOWN` minutes, oldest first;
    `peak_hour` is the busiest hour so far. Milliseconds are whole sums. `tokens_in` are the prompts' tokens, as far as
    the server told them; `days` are the sums of the session's last `SESSION_DAYS` local days (`2026-11-28`).
    """

    requests: int = 0
    errors: int = 0
    tokens: int = 0
    sources: Mapping[str, int] = MappingProxyType({})
    models: int = 0
    models_at_once: int = 0
    routes: Mapping[str, int] = MappingProxyType({})
    clients: Mapping[str, int] = MappingProxyType({})
    unread: Mapping[str, int] = MappingProxyType({})
    answers: int = 0
    answer_ms: int = 0
    generating_ms: int = 0
    startup_ms: int | None = None
    peak_hour: int = 0
    minutes: tuple[int, ...] = ()
    uptime_s: int = 0
    memory_bytes: int | None = None
    tokens_in: int = 0
    days: Mapping[str, DaySums] = MappingProxyType({})

    def as_json(self) -> dict[str, Any]:
        """Return plain JSON values, keys as the attributes."""
        return {name: dict(value) if isinstance(value, Mapping) else value for name, value in self._asdict().items()}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Read what `as_json` wrote. Unknown keys are ignored, missing ones get their default."""
        taken = {name: value for name, value in values.items() if name in cls._fields}
        taken["minutes"] = tuple(taken.get("minutes", ()))
        taken["days"] = {day: DaySums(*sums) for day, sums in taken.get("days", {}).items()}
        return cls(**taken)

    def changes_since(self, earlier: "Counters") -> dict[str, Any] | None:
        """Return what `earlier.changed` needs to give these, as plain JSON values; None where that takes all of them.

        Of a mapping these are the values that differ, of `minutes` it is the last.
        """
        then = earlier._asdict()
        changes = {name: value for name, value in self._asdict().items() if value != then[name]}
        if "minutes" in changes:
            if self.minutes[:-1] != earlier.minutes[:-1]:
                return None
            changes["minutes"] = self.minutes[-1:]
        for name, value in changes.items():
            if isinstance(value, Mapping):
                if value.keys() != then[name].keys():
                    return None
                changes[name] = {key: each for key, each in value.items() if each != then[name][key]}
        return changes

    def changed(self, changes: Mapping[str, Any]) -> Self:
        """Return these with what `changes_since` found. Unknown keys are ignored."""
        values = self.as_json()
        for name, value in changes.items():
            values[name] = values.get(name, {}) | value if isinstance(value, Mapping) else value
        if "minutes" in changes:
            values["minutes"] = (*self.minutes[:-1], *changes["minutes"])
        return self.from_json(values)

    @property
    def token_source(self) -> TokenSource:
        """The token source of the whole session: one source's own word, `mixed` for several, `unknown` for none."""
        met = [source for source in TokenSource if self.sources.get(source, 0)]
        if not met:
            return TokenSource.UNKNOWN
        return met[0] if len(met) == 1 else TokenSource.MIXED

    @property
    def mean_answer_ms(self) -> int | None:
        """Mean time from a request's first byte to its answer's last, over generated answers; None without one."""
        return round(self.answer_ms / self.answers) if self.answers else None

    @property
    def tokens_a_second(self) -> float | None:
        """Tokens generated per second of answering, or None where nothing was generated."""
        return self.tokens * 1000 / self.generating_ms if self.tokens and self.generating_ms else None
