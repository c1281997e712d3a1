"""What the receiver answers to a request. Pure. No response repeats anything of a refused body."""

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
class Response:
    """A status with a JSON body. `stored` maps the ids of the reports that were accepted to their bytes."""

    status: HTTPStatus
    body: bytes
    stored: Mapping[str, bytes] = field(default_factory=dict)


def head_refusal(method: str, path: str, headers: Mapping[str, str]) -> Response | None:
    """Return the refusal if the request's head is unacceptable, so that its body need not be read; None if it is fine.

    The names in `headers` are lower-case.
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


def respond(body: bytes, known: Mapping[str, bytes]) -> Response:
    """Return the response to a body. `known` maps the ids of the reports received before to their bytes."""
    try:
        parsed = parse(body)
    except (ValueError, RecursionError):
        return _refusal(HTTPStatus.BAD_REQUEST, "JSON")
    reports = parsed if isinstance(parsed, list) else [parsed]
    if len(reports) > REQUEST_REPORTS:
        return _refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "reports")
    accepted: list[dict[str, Any]] = []
    refused: list[dict[str, str]] = []
    for report in reports:
        violation = next(validate_report(report), None)
        if violation is None:
            accepted.append(report)
        else:
            refused.append(_describe(report, violation))
    if accepted and not refused and canonical(parsed) != body:
        return _refusal(HTTPStatus.BAD_REQUEST, "form")
    stored = {report["session_id"]: canonical(report) for report in accepted}
    if any(known.get(report_id, report) != report for report_id, report in stored.items()):
        return _refusal(HTTPStatus.CONFLICT, "session_id")
    result = orjson.dumps({"sha256": digest(body), "stored": list(stored), "refused": refused})
    return Response(HTTPStatus.UNPROCESSABLE_ENTITY if refused or not accepted else HTTPStatus.OK, result, stored)


def _describe(report: object, violation: Violation) -> dict[str, str]:
    report_id = report.get("session_id") if isinstance(report, dict) else None
    return {
        "id": report_id if isinstance(report_id, str) and UUID4.violation(report_id) is None else "",
        "field": violation.path,
        "rule": violation.rule,
    }


def _refusal(status: HTTPStatus, rule: str) -> Response:
    return Response(status, orjson.dumps({"rule": rule}))
