"""The assumed population: which machines run the server, and what a session on each is like.

Nobody knows it. Each distribution below is a guess with its reason beside it, to be corrected by published figures; the
identifying bits are only as good as these guesses. In doubt a guess errs on the side of variety, which makes reports
look more identifying, not less.

Only `report.identifying`'s simulation loads this module.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from math import log
from random import Random
from typing import Final, NamedTuple, TypeVar

from shimmy_metrics.counters import Counters
from shimmy_metrics.machine.facts import Facts
from shimmy_metrics.report.fields import NEWEST
from shimmy_metrics.report.measured import Measured
from shimmy_metrics.vocabulary import GPU_VENDORS, OTHER

T = TypeVar("T")
Shares = dict[T, float]
"""How often each value occurs, in any unit."""


class Machine(NamedTuple):
    """A kind of machine; `memory` in units of 2^30 bytes as sold, `speed` in tokens a second.

    `gpu` is a word of `vocabulary.GPU_VENDORS`, `UNNAMED` where its maker is not told, or `NONE`.
    """

    system: str
    architecture: str
    memory: Shares[int]
    cores: Shares[int]
    gpu: str
    speed: float


UNNAMED: Final = "unnamed"
NONE: Final = "none"

MACHINES: Final[tuple[tuple[float, Machine], ...]] = (
    # Desktops and laptops bought for games or work: most local inference, most with a card of NVIDIA's.
    (22, Machine("windows", "x64", {16: 40, 32: 40, 64: 15, 128: 5}, {6: 20, 8: 40, 12: 25, 16: 15}, "nvidia", 45)),
    (16, Machine("linux", "x64", {16: 25, 32: 40, 64: 25, 128: 10}, {6: 15, 8: 35, 12: 25, 16: 25}, "nvidia", 45)),
    (6, Machine("windows", "x64", {16: 45, 32: 40, 64: 15}, {6: 30, 8: 45, 12: 15, 16: 10}, "amd", 30)),
    (7, Machine("linux", "x64", {16: 35, 32: 40, 64: 25}, {6: 25, 8: 40, 12: 20, 16: 15}, "amd", 30)),
    # Laptops with graphics on the processor: common, slow, tried out.
    (9, Machine("windows", "x64", {8: 30, 16: 50, 32: 20}, {4: 25, 8: 45, 12: 30}, "intel", 9)),
    (5, Machine("linux", "x64", {8: 30, 16: 45, 32: 25}, {4: 30, 8: 45, 12: 25}, "intel", 9)),
    # Macs: unified memory makes them popular for models; few with an Intel processor are left.
    (13, Machine("macos", "arm64", {8: 25, 16: 45, 32: 30}, {8: 55, 10: 30, 12: 15}, "apple", 30)),
    (4, Machine("macos", "arm64", {32: 40, 64: 40, 128: 20}, {10: 30, 12: 40, 16: 30}, "apple", 50)),
    (2, Machine("macos", "x64", {8: 30, 16: 50, 32: 20}, {4: 40, 6: 30, 8: 30}, UNNAMED, 8)),
    # Containers and rented servers: seldom with a card, memory and cores as limited.
    (8, Machine("linux", "x64", {2: 10, 4: 20, 8: 25, 16: 30, 32: 15}, {2: 35, 4: 40, 8: 25}, NONE, 6)),
    (1, Machine("linux", "x64", {128: 50, 256: 50}, {32: 50, 64: 50}, NONE, 12)),
    (2, Machine("linux", "x64", {128: 40, 256: 35, 512: 20, 1024: 5}, {32: 50, 64: 35, 128: 15}, "nvidia", 90)),
    # Small boards and rented ARM servers.
    (4, Machine("linux", "arm64", {4: 35, 8: 45, 16: 20}, {4: 75, 8: 25}, NONE, 4)),
    # Other systems.
    (1, Machine(OTHER, "x64", {16: 60, 32: 40}, {8: 100}, NONE, 6)),
)

VERSIONS: Final[Shares[str]] = {
    "2.6.5": 50, "2.6.4": 18, "2.6.3": 9, "2.5.0": 8, "2.4.1": 6, "2.0.0": 4, "1.9.0": 3, "": 2,
}  # fmt: skip
"""Most people update within weeks, some never; a few builds report no version."""

REGIONS: Final[Shares[str]] = {"americas": 38, "emea": 34, "apac": 22, "unknown": 6}
"""Where developers are; containers and servers run on UTC."""

CLIENTS: Final[Shares[str]] = {
    "openai-sdk": 22, "curl": 14, "api": 13, "vscode": 11, "open-webui": 9, "continue": 8, "ollama-client": 5,
    "cursor": 5, "langchain": 4, "cli": 3, "llamaindex": 2, "anthropic-sdk": 2, "zed": 1, "jetbrains": 1,
    "anythingllm": 0.5, "sillytavern": 0.5,
}  # fmt: skip
"""Libraries and hand-made calls first, then editors and chat pages."""

MAIN_ROUTES: Final[Shares[str]] = {
    "/v1/chat/completions": 72, "/api/generate": 12, "/v1/completions": 6, "/v1/messages": 6, "/ws/generate": 4,
}  # fmt: skip
"""Nearly all clients speak the OpenAI form of chat."""

SIDE_ROUTES: Final[Shares[str]] = {
    "/v1/models": 0.55, "/api/tags": 0.15, OTHER: 0.15, "/v1/completions": 0.05, "/api/generate": 0.05,
    "/api/models": 0.05, "/api/models/discover": 0.03, "/api/models/:name/load": 0.03, "/api/tools": 0.02,
    "/api/models/:name/status": 0.02, "/v1/messages": 0.02, "/api/models/:name/unload": 0.01,
}  # fmt: skip
"""How likely a session uses each of these besides: clients list models first, the rest is seldom."""

SOURCES: Final[Shares[str]] = {"reported": 62, "counted": 22, "estimated": 6, "reported counted": 7, "unknown": 3}
"""Whole answers report usage, many streams do not."""

MODELS: Final[Shares[int]] = {1: 72, 2: 17, 3: 6, 4: 3, 6: 1.5, 9: 0.5}
"""Most people settle on one model."""

MINUTES: Final = (45.0, 1.5)
REQUESTS_AN_HOUR: Final = (12.0, 1.4)
TOKENS_AN_ANSWER: Final = (280.0, 0.9)
STARTUP_MS: Final = (600.0, 0.8)
"""Median and spread (of the logarithm) of quantities that have no typical size: a few minutes to days, a handful of
requests to thousands, a word to pages, a fast disk to a slow one."""

IDLE: Final = 0.12
"""The share of sessions without a request: started by a login script, or to have a look."""

WITHOUT_ERRORS: Final = 0.65
"""The share of sessions in which nothing fails; in the others up to a tenth of the requests do."""

ACTIVE: Final = 0.6
"""The share of reports that are their day's first."""

