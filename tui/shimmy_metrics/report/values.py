"""What fields take from a measured session: values to be sent, and measured values as text."""

from collections.abc import Mapping
from typing import Final

from shimmy_metrics import limits
from shimmy_metrics.report import coarsen
from shimmy_metrics.report.measured import Measured
from shimmy_metrics.vocabulary import TokenSource

GIGABYTE: Final = 2**30

NOT_KNOWN: Final = "not known"
"""What stands for what could not be measured, as text for the person's own screen."""


def minutes(m: Measured) -> int:
    """Return how many minutes the session was measured."""
    return coarsen.rounded(m.minutes, limits.MINUTES_MAX)


def requests(m: Measured) -> int:
    """Return how many requests were counted."""
    return coarsen.rounded(m.counters.requests, limits.REQUESTS_MAX)


def tokens(m: Measured) -> int:
    """Return how many tokens were generated, 0 where no answer tells."""
    known = m.counters.token_source is not TokenSource.UNKNOWN
    return coarsen.rounded(m.counters.tokens, limits.TOKENS_MAX) if known else 0


def active(m: Measured) -> bool:
    """Return whether this is the day's first report of use."""
    return m.first_of_day and (m.counters.requests > 0 or m.minutes >= limits.ACTIVE_MINUTES)


def activity(m: Measured) -> str:
    """Return why this is the day's first report of use, or is not, in words."""
    if not m.first_of_day:
        return "not the day's first"
    return "first of the day" if active(m) else "not active"


def memory(m: Measured) -> int | None:
    """Return the memory in units of 2^30 bytes; None but in a month's first report."""
    if not m.first_of_month or m.facts.memory_bytes is None:
        return None
    return coarsen.power_of_two_nearest(m.facts.memory_bytes / GIGABYTE)


def cores(m: Measured) -> int | None:
    """Return the number of cores; None but in a month's first report."""
    return None if not m.first_of_month or m.facts.cores is None else coarsen.power_of_two_down(m.facts.cores)


def milliseconds(value: int | None) -> int | None:
    """Return a rounded time, or None where it was not measured."""
    return None if value is None else coarsen.rounded(value, limits.MILLISECONDS_MAX)


def milliseconds_text(value: int | None) -> str:
    """Return a time as it was measured."""
    return "not measured" if value is None else f"{value:,} ms"


def memory_text(m: Measured) -> str:
    """Return the memory as it was measured."""
    return NOT_KNOWN if m.facts.memory_bytes is None else f"{m.facts.memory_bytes / GIGABYTE:.1f} GB"


def counts_text(counts: Mapping[str, int]) -> str:
    """Return names with their counts, most frequent first."""
    listed = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    return ", ".join(f"{name} {count:,}" for name, count in listed) or "none"
