"""What the receiver answers to a request. Pure.

No answer repeats anything of a refused body, neither a key nor a value. Those with the status 400 and 409 say
`{"rule"}`; the answer to a body that was read says what was stored and what was refused; the others have no body.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from hashlib import sha256
from http import HTTPStatus
from typing import Any, Final, NamedTuple

import orjson

from shimmy_metrics.consent.state import SCHEMA_VERSION
from shimmy_metrics.limits import REQUEST_BYTES, REQUEST_REPORTS
from shimmy_metrics.receiver.accepted import Accepted, accept, read_accepted
from shimmy_metrics.receiver.store import Outcome
from shimmy_metrics.report.field import METRICS_SECTION
from shimmy_metrics.report.kinds import UUID4
from shimmy_metrics.report.validate import RepeatedKeyError, Violation, canonical, parse, validate_report

PATH: Final = "/v1/usage"
OPERATOR_PATH: Final = "/v1/operator"

NEWER_SCHEMA_SECONDS: Final = 86_400
"""A report by a newer list of fields may be sent again after a day: by then the receiver may have been updated."""

_DAYS_BACK: Final = timedelta(days=15)
"""A sender keeps what it could not deliver for 14 days; its clock may be a day behind."""
_DAYS_AHEAD: Final = timedelta(days=1)
_LENGTH_DIGITS: Final = 10
_JSON: Final = b"application/json"

_OK: Final = HTTPStatus.OK
"""Python 3.11 looks an enum's member up by a function of its own, which every request would pay for."""

_WRONG_DAY: Final = Violation("timestamp", f"not within {_DAYS_BACK.days} days back and {_DAYS_AHEAD.days} ahead")
_TWICE: Final = Violation("session_id", "stands there twice")
_STORED: Final = (Outcome.STORED, Outcome.DUPLICATE)
_NOT_STORED: Final = {Outcome.CONFLICT: "other bytes stand under this id", Outcome.RECALLED: "recalled"}


class Response(NamedTuple):
    """A status with a JSON body, which may be empty. `rules` are those that were broken, to be counted."""

    status: HTTPStatus
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    rules: tuple[str, ...] = ()


class Refused(NamedTuple):
    """A report that breaks a rule. `report_id` is empty where it has none of the right form; `field` is one of ours."""

    report_id: str
    field: str
    rule: str


class Judged(NamedTuple):
    """A body in the one byte form: its reports in order. `alone` where it is no array."""

    sha256: str
    alone: bool
    reports: tuple[Accepted | Refused, ...]

    @property
    def accepted(self) -> list[Accepted]:
        """The reports to be stored, in order."""
        return [report for report in self.reports if isinstance(report, Accepted)]


def route(method: str, path: str) -> Response | None:
    """Return the refusal of a path that is none of ours, or of a method that it does not have; None if both are fine.

    `path` is as it stands in the request, with its query.
    """
    if path == PATH and method == "POST":  # as nearly all have it
        return None
    report_id = recalled_id(path)
    known = {PATH: "POST", OPERATOR_PATH: "GET"}.get(path, "DELETE" if report_id else "")
    if not known:
        return Response(HTTPStatus.NOT_FOUND, rules=("path",))
    if method != known:
        return Response(HTTPStatus.METHOD_NOT_ALLOWED, headers=(("allow", known),), rules=("method",))
    return None


def recalled_id(path: str) -> str:
    """Return the UUID that stands behind `PATH`; empty where there is none."""
    report_id = path.removeprefix(f"{PATH}/")
    return report_id if report_id != path and UUID4.violation(report_id) is None else ""


def head_refusal(headers: Mapping[bytes, bytes]) -> Response | None:
    """Return the refusal if reports cannot come under this head, so that the body need not be read; None if they can.

    The names in `headers` are lower-case.
    """
    length = headers.get(b"content-length", b"")
    if b"transfer-encoding" in headers or not length.isdigit():
        return Response(HTTPStatus.LENGTH_REQUIRED, rules=("length",))
    if len(length) > _LENGTH_DIGITS or int(length) > REQUEST_BYTES:
        return Response(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, rules=("bytes",))
    kind = headers.get(b"content-type", b"")
    if kind != _JSON and kind.partition(b";")[0].strip().lower() != _JSON:
        return Response(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, rules=("type",))
    return Response(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, rules=("encoding",)) if b"content-encoding" in headers else None


def judge(body: bytes, today: date) -> Judged | Response:
    """Return the reports of a body, each accepted or refused, or the refusal of all. `today` is the UTC day."""
    return _all_good(body, today) or _judge_all(body, today)


def _all_good(body: bytes, today: date) -> Judged | None:
    """Return a body of acceptable reports, as nearly all are, in a fifth of the time; None for any other body."""
    reports = read_accepted(body)
    if reports is None or len(reports) > REQUEST_REPORTS:
        return None
    first, last = _days(today)
    for each in reports:
        if not first <= str(each.values[0]) <= last:
            return None
    if len(reports) > 1 and len({each.report_id for each in reports}) < len(reports):
        return None
    return Judged(sha256(body).hexdigest(), not body.startswith(b"["), tuple(reports))


