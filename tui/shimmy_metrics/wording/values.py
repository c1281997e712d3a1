"""A report's values by field, as a person reads them. Pure."""

import json
from typing import TYPE_CHECKING, Final

from shimmy_metrics.report.bodies import field_values
from shimmy_metrics.report.fields import BY_NAME
from shimmy_metrics.report.values import NOT_KNOWN

if TYPE_CHECKING:
    from shimmy_metrics.records import QueuedReport

ONCE_A_MONTH: Final = "null: once a month"
"""What stands for a known figure of a monthly field: an earlier report of the month held it, sent or not."""


def values(body: bytes) -> dict[str, str]:
    """Return a report's values by field as a person reads them; empty for bytes that are no report."""
    return {name: as_text(value) for name, value in field_values(body).items()}


def current_values(report: "QueuedReport") -> dict[str, str]:
    """Return the values of a report as it would be now, as `values` does; a monthly field's null says why."""
    return {
        name: ONCE_A_MONTH if _left_out(name, value, report.measured.get(name, NOT_KNOWN)) else value
        for name, value in values(report.body).items()
    }


def _left_out(name: str, value: str, measured: str) -> bool:
    return value == "null" and BY_NAME[name].monthly and measured != NOT_KNOWN


def as_text(value: object) -> str:
    """Return a JSON value as a person reads it: words without quotes, a list's words with commas."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return str(value) if type(value) is int else json.dumps(value)  # most are, and a screen reads them each second


def plain(text: str) -> str:
    """Return one value's JSON text (as `compare` gives it) as a person reads it; empty stays empty."""
    return as_text(json.loads(text)) if text else ""
