"""Recognize a file that was saved from here by what it holds: an export, a report, or an array of reports."""

import contextlib
import re
from typing import Any, Final

from shimmy_metrics.limits import REQUEST_BYTES
from shimmy_metrics.report.fields import FIELDS
from shimmy_metrics.report.validate import read_json

_EXPORT: Final = re.compile(rb'\s*\{\s*"format":\s*"shimmy-metrics export \d+"')
_MEMBERS: Final = frozenset(field.section or field.name for field in FIELDS)


def holds_saved(path: str) -> bool:
    """Whether a regular file begins as an export of ours, or is a report or an array of reports. Raises nothing.

    A report counts with whatever values: it may have been saved under older rules, or edited since.
    """
    with contextlib.suppress(OSError):
        with open(path, "rb") as file:
            data = file.read(REQUEST_BYTES + 2)  # a line break may have been added
        return bool(_EXPORT.match(data)) or _are_reports(data)
    return False


def _are_reports(data: bytes) -> bool:
    parsed, violation = read_json(data.strip()) if len(data) <= REQUEST_BYTES + 1 else (None, None)
    reports: list[Any] = parsed if isinstance(parsed, list) else [parsed]
    return violation is None and bool(reports) and all(map(_is_report, reports))


def _is_report(parsed: object) -> bool:
    return isinstance(parsed, dict) and parsed.keys() == _MEMBERS and isinstance(parsed["metrics"], dict)