def _judge_all(body: bytes, today: date) -> Judged | Response:
    try:
        parsed = parse(body)
        plain = _one_form(parsed) == body and not any(isinstance(each, float) for each in _values(parsed))
    except RepeatedKeyError:
        return _by_rule(HTTPStatus.BAD_REQUEST, "a key stands there twice")
    except UnicodeEncodeError:  # half a character, which an escape can name
        plain = False
    except ValueError:
        return _by_rule(HTTPStatus.BAD_REQUEST, "no JSON")
    except RecursionError:
        return _by_rule(HTTPStatus.BAD_REQUEST, "nested too deeply")
    if not plain:
        return _by_rule(HTTPStatus.BAD_REQUEST, "not the one byte form")
    reports = parsed if isinstance(parsed, list) else [parsed]
    if not reports or not isinstance(parsed, dict | list):
        return _by_rule(HTTPStatus.BAD_REQUEST, "no report")
    if len(reports) > REQUEST_REPORTS:
        return Response(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, rules=("reports",))
    if any(_is_newer(report) for report in reports):
        return retry(HTTPStatus.SERVICE_UNAVAILABLE, NEWER_SCHEMA_SECONDS, "newer schema_version")
    judged = tuple(_judge_each(reports, today))
    if any(
        isinstance(each, Accepted) and _one_form(given) != each.body
        for given, each in zip(reports, judged, strict=True)
    ):
        return _by_rule(HTTPStatus.BAD_REQUEST, "not the one byte form")
    return Judged(sha256(body).hexdigest(), parsed is not reports, judged)


def compose(judged: Judged, outcomes: Sequence[Outcome], k: int | None) -> Response:
    """Return the answer to a body that was read, once what it holds is stored.

    `outcomes` are those of `judged.accepted`. `k` is the group size of a receiver that has its own.
    """
    became = iter(outcomes)
    stored: list[str] = []
    refused: list[Refused] = []
    for each in judged.reports:
        if isinstance(each, Refused):
            refused.append(each)
            continue
        outcome = next(became)
        if outcome in _STORED:
            stored.append(each.report_id)
        elif judged.alone:
            return _by_rule(HTTPStatus.CONFLICT, _NOT_STORED[outcome])
        else:
            refused.append(Refused(each.report_id, "session_id", _NOT_STORED[outcome]))
    listed = [{"id": each.report_id, "field": each.field, "rule": each.rule} for each in refused]
    answer = {"sha256": judged.sha256, "stored": stored, "refused": listed}
    body = orjson.dumps(answer if k is None else {**answer, "k": k})
    if not refused:
        return Response(_OK, body)
    return Response(HTTPStatus.UNPROCESSABLE_ENTITY, body, rules=tuple(each.rule for each in refused))


def retry(status: HTTPStatus, seconds: int, rule: str) -> Response:
    """Return a refusal that holds for so long."""
    return Response(status, headers=(("retry-after", str(seconds)),), rules=(rule,))


def _judge_each(reports: list[Any], today: date) -> Iterator[Accepted | Refused]:
    """Yield each report as accepted or refused. Of those with one id only the first can be accepted."""
    seen: set[str] = set()
    for report in reports:
        given = report.get("session_id") if isinstance(report, dict) else None
        report_id = given if isinstance(given, str) and UUID4.violation(given) is None else ""
        violation = _TWICE if report_id in seen else _violation(report, today)
        if report_id:
            seen.add(report_id)
        if violation is None:
            yield accept(report, canonical(report))
        else:
            yield Refused(report_id, _place(violation), violation.rule)


def _violation(report: Any, today: date) -> Violation | None:  # noqa: ANN401 - any JSON
    violation = next(validate_report(report), None)
    if violation is not None:
        return violation
    first, last = _days(today)
    return None if first <= report["timestamp"][:10] <= last else _WRONG_DAY


@lru_cache(2)
def _days(today: date) -> tuple[str, str]:
    """Return the first and the last day of which a report is taken, as they are written."""
    return (today - _DAYS_BACK).isoformat(), (today + _DAYS_AHEAD).isoformat()


def _place(violation: Violation) -> str:
    """Return the place to name: of a key that is no field, what it stands in."""
    if violation.rule != "is no field":
        return violation.path
    return METRICS_SECTION if violation.path.startswith(f"{METRICS_SECTION}.") else ""


def _is_newer(report: object) -> bool:
    version = report.get("schema_version") if isinstance(report, dict) else None
    return isinstance(version, int) and version > SCHEMA_VERSION


def _one_form(parsed: object) -> bytes:
    """Return the compact form of any JSON. The standard library's: orjson has no integer beyond 64 bits."""
    return json.dumps(parsed, ensure_ascii=False, separators=(",", ":")).encode()


def _values(parsed: object) -> Iterator[object]:
    """Yield a value and all values inside it."""
    yield parsed
    inner = parsed.values() if isinstance(parsed, dict) else parsed if isinstance(parsed, list) else ()
    for each in inner:
        yield from _values(each)


def _by_rule(status: HTTPStatus, rule: str) -> Response:
    return Response(status, orjson.dumps({"rule": rule}), rules=(rule,))
