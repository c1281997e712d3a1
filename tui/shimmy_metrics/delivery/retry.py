"""What an answer means for the reports that were sent, and when to try again. Pure (DESIGN, "Sending")."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from typing import Any

import orjson

from shimmy_metrics.delivery.post import Answer
from shimmy_metrics.delivery.request import Request
from shimmy_metrics.limits import PASSED_OVER_MAX
from shimmy_metrics.report.check import printable


class Fate(StrEnum):
    """What becomes of a request's reports."""

    DELIVERED = "delivered"
    """All, or those that the answer lists as stored."""
    REFUSED = "refused"
    """Set aside, shown, not retried by itself."""
    ENDED = "ended"
    """The programme has ended: nothing is sent there any more."""
    LATER = "later"
    """They stay for the next session's end."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The meaning of one answer. `refused` maps report ids to the rule they broke; the others have the `fate`."""

    fate: Fate
    confirmed: bool = False
    refused: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""


def judge(request: Request, answer: Answer) -> Verdict:
    """Return what the answer means."""
    status = answer.status
    if 200 <= status < 300:
        told = _told(answer.body)
        return Verdict(Fate.DELIVERED, confirmed=told.get("sha256") == request.sha256)
    if status == HTTPStatus.GONE:
        return Verdict(Fate.ENDED)
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        partly = _partly(request, answer)
        if partly is not None:
            return partly
    again = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)
    if 400 <= status < 500 and status not in again:
        return Verdict(Fate.REFUSED, reason=f"the receiver answered {status}")
    return Verdict(Fate.LATER, reason=answer.failure or f"the receiver answered {status}")


def passes_over(failures: int, passed: int) -> bool:
    """Whether a session's end makes no attempt: after one failure none is passed over, after two one, then two."""
    return passed < min(max(failures - 1, 0), PASSED_OVER_MAX)


def _partly(request: Request, answer: Answer) -> Verdict | None:
    """Read a 422 that lists what was stored and what was refused; None where it does not speak of this request."""
    told = _told(answer.body)
    ids = {report.report_id for report in request.reports}
    stored, refused = told.get("stored"), told.get("refused")
    if told.get("sha256") != request.sha256 or not isinstance(stored, list) or not isinstance(refused, list):
        return None
    rules: dict[str, str] = {}
    for each in refused:
        if isinstance(each, dict) and each.get("id") in ids:
            at = printable(str(each.get("field", "")))
            rules[str(each["id"])] = f"{at}: {printable(str(each.get('rule', '')))}"
    listed = {each for each in stored if isinstance(each, str)} & ids
    # What the answer names on neither side was not taken: set aside with the rest, rather than sent for ever.
    for report_id in ids - listed - rules.keys():
        rules[report_id] = "the receiver did not say why"
    return Verdict(Fate.DELIVERED, confirmed=True, refused=rules)


def _told(body: bytes) -> dict[str, Any]:
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return told if isinstance(told, dict) else {}
