"""Is every byte one that the fields allow? Names each field and key at fault; never quotes a value.

Used by `validate`, before every send, and by the receiving side.
"""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson

from shimmy_metrics.consent import SCHEMA_VERSION
from shimmy_metrics.limits import REPORT_BYTES
from shimmy_metrics.report.build import Report
from shimmy_metrics.report.fields import covered
from shimmy_metrics.report.seal import join, seal


class Fault(NamedTuple):
    """One rule that is broken: `path` names the field or key (`metrics.gpu_vendor`), or is empty for the whole."""

    path: str
    rule: str

    def __str__(self) -> str:
        """`path: rule`."""
        return f"{self.path}: {self.rule}" if self.path else self.rule


class RepeatedKeyError(ValueError):
    """A key stands twice in one object."""


def check_body(body: bytes) -> list[Fault]:
    """Return what is wrong with a request's body: one report or an array of them. No fault: an empty list."""
    try:
        parsed = parse(body)
    except RepeatedKeyError as error:
        return [Fault(printable(str(error)), "stands there twice")]
    except ValueError:
        return [Fault("", "no JSON")]
    except RecursionError:
        return [Fault("", "nested too deeply")]
    faults = list(check_parsed(parsed))
    if not faults and body != canonical(parsed):
        return [Fault("", "not the one byte form: the fields' order, no space, no escape, plain integers")]
    return faults


def canonical(parsed: Any) -> bytes:  # noqa: ANN401 - JSON that was checked
    """Return the one byte form of a checked report or array of reports."""
    reports = parsed if isinstance(parsed, list) else [parsed]
    bodies = [seal(_ordered(report)).body for report in reports]
    return join(bodies) if isinstance(parsed, dict) or len(bodies) > 1 else b"[" + b",".join(bodies) + b"]"


def check_parsed(parsed: object) -> Iterator[Fault]:
    """Yield what is wrong with a parsed report or array of reports."""
    if isinstance(parsed, list):
        if not parsed:
            yield Fault("", "an empty list is no report")
        for index, each in enumerate(parsed):
            for fault in check_report(each):
                yield Fault(f"[{index}].{fault.path}".rstrip("."), fault.rule)
    else:
        yield from check_report(parsed)


def check_report(report: object) -> Iterator[Fault]:
    """Yield what is wrong with one parsed report: missing, unknown and faulty fields, and its length."""
    if not isinstance(report, dict):
        yield Fault("", "no report object")
        return
    faults = list(_members(report))
    yield from faults
    # What else may stand beside the fields has no one form, and perhaps none at all.
    if not faults and len(orjson.dumps(report)) > REPORT_BYTES:
        yield Fault("", f"longer than {REPORT_BYTES:,} bytes")


def _members(report: dict[str, Any]) -> Iterator[Fault]:
    version = report.get("schema_version")
    if not isinstance(version, int) or isinstance(version, bool) or not 1 <= version <= SCHEMA_VERSION:
        version = SCHEMA_VERSION  # that it is wrong is found below, at the field itself
    fields = covered(version)
    sections = {field.section for field in fields if field.section}
    own = {field.name for field in fields if not field.section}
    for key in report:
        if key not in own and key not in sections:
            yield Fault(printable(key), "is no field")
    for section in sorted(sections):
        inner = report.get(section)
        if not isinstance(inner, dict):
            yield Fault(section, "is missing" if section not in report else "is no object")
            continue
        names = {field.name for field in fields if field.section == section}
        for key in inner:
            if key not in names:
                yield Fault(f"{section}.{printable(key)}", "is no field")
    for field in fields:
        place = report.get(field.section) if field.section else report
        if not isinstance(place, dict):
            continue
        fault = "is missing" if field.name not in place else field.kind.fault(place[field.name])
        if fault:
            yield Fault(field.path, fault)


def parse(body: bytes) -> Any:  # noqa: ANN401 - any JSON
    """Return the parsed JSON. Raises `ValueError` for what is none, `RepeatedKeyError` for a key that comes twice."""
    return json.loads(body.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant)


def printable(key: str) -> str:
    """Return a key from outside as text that a terminal may show, at most 60 characters of it."""
    return ascii(key[:60])[1:-1]


def _ordered(report: dict[str, Any]) -> Report:
    made: Report = {}
    sections: dict[str, dict[str, Any]] = {}
    for field in covered(report["schema_version"]):
        if field.section:
            sections.setdefault(field.section, {})[field.name] = report[field.section][field.name]
        else:
            made[field.name] = report[field.name]
    made.update(sections)
    return made


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        keys = [key for key, _ in pairs]
        raise RepeatedKeyError(next(key for key in keys if keys.count(key) > 1))
    return made


def _no_constant(_: str) -> None:
    raise ValueError
