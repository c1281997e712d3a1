"""A report's bytes as values by field, and the groups that the fields stand in on screen."""

import json
from typing import Any, Final

from shimmy_metrics.report.bodies import parsed
from shimmy_metrics.report.field import Field
from shimmy_metrics.report.fields import BY_NAME, FIELDS

GROUPS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    (
        "How much it is used",
        (
            "session_duration_minutes",
            "requests_per_session",
            "total_tokens_generated",
            "token_source",
            "errors_count",
            "models_used_count",
            "concurrent_model_usage",
            "api_endpoints_used",
            "integration_type",
            "deployment_type",
            "daily_active_usage",
        ),
    ),
    ("How fast it is", ("avg_response_time_ms", "startup_time_ms", "peak_requests_per_hour")),
    (
        "The machine",
        (
            "version",
            "platform",
            "hardware_tier",
            "memory_gb",
            "cpu_cores",
            "gpu_detected",
            "gpu_vendor",
            "region_indicator",
        ),
    ),
    ("The report itself", ("session_id", "timestamp", "schema_version")),
)
"""Use first, then speed, machine, and what every report has."""


def grouped() -> tuple[tuple[str, tuple[Field, ...]], ...]:
    """Return the fields in the groups' order; one that no group names stands with the report itself."""
    named = {name for _, names in GROUPS for name in names}
    rest = tuple(field.name for field in FIELDS if field.name not in named)
    last = len(GROUPS) - 1
    return tuple(
        (title, tuple(BY_NAME[name] for name in (*names, *(rest if index == last else ()))))
        for index, (title, names) in enumerate(GROUPS)
    )


def in_order() -> tuple[Field, ...]:
    """Return every field in the order of the screens."""
    return tuple(field for _, fields in grouped() for field in fields)


def values(body: bytes) -> dict[str, str]:
    """Return a report's values by field as they stand in it; empty for bytes that are no report."""
    report: Any = parsed(body)
    if not isinstance(report, dict):
        return {}
    found: dict[str, str] = {}
    for field in FIELDS:
        place = report.get(field.section) if field.section else report
        if isinstance(place, dict) and field.name in place:
            found[field.name] = as_text(place[field.name])
    return found


def as_text(value: object) -> str:
    """Return a JSON value as a person reads it: words without quotes, a list's words with commas."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return json.dumps(value)


def plain(text: str) -> str:
    """Return one value's JSON text (as `compare` gives it) as a person reads it; empty stays empty."""
    return as_text(json.loads(text)) if text else ""