RAN_ALREADY: Final = 0.1
"""The share of servers whose start is not measured."""

_SEALED: Final = datetime(2026, 11, 23, 14, 32, 7, tzinfo=UTC)
_SESSION_ID: Final = "00000000-0000-4000-8000-000000000000"
"""The same in each report: a random name tells nothing, and reports of one day are compared."""


def population(size: int, seed: int = 1) -> Iterator[Measured]:
    """Yield `size` sessions, each on another machine and each its month's first; the same ones for the same seed."""
    rng = Random(seed)  # noqa: S311 - a simulation, and it must be repeatable
    shares, machines = zip(*MACHINES, strict=True)
    for _ in range(size):
        yield _session(rng, rng.choices(machines, shares)[0])


def _session(rng: Random, machine: Machine) -> Measured:
    return Measured(
        session_id=_SESSION_ID,
        sealed=_SEALED,
        version=_pick(rng, VERSIONS),
        schema_version=NEWEST,
        counters=_counters(rng, machine),
        facts=Facts(
            system=machine.system,
            architecture=machine.architecture,
            memory_bytes=int(_pick(rng, machine.memory) * 2**30 * 0.97),  # firmware and kernel keep some
            cores=_pick(rng, machine.cores),
            gpu_vendor=machine.gpu if machine.gpu in GPU_VENDORS else None,
            gpu_detected=machine.gpu != NONE,
            region=_pick(rng, REGIONS),
            zone="",
        ),
        client_hint=None,
        first_of_day=rng.random() < ACTIVE,
        first_of_month=True,
    )


def _counters(rng: Random, machine: Machine) -> Counters:
    uptime = int(60 * _spread(rng, MINUTES))
    startup = None if rng.random() < RAN_ALREADY else int(_spread(rng, STARTUP_MS))
    rate = _spread(rng, REQUESTS_AN_HOUR)
    requests = 0 if rng.random() < IDLE else 1 + int(uptime / 3600 * rate)
    if not requests:
        return Counters(uptime_s=uptime, startup_ms=startup)
    length = _spread(rng, TOKENS_AN_ANSWER)
    answers = max(1, round(requests * rng.uniform(0.5, 1)))
    sources = _pick(rng, SOURCES)
    models = _pick(rng, MODELS)
    return Counters(
        requests=requests,
        errors=0 if rng.random() < WITHOUT_ERRORS else round(requests * rng.uniform(0, 0.1)),
        tokens=int(answers * length),
        sources=dict.fromkeys(sources.split(), 1),
        models=min(models, answers),
        models_at_once=1 if models == 1 or rng.random() < 0.8 else min(2, answers),  # memory seldom holds two
        routes={_pick(rng, MAIN_ROUTES): answers}
        | {route: 1 for route, chance in SIDE_ROUTES.items() if rng.random() < chance},
        clients={_pick(rng, CLIENTS): requests},
        answers=answers,
        answer_ms=int(answers * length / (machine.speed * rng.lognormvariate(0, 0.4)) * 1000),
        startup_ms=startup,
        peak_hour=min(requests, 1 + int(rate * rng.uniform(1, 3))),  # busier than the mean
        uptime_s=uptime,
    )


def _pick(rng: Random, shares: Shares[T]) -> T:
    return rng.choices(tuple(shares), tuple(shares.values()))[0]


def _spread(rng: Random, quantity: tuple[float, float]) -> float:
    median, sigma = quantity
    return rng.lognormvariate(log(median), sigma)
