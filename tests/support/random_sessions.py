"""Random sessions as they might have been measured: ordinary ones, empty ones, and ones at each bound."""

import random
import uuid
from typing import Final

from shimmy_metrics.counters import Counters
from shimmy_metrics.limits import CORES_MAX, MEMORY_GB_MAX, MINUTES_MAX, TOKENS_MAX
from shimmy_metrics.machine.facts import Facts
from shimmy_metrics.records import Session
from shimmy_metrics.vocabulary import ARCHITECTURES, CLIENTS, GPU_VENDORS, OTHER, REGIONS, ROUTES, SYSTEMS, TokenSource
from support import samples

_VERSIONS: Final = ("2.6.5", "0.0.0", "999.999.999", "10.20.30", "", "nightly", "1000.1.1")
_SOURCES: Final = tuple(source for source in TokenSource if source is not TokenSource.MIXED)


def session(draw: random.Random) -> Session:
    """Return a running session with an id of its own."""
    return samples.session(str(uuid.UUID(int=draw.getrandbits(128), version=4)))._replace(
        version=draw.choice(_VERSIONS),
        client_hint=draw.choice(("", "", *CLIENTS)),
        counters=counters(draw),
    )


def counters(draw: random.Random) -> Counters:
    """Return what a session has counted; each figure may be nothing, small, or beyond its bound."""
    requests = _figure(draw, 10**10)
    answers = draw.randint(0, requests)
    return Counters(
        requests=requests,
        errors=draw.randint(0, requests),
        tokens=_figure(draw, 10 * TOKENS_MAX),
        sources=_counts(draw, _SOURCES),
        models=_figure(draw, 100),
        models_at_once=_figure(draw, 100),
        routes=_counts(draw, (*ROUTES, OTHER)),
        clients=_counts(draw, CLIENTS),
        answers=answers,
        answer_ms=answers * _figure(draw, 10_000_000),
        generating_ms=_figure(draw, 10**9),
        startup_ms=draw.choice((None, _figure(draw, 10_000_000))),
        peak_hour=_figure(draw, 10**7),
        minutes=tuple(draw.randrange(100) for _ in range(draw.randrange(60))),
        uptime_s=_figure(draw, 2 * 60 * MINUTES_MAX),
        memory_bytes=draw.choice((None, _figure(draw, 2**40))),
    )


def facts(draw: random.Random) -> Facts:
    """Return a machine."""
    vendor = draw.choice((None, *GPU_VENDORS))
    return Facts(
        system=draw.choice(SYSTEMS),
        architecture=draw.choice(ARCHITECTURES),
        memory_bytes=draw.choice((None, 1 + _figure(draw, 2 * MEMORY_GB_MAX * 2**30))),
        cores=draw.choice((None, 1 + _figure(draw, 2 * CORES_MAX))),
        gpu_vendor=vendor,
        gpu_detected=vendor is not None or draw.random() < 0.1,
        region=draw.choice(REGIONS),
        zone="UTC",
    )


def _figure(draw: random.Random, most: int) -> int:
    """Return a number up to `most`, uniform in its number of digits: three are as likely as nine."""
    return draw.randrange(1 + min(most, 10 ** draw.randrange(len(str(most)) + 1)))


def _counts(draw: random.Random, words: tuple[str, ...]) -> dict[str, int]:
    return {word: 1 + _figure(draw, 10**6) for word in draw.sample(words, draw.randrange(len(words) + 1))}
