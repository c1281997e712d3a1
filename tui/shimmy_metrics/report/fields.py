"""The closed list of everything that may ever leave.

The one source: the builder, the validator, the app's field screen, the README's table, the JSON Schema and the
receiving side derive from `FIELDS`.

Order and names follow the description; schema 1 is this table. A field that is added later has a higher `since`, and
an earlier consent does not cover it. One whose bounds, words or purpose change gets a new name, for the same reason.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from shimmy_metrics import limits, vocabulary
from shimmy_metrics.consent import SCHEMA_VERSION
from shimmy_metrics.report import coarsen
from shimmy_metrics.report.kinds import UUID4, VERSION, Day, Exactly, Flag, Kind, PowerOfTwo, Value, Whole, Word, Words
from shimmy_metrics.report.measured import Measured
from shimmy_metrics.vocabulary import TokenSource

GIGABYTE: Final = 2**30
MONTHLY: Final = "only in a month's first report, else null"


class Field(NamedTuple):
    """One field: its place, its values, and why it is there.

    `section` is empty for the report's own members and `metrics` for the rest. `meaning`, `source`, `coarsening` and
    `purpose` are what a person reads: what it is, where it comes from, what is taken away, what it is asked for.
    `value` gives what leaves, `measured` what was measured, as text for the person's own screen.
    """

    name: str
    section: str
    kind: Kind
    meaning: str
    source: str
    coarsening: str
    purpose: str
    value: Callable[[Measured], Value]
    measured: Callable[[Measured], str]
    since: int = 1

    @property
    def path(self) -> str:
        """The name as `validate` gives it: `metrics.gpu_vendor`."""
        return f"{self.section}.{self.name}" if self.section else self.name


def _number(value: int | None, unit: str = "") -> str:
    return "not measured" if value is None else f"{value:,}{unit}"


def _gigabytes(m: Measured) -> str:
    return "not known" if m.facts.memory_bytes is None else f"{m.facts.memory_bytes / GIGABYTE:.1f} GB"


def _most_used(counts: dict[str, int]) -> str:
    listed = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    return ", ".join(f"{name} {count:,}" for name, count in listed) or "none"


def _memory(m: Measured) -> int | None:
    if not m.first_of_month or m.facts.memory_bytes is None:
        return None
    return coarsen.power_of_two_nearest(m.facts.memory_bytes / GIGABYTE)


def _cores(m: Measured) -> int | None:
    return None if not m.first_of_month or m.facts.cores is None else coarsen.power_of_two_down(m.facts.cores)


def _milliseconds(value: int | None) -> int | None:
    return None if value is None else coarsen.two_digits(coarsen.clamp(value, limits.MILLISECONDS_MAX))


def _tokens(m: Measured) -> int:
    known = m.counters.token_source is not TokenSource.UNKNOWN
    return coarsen.clamp(m.counters.tokens, limits.TOKENS_MAX) if known else 0


def _active(m: Measured) -> bool:
    return m.first_of_day and (m.counters.requests > 0 or m.minutes >= limits.ACTIVE_MINUTES)


FIELDS: Final[tuple[Field, ...]] = (
    Field(
        "session_id",
        "",
        UUID4,
        meaning="A random name for this one report, new each session.",
        source="drawn at random when the session starts",
        coarsening="none; it is never used again",
        purpose="counting a report once that had to be sent twice",
        value=lambda m: m.session_id,
        measured=lambda m: m.session_id,
    ),
    Field(
        "timestamp",
        "",
        Day(),
        meaning="The UTC day on which the report was sealed.",
        source="this machine's clock when the session ended",
        coarsening="cut to the day",
        purpose="how use changes from week to week",
        value=lambda m: coarsen.utc_day(m.sealed),
        measured=lambda m: f"{m.sealed:%d %b %Y %H:%M:%S} UTC",
    ),
    Field(
        "version",
        "",
        VERSION,
        meaning="The server's version.",
        source="the server's own answer to GET /health",
        coarsening="three numbers, no build information",
        purpose="which versions are in use, and which bug is whose",
        value=lambda m: coarsen.version_text(m.version),
        measured=lambda m: m.version or "the server told none",
    ),
    Field(
        "platform",
        "",
        Word(tuple(f"{system}-{arch}" for system in vocabulary.SYSTEMS for arch in vocabulary.ARCHITECTURES)),
        meaning="The operating system and the kind of processor.",
        source="the Python interpreter",
        coarsening="no release, no distribution, no model",
        purpose="which platforms to build and test for first",
        value=lambda m: coarsen.platform_word(m.facts.system, m.facts.architecture),
        measured=lambda m: f"{m.facts.system} on {m.facts.architecture}",
    ),
    Field(
        "schema_version",
        "",
        Exactly(1, SCHEMA_VERSION),
        meaning="Which list of fields you agreed to.",
        source="your consent",
        coarsening="none",
        purpose="reading the report by the right list",
        value=lambda m: m.schema_version,
        measured=lambda m: str(m.schema_version),
    ),
    Field(
        "daily_active_usage",
        "metrics",
        Flag(),
        meaning="Whether this is the day's first report of real use from here.",
        source="the receipts and reports kept here",
        coarsening="true at most once a day; at least a request or 5 minutes",
        purpose="counting days of use without an identifier",
        value=_active,
        measured=lambda m: "first of the day" if m.first_of_day else "not the day's first",
    ),
    Field(
        "session_duration_minutes",
        "metrics",
        Whole(limits.MINUTES_MAX),
        meaning="How long the server ran; a sleeping machine's time is not counted.",
        source="the monotonic clock, from start to stop",
        coarsening="whole minutes",
        purpose="whether it is tried out or kept running",
        value=lambda m: coarsen.clamp(m.minutes, limits.MINUTES_MAX),
        measured=lambda m: f"{m.counters.uptime_s:,} s",
    ),
    Field(
        "requests_per_session",
        "metrics",
        Whole(limits.REQUESTS_MAX),
        meaning="How many requests the server answered. Not which, not when.",
        source="counted as they pass; health checks are left out",
        coarsening="none",
        purpose="how busy a server is",
        value=lambda m: coarsen.clamp(m.counters.requests, limits.REQUESTS_MAX),
        measured=lambda m: f"{m.counters.requests:,}",
    ),
    Field(
        "total_tokens_generated",
        "metrics",
        Whole(limits.TOKENS_MAX),
        meaning="Tokens the models produced in this session.",
        source="the server's usage figures, else one for each streamed piece",
        coarsening="none; 0 where the source is unknown",
        purpose="which hardware carries which load",
        value=_tokens,
        measured=lambda m: f"{m.counters.tokens:,}",
    ),
    Field(
        "errors_count",
        "metrics",
        Whole(limits.ERRORS_MAX),
        meaning="Requests that failed: status 400 and above, or an error in a stream.",
        source="counted as they pass; answers 401 and 403 are left out",
        coarsening="none; no message, no kind",
        purpose="finding versions and platforms that fail",
        value=lambda m: coarsen.clamp(m.counters.errors, limits.ERRORS_MAX),
        measured=lambda m: f"{m.counters.errors:,}",
    ),
    Field(
        "token_source",
        "metrics",
        Word(tuple(TokenSource)),
        meaning="Where the token figure comes from.",
        source="reported by the server, or counted from the stream",
        coarsening="one word for the whole session",
        purpose="how far to trust the token figure",
        value=lambda m: m.counters.token_source.value,
        measured=lambda m: _most_used(dict(m.counters.sources)),
    ),
    Field(
        "models_used_count",
        "metrics",
        Whole(limits.MODELS_MAX),
        meaning="How many different models answered. Names are never kept.",
        source="keyed hashes in memory, gone when the server stops",
        coarsening="the number alone",
        purpose="whether people use one model or many",
        value=lambda m: coarsen.clamp(m.counters.models, limits.MODELS_MAX),
        measured=lambda m: f"{m.counters.models:,} hashed",
    ),
    Field(
        "concurrent_model_usage",
        "metrics",
        Whole(limits.MODELS_MAX),
        meaning="The most models that answered at the same time.",
        source="keyed hashes in memory, gone when the server stops",
        coarsening="the number alone",
        purpose="whether to improve running several models at once",
        value=lambda m: coarsen.clamp(m.counters.models_at_once, limits.MODELS_MAX),
        measured=lambda m: f"{m.counters.models_at_once:,}",
    ),
    Field(
        "api_endpoints_used",
        "metrics",
        Words(vocabulary.ROUTES),
        meaning="Which of Shimmy's routes were used. Unknown paths are called other.",
        source="the request's path, matched with Shimmy's own list",
        coarsening="a set without counts; the ten most used, names as :name",
        purpose="which programming interfaces to work on",
        value=lambda m: coarsen.routes(m.counters.routes),
        measured=lambda m: _most_used(dict(m.counters.routes)),
    ),
    Field(
        "integration_type",
        "metrics",
        Word(vocabulary.CLIENTS),
        meaning="The kind of program that made most requests.",
        source="the User-Agent of requests; the environment breaks ties",
        coarsening="one word for the whole session",
        purpose="which editors and libraries to support well",
        value=lambda m: coarsen.client_word(m.counters.clients, m.client_hint),
        measured=lambda m: _most_used(dict(m.counters.clients)),
    ),
    Field(
        "deployment_type",
        "metrics",
        Word(vocabulary.DEPLOYMENTS),
        meaning="Production, development or evaluation, by how much it was used.",
        source="derived: over 1,000 requests or 8 h; over 100 or 1 h; less",
        coarsening="one of three words",
        purpose="telling trials from daily work, also for business plans",
        value=lambda m: coarsen.deployment_type(m.counters.requests, m.minutes),
        measured=lambda m: f"{m.counters.requests:,} requests, {m.minutes:,} min",
    ),
    Field(
        "hardware_tier",
        "metrics",
        Word(vocabulary.TIERS),
        meaning="A workstation (GPU and over 32 GB), a server (over 64 GB) or less.",
        source="derived from memory and GPU",
        coarsening="one of three words",
        purpose="which class of machine to tune for",
        value=lambda m: coarsen.hardware_tier(m.facts.memory_bytes, gpu_detected=m.facts.gpu_detected),
        measured=lambda m: f"{_gigabytes(m)}, {'a GPU' if m.facts.gpu_detected else 'no GPU'}",
    ),
    Field(
        "memory_gb",
        "metrics",
        PowerOfTwo(limits.MEMORY_GB_MAX),
        meaning="Memory of this machine, or of its container.",
        source="the operating system",
        coarsening=f"a power of two, the nearest by ratio; {MONTHLY}",
        purpose="which models fit the machines that people have",
        value=_memory,
        measured=_gigabytes,
    ),
    Field(
        "cpu_cores",
        "metrics",
        PowerOfTwo(limits.CORES_MAX),
        meaning="Processor cores of this machine, or of its container.",
        source="the operating system",
        coarsening=f"rounded down to a power of two; {MONTHLY}",
        purpose="how many threads to start by default",
        value=_cores,
        measured=lambda m: "not known" if m.facts.cores is None else str(m.facts.cores),
    ),
    Field(
        "region_indicator",
        "metrics",
        Word(vocabulary.REGIONS),
        meaning="A third of the world, from the clock's time zone. Never the network.",
        source="the machine's time zone setting",
        coarsening="three regions, or unknown",
        purpose="where people use Shimmy, also for business plans",
        value=lambda m: m.facts.region,
        measured=lambda m: m.facts.zone or "no time zone",
    ),
    Field(
        "avg_response_time_ms",
        "metrics",
        Whole(limits.MILLISECONDS_MAX, digits=2, optional=True),
        meaning="Mean time from a request's first byte to its answer's last.",
        source="measured as they pass",
        coarsening="two significant digits; null without an answer",
        purpose="finding what makes answers slow",
        value=lambda m: _milliseconds(m.counters.mean_answer_ms),
        measured=lambda m: _number(m.counters.mean_answer_ms, " ms"),
    ),
    Field(
        "startup_time_ms",
        "metrics",
        Whole(limits.MILLISECONDS_MAX, digits=2, optional=True),
        meaning="Time from the server's start until it listened.",
        source="measured at its start",
        coarsening="two significant digits; null for one that ran already",
        purpose="finding what makes the start slow",
        value=lambda m: _milliseconds(m.counters.startup_ms),
        measured=lambda m: _number(m.counters.startup_ms, " ms"),
    ),
    Field(
        "peak_requests_per_hour",
        "metrics",
        Whole(limits.PEAK_REQUESTS_MAX, digits=2),
        meaning="Requests in the session's busiest hour. Not which hour.",
        source="counted as they pass",
        coarsening="two significant digits",
        purpose="what load to test against",
        value=lambda m: coarsen.two_digits(coarsen.clamp(m.counters.peak_hour, limits.PEAK_REQUESTS_MAX)),
        measured=lambda m: f"{m.counters.peak_hour:,}",
    ),
    Field(
        "gpu_detected",
        "metrics",
        Flag(),
        meaning="Whether this machine has a graphics processor.",
        source="the operating system's device list",
        coarsening="yes or no",
        purpose="whether to work on CPU or GPU speed first",
        value=lambda m: m.facts.gpu_detected,
        measured=lambda m: "yes" if m.facts.gpu_detected else "no",
    ),
    Field(
        "gpu_vendor",
        "metrics",
        Word(vocabulary.GPU_VENDORS, optional=True),
        meaning="Who made the graphics processor. Never its model.",
        source="the operating system's device list",
        coarsening="one of four words, or null",
        purpose="which GPU libraries to support",
        value=lambda m: m.facts.gpu_vendor,
        measured=lambda m: m.facts.gpu_vendor or ("another maker" if m.facts.gpu_detected else "none"),
    ),
)

BY_NAME: Final = {field.name: field for field in FIELDS}


def covered(schema_version: int) -> tuple[Field, ...]:
    """Return the fields that a consent to `schema_version` covers."""
    return tuple(field for field in FIELDS if field.since <= schema_version)


def new_since(schema_version: int) -> tuple[Field, ...]:
    """Return the fields that came after the ones which a consent to `schema_version` covers."""
    return tuple(field for field in FIELDS if field.since > schema_version)


NEVER: Final[tuple[tuple[str, str], ...]] = (
    ("prompts", "pass through; not read, not kept"),
    ("answers", "pass through; only usage figures and status are read"),
    ("model names", "hashed in memory, dropped when the server stops"),
    ("model files", "not looked at"),
    ("file paths", "no field holds text"),
    ("IP addresses", "of clients: not recorded; of yours: in no report"),
    ("host name", "not read into any report"),
    ("user name", "not read into any report"),
    ("API keys", "pass through in headers that are not read"),
    ("hardware models", "no exact CPU or GPU name is read"),
    ("install identifier", "there is none; the config's session_id names your answer"),
    ("server memory use", "shown beside the live figures, stays here"),
)
"""What never leaves, and what becomes of it instead (the description, "What Is NOT Collected")."""
