"""What a receiver answers to one request, as a pure function. Nothing of a refused body is repeated in the answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

import orjson

from shimmy_metrics.limits import REQUEST_BYTES, REQUEST_REPORTS
from shimmy_metrics.report.kinds import UUID4
from shimmy_metrics.report.seal import digest
from shimmy_metrics.report.validate import Violation, canonical, parse, validate_report

PATH: Final = "/v1/usage"


@dataclass(frozen=True, slots=True)
class Answer:
    """A status with a JSON body; `stored` maps the ids of reports that are new to their bytes."""

    status: HTTPStatus
    body: bytes
    stored: Mapping[str, bytes] = field(default_factory=dict)


def head_fault(method: str, path: str, headers: Mapping[str, str]) -> Answer | None:
    """Return the refusal that the head alone deserves, before any of the body is read; None where it is acceptable.

    `headers` have lower-case names.
    """
    length = headers.get("content-length", "")
    if path != PATH:
        return _refusal(HTTPStatus.NOT_FOUND, "path")
    if method != "POST":
        return _refusal(HTTPStatus.METHOD_NOT_ALLOWED, "method")
    if "transfer-encoding" in headers or not length.isdecimal():
        return _refusal(HTTPStatus.LENGTH_REQUIRED, "length")
    if int(length) > REQUEST_BYTES:
        return _refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "bytes")
    if headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        return _refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "type")
    return _refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "encoding") if "content-encoding" in headers else None


def answer(body: bytes, known: Mapping[str, bytes]) -> Answer:
    """Return the answer to a body. `known` are the reports held already, by id."""
    try:
        parsed = parse(body)
    except (ValueError, RecursionError):
        return _refusal(HTTPStatus.BAD_REQUEST, "JSON")
    reports = parsed if isinstance(parsed, list) else [parsed]
    if len(reports) > REQUEST_REPORTS:
        return _refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "reports")
    good: list[dict[str, Any]] = []
    refused: list[dict[str, str]] = []
    for report in reports:
        violation = next(validate_report(report), None)
        if violation is None:
            good.append(report)
        else:
            refused.append(_refused(report, violation))
    if good and not refused and canonical(parsed) != body:
        return _refusal(HTTPStatus.BAD_REQUEST, "form")
    stored = {report["session_id"]: canonical(report) for report in good}
    if any(known.get(name, each) != each for name, each in stored.items()):
        return _refusal(HTTPStatus.CONFLICT, "session_id")
    told = orjson.dumps({"sha256": digest(body), "stored": list(stored), "refused": refused})
    return Answer(HTTPStatus.UNPROCESSABLE_ENTITY if refused or not good else HTTPStatus.OK, told, stored)


def _refused(report: object, violation: Violation) -> dict[str, str]:
    name = report.get("session_id") if isinstance(report, dict) else None
    return {
        "id": name if isinstance(name, str) and UUID4.violation(name) is None else "",
        "field": violation.path,
        "rule": violation.rule,
    }


def _refusal(status: HTTPStatus, rule: str) -> Answer:
    return Answer(status, orjson.dumps({"rule": rule}))
