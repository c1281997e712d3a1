"""Reduce precision before anything is sent. Pure."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from shimmy_metrics.limits import CORES_MAX, MEMORY_GB_MAX, ROUTES_NAMED, VERSION_PART_MAX
from shimmy_metrics.vocabulary import ARCHITECTURES, CLIENTS, OTHER, ROUTES, SYSTEMS

_GIB: Final = 2**30
_VERSION: Final = r"v?(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?:[-+].*)?"


def clamp(value: int, top: int) -> int:
    """Return `value` within 0 and `top`."""
    return max(0, min(value, top))


def two_digits(value: int) -> int:
    """Round a number of at least 0 to two significant digits, halves up."""
    scale = int(10 ** max(0, len(str(value)) - 2))
    return (value + scale // 2) // scale * scale


def rounded(value: int, top: int) -> int:
    """Return `value` within 0 and `top`, in two significant digits; `top` must itself have no more than two."""
    return two_digits(clamp(value, top))


def power_of_two_nearest(gigabytes: float) -> int:
    """Return the power of two nearest by ratio, within 1 and `MEMORY_GB_MAX`."""
    return min(1 << round(math.log2(max(gigabytes, 1))), MEMORY_GB_MAX)


def power_of_two_down(cores: int) -> int:
    """Return the largest power of two up to `cores`, within 1 and `CORES_MAX`."""
    return min(1 << (max(cores, 1).bit_length() - 1), CORES_MAX)


def utc_day(moment: datetime) -> str:
    """Return the UTC day of an aware time, written as the day's first second.

    The time may be in any zone: a local day beside a UTC clock would tell where somebody is.
    """
    return f"{moment.astimezone(UTC):%Y-%m-%d}T00:00:00Z"


def platform_word(system: str, architecture: str) -> str:
    """Return `system-architecture`, each a word of its closed list or `other`."""
    known_system = system if system in SYSTEMS else OTHER
    known_architecture = architecture if architecture in ARCHITECTURES else OTHER
    return f"{known_system}-{known_architecture}"


def hardware_tier(memory_bytes: int | None, *, gpu_detected: bool) -> str:
    """Return the class of machine, by its memory in units of 2^30 bytes.

    The bounds apply to the measured memory, not to its nearest power of two, so that 40 and 80 GB fall on their true
    side. Firmware reserves some: a machine sold with 64 GB measures less and is no server. Unknown memory counts as 0.
    """
    memory = (memory_bytes or 0) / _GIB
    if gpu_detected and memory > 32:
        return "workstation"
    return "server" if memory > 64 else "consumer"


def deployment_type(requests: int, minutes: int) -> str:
    """Return how much a session was used. Computed from the rounded figures, so the word adds nothing to them."""
    if requests > 1_000 or minutes > 480:
        return "production"
    return "development" if requests > 100 or minutes > 60 else "evaluation"


def version_text(raw: str) -> str:
    """Return `MAJOR.MINOR.PATCH` without suffix; `unknown` for any other text or a part above `VERSION_PART_MAX`."""
    match = re.fullmatch(_VERSION, raw.strip(), re.ASCII | re.DOTALL) if raw else None  # an example has no version
    if match is None:
        return "unknown"
    parts = [int(part) for part in match.groups()]
    return ".".join(map(str, parts)) if max(parts) <= VERSION_PART_MAX else "unknown"


def routes(counts: Mapping[str, int]) -> list[str]:
    """Return the routes that were used, sorted: the `ROUTES_NAMED` most used of Shimmy's by name, the rest as `other`.

    Ties go by name. `counts` holds only routes that were used: each count is at least 1.
    """
    known = sorted((name for name in counts if name in ROUTES), key=lambda name: (-counts[name], name))
    named = known[:ROUTES_NAMED]
    return sorted([*named, *([OTHER] if len(counts) > len(named) else [])])


def client_word(counts: Mapping[str, int], environment_word: str | None) -> str:
    """Return the client with most requests. The environment's word breaks a tie or stands in for none."""
    known = {name: count for name, count in counts.items() if name in CLIENTS and count > 0}
    if not known:
        return environment_word if environment_word in CLIENTS else "api"
    most = max(known.values())
    tied = sorted(name for name, count in known.items() if count == most)
    return environment_word if environment_word in tied else tied[0]
