"""Check that every byte of a report is allowed by the fields. Violations name fields and keys, and quote no value.

Used by the command `validate`, before every departure, and by the receiver.
"""

import json
from collections.abc import Iterator, Set
from functools import cache
from typing import Any, NamedTuple

from shimmy_metrics.consent.state import SCHEMA_VERSION
from shimmy_metrics.report.build import Report, arrange
from shimmy_metrics.report.field import Field
from shimmy_metrics.report.fields import BY_NAME, covered
from shimmy_metrics.report.seal import written


class Violation(NamedTuple):
    """A broken rule. `path` names the field or key (`metrics.gpu_vendor`); it is empty for the whole body."""

    path: str
    rule: str

    def __str__(self) -> str:
        """`path: rule`."""
        return f"{self.path}: {self.rule}" if self.path else self.rule


class RepeatedKeyError(ValueError):
    """An object has the same key twice."""


def validate_body(body: bytes) -> list[Violation]:
    """Return the violations of a request's body, which is one report or an array of them."""
    parsed, violation = read_json(body)
    if violation is not None:
        return [violation]
    violations = list(validate_parsed(parsed))
    if not violations and body != canonical(parsed):
        return [Violation("", "not the one byte form: the fields' order, no space, no escape, plain integers")]
    return violations


def validate_structure(body: bytes) -> list[Violation]:
    """Return the violations of a body that may have been sealed by older rules: it must be an object or an array.

    Its members are not checked: the digest alone tells whether they are what was sent.
    """
    parsed, violation = read_json(body)
    if violation is not None:
        return [violation]
    reports = parsed if isinstance(parsed, list) else [parsed]
    return [] if reports and all(isinstance(each, dict) for each in reports) else [Violation("", "no report object")]


def canonical(parsed: Any) -> bytes:  # noqa: ANN401 - JSON that was checked
    """Return the only byte form of a valid report or array of reports."""
    reports = parsed if isinstance(parsed, list) else [parsed]
    bodies = [written(_ordered(report)) for report in reports]
    return bodies[0] if isinstance(parsed, dict) else b"[" + b",".join(bodies) + b"]"


def validate_parsed(parsed: object) -> Iterator[Violation]:
    """Yield the violations of a parsed report or array of reports."""
    if isinstance(parsed, list):
        if not parsed:
            yield Violation("", "an empty list is no report")
        for index, each in enumerate(parsed):
            for violation in validate_report(each):
                yield Violation(f"[{index}].{violation.path}" if violation.path else f"[{index}]", violation.rule)
    else:
        yield from validate_report(parsed)


def validate_report(report: object) -> Iterator[Violation]:
    """Yield the violations of one parsed report: missing and unknown fields, and values that break a rule.

    Its length is not checked: the longest values that the fields admit stay below `REPORT_BYTES`.
    """
    if isinstance(report, dict):
        yield from _members(report)
    else:
        yield Violation("", "no report object")


class _Layout(NamedTuple):
    """What a report of one schema version is made of: its own members, those of each section, the fields."""

    own: frozenset[str]
    sections: dict[str, frozenset[str]]
    fields: tuple[Field, ...]


@cache
def _layout(schema_version: int) -> _Layout:
    fields = covered(schema_version)
    sections = {
        name: frozenset(field.name for field in fields if field.section == name)
        for name in sorted({field.section for field in fields if field.section})
    }
    own = frozenset(arrange(schema_version, lambda field: field.name))
    return _Layout(own, sections, fields)


def _members(report: dict[str, Any]) -> Iterator[Violation]:
    version: Any = report.get("schema_version")
    # An invalid version is reported below, as a violation of its field.
    layout = _layout(version if BY_NAME["schema_version"].kind.violation(version) is None else SCHEMA_VERSION)
    yield from _unknown(report, layout.own, "")
    for section, names in layout.sections.items():
        inner = report.get(section)
        if isinstance(inner, dict):
            yield from _unknown(inner, names, f"{section}.")
        else:
            yield Violation(section, "is missing" if section not in report else "is no object")
    for field in layout.fields:
        place = report.get(field.section) if field.section else report
        if isinstance(place, dict):
            violation = "is missing" if field.name not in place else field.kind.violation(place[field.name])
            if violation:
                yield Violation(field.path, violation)


def _unknown(members: dict[str, Any], names: Set[str], place: str) -> Iterator[Violation]:
    for key in members:
        if key not in names:
            yield Violation(f"{place}{printable(key)}", "is no field")


def read_json(body: bytes) -> tuple[Any, Violation | None]:
    """Return the parsed JSON, or None and why it cannot be parsed."""
    try:
        return parse(body), None
    except RepeatedKeyError as error:
        return None, Violation(printable(str(error)), "stands there twice")
    except ValueError:
        return None, Violation("", "no JSON")
    except RecursionError:
        return None, Violation("", "nested too deeply")


def parse(body: bytes) -> Any:  # noqa: ANN401 - any JSON
    """Return the parsed JSON. Raises `ValueError` for any other text, `RepeatedKeyError` for a repeated key."""
    return json.loads(body.decode(), object_pairs_hook=_unique, parse_constant=_no_constant)


def printable(key: str) -> str:
    """Return the first 60 characters of a key from outside, escaped so that a terminal may show them."""
    return ascii(key[:60])[1:-1]


def _ordered(report: dict[str, Any]) -> Report:
    return arrange(
        report["schema_version"],
        lambda field: (report[field.section] if field.section else report)[field.name],
    )


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        keys = [key for key, _ in pairs]
        raise RepeatedKeyError(next(key for key in keys if keys.count(key) > 1))
    return made


def _no_constant(_: str) -> None:
    raise ValueError
