"""A report's values by field, as a person reads them. Pure."""

import json

from shimmy_metrics.report.bodies import field_values


def values(body: bytes) -> dict[str, str]:
    """Return a report's values by field as a person reads them; empty for bytes that are no report."""
    return {name: as_text(value) for name, value in field_values(body).items()}


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


def with_separators(text: str) -> str:
    """Return a whole number with separators of thousands, any other text as it is."""
    return f"{int(text):,}" if text.isdecimal() else text
