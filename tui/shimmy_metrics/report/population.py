"""How much each field says about which machine a report is from: assumed shares, and the bits that follow.

The shares are written down because nobody knows them: a guess about people who run inference servers at home and at
work, to be corrected by what is published. `bits` is the Shannon entropy of the shares: what one report's value tells,
on average, to somebody who wants to know whether two reports are from one machine. Fields that are drawn anew for each
session tell nothing. For counters the shares are of orders of magnitude that a person's sessions tend to stay in.
"""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

NEW_EACH_SESSION: Final = (100,)

SHARES: Final[Mapping[str, tuple[float, ...]]] = MappingProxyType(
    {
        "session_id": NEW_EACH_SESSION,
        "timestamp": NEW_EACH_SESSION,
        "version": (60, 20, 10, 5, 5),
        "platform": (48, 25, 15, 5, 4, 2, 1),
        "schema_version": NEW_EACH_SESSION,
        "daily_active_usage": (70, 30),
        "session_duration_minutes": (25, 35, 25, 15),
        "requests_per_session": (25, 35, 25, 10, 5),
        "total_tokens_generated": (20, 25, 25, 20, 10),
        "errors_count": (70, 25, 5),
        "token_source": (50, 30, 15, 5),
        "models_used_count": (70, 20, 7, 3),
        "concurrent_model_usage": (90, 8, 2),
        "api_endpoints_used": (40, 20, 15, 10, 5, 5, 5),
        "integration_type": (25, 15, 12, 10, 8, 7, 6, 5, 4, 3, 2, 1, 1, 1),
        "deployment_type": (60, 30, 10),
        "hardware_tier": (65, 30, 5),
        "memory_gb": (5, 15, 30, 30, 12, 5, 2, 1),
        "cpu_cores": (5, 20, 40, 25, 7, 2, 1),
        "region_indicator": (40, 38, 20, 2),
        "avg_response_time_ms": (15, 35, 35, 15),
        "startup_time_ms": (40, 40, 15, 5),
        "peak_requests_per_hour": (30, 40, 20, 10),
        "gpu_detected": (75, 25),
        "gpu_vendor": (45, 25, 15, 8, 7),
    }
)
"""Percent of the assumed population with each value, largest first; the values' names do not matter for the sum."""


def bits(name: str) -> float:
    """Return the field's identifying bits: at least 0, of `SHARES`. Raises `KeyError` for a field without shares."""
    shares = SHARES[name]
    whole = sum(shares)
    return abs(sum(-share / whole * math.log2(share / whole) for share in shares))
