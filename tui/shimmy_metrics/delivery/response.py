"""What a receiver's answer means for the reports that were sent. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final, NamedTuple

from shimmy_metrics.delivery.post import Response
from shimmy_metrics.delivery.request import Request
from shimmy_metrics.records import Cause, Outcome
from shimmy_metrics.report.bodies import parsed_object
from shimmy_metrics.report.validate import printable

_ASK_AGAIN: Final = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)


class Refusal(NamedTuple):
    """Why one report was not taken: the `cause`, and in `detail` the receiver's status, or its field and rule."""

    cause: Cause
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Classification:
    """The meaning of one answer.

    `refused` maps the ids of reports to be set aside to why; those of a request that is taken and that are not named
    there were taken. `ended`: the programme has ended (410), nothing is sent there any more.
    """

    outcome: Outcome
    refused: Mapping[str, Refusal] = field(default_factory=dict)
    ended: bool = False

    @property
    def failed(self) -> bool:
        """Whether the reports stay and are tried again at a later session's end."""
        return not self.outcome.taken and not self.refused and not self.ended


def classify(request: Request, answer: Response, *, passed: bool) -> Classification:
    """Return what the answer means. `passed`: a byte of the request may have left."""
    status = answer.status
    if not status:
        return Classification(Outcome.NO_ANSWER if passed else Outcome.NOTHING_LEFT)
    if 200 <= status < 300:
        confirmed = parsed_object(answer.body).get("sha256") == request.sha256
        return Classification(Outcome.CONFIRMED if confirmed else Outcome.ACCEPTED)
    if status == HTTPStatus.GONE:
        return Classification(Outcome.REFUSED, ended=True)
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        partly = _partly(request, answer)
        if partly is not None:
            return partly
    if 400 <= status < 500 and status not in _ASK_AGAIN:
        refusal = Refusal(Cause.REFUSED, str(status))
        return Classification(Outcome.REFUSED, {report.report_id: refusal for report in request.reports})
    return Classification(Outcome.ERROR)


def _partly(request: Request, answer: Response) -> Classification | None:
    """Read a 422 that lists what was stored and what was refused; None where it does not speak of this request."""
    told = parsed_object(answer.body)
    ids = {report.report_id for report in request.reports}
    stored, refused = told.get("stored"), told.get("refused")
    if told.get("sha256") != request.sha256 or not isinstance(stored, list) or not isinstance(refused, list):
        return None
    rules: dict[str, Refusal] = {}
    for each in refused:
        if isinstance(each, dict) and isinstance(each.get("id"), str) and each["id"] in ids:
            at = printable(str(each.get("field", "")))
            rules[each["id"]] = Refusal(Cause.RULE, f"{at}: {printable(str(each.get('rule', '')))}")
    listed = {each for each in stored if isinstance(each, str)} & ids
    # What the answer names on neither side was not taken: set aside with the rest, rather than sent for ever.
    for report_id in ids - listed - rules.keys():
        rules[report_id] = Refusal(Cause.UNLISTED)
    return Classification(Outcome.PARTLY if ids - rules.keys() else Outcome.REFUSED, rules)
