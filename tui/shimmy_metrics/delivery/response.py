"""What a receiver's response means for the reports that were sent. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final, NamedTuple

from shimmy_metrics.delivery.post import Response
from shimmy_metrics.delivery.request import Request
from shimmy_metrics.limits import GROUP_REPORTS, GROUP_REPORTS_MAX
from shimmy_metrics.records import Cause, Failure, Outcome
from shimmy_metrics.report.bodies import parsed_object
from shimmy_metrics.report.validate import printable

_ASK_AGAIN: Final = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)


class Refusal(NamedTuple):
    """Why one report was not taken: the `cause`, and in `detail` the receiver's status, or its field and rule."""

    cause: Cause
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Classification:
    """What one response means.

    `refused` maps the ids of the reports to be set aside to the reason; where the outcome is a taken one, all others
    were taken. `ended`: the programme has ended (410), nothing is sent to this endpoint any more.
    """

    outcome: Outcome
    refused: Mapping[str, Refusal] = field(default_factory=dict)
    ended: bool = False

    @property
    def failed(self) -> bool:
        """Whether the reports stay queued and are sent again at a later session's end."""
        return not self.outcome.taken and not self.refused and not self.ended


def classify(request: Request, response: Response, *, passed: bool) -> Classification:
    """Return what the response means. `passed`: a byte of the request may have left."""
    status = response.status
    if not status:
        return Classification(Outcome.NO_ANSWER if passed else Outcome.NOTHING_LEFT)
    if 200 <= status < 300:
        confirmed = parsed_object(response.body).get("sha256") == request.sha256
        return Classification(Outcome.CONFIRMED if confirmed else Outcome.ACCEPTED)
    if status == HTTPStatus.GONE:
        return Classification(Outcome.REFUSED, ended=True)
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        partly = _partly(request, response)
        if partly is not None:
            return partly
    if _refuses(status):
        refusal = Refusal(Cause.REFUSED, str(status))
        return Classification(Outcome.REFUSED, {report.report_id: refusal for report in request.reports})
    return Classification(Outcome.ERROR)


def named_group(request: Request, response: Response) -> int:
    """Return the fewest reports about which the receiver publishes a figure, as its answer says; 0 where it is silent.

    An answer that repeats the request's digest and names no number means `GROUP_REPORTS`.
    """
    told = parsed_object(response.body)
    named = told.get("k", GROUP_REPORTS)
    said = told.get("sha256") == request.sha256 and type(named) is int and 1 <= named <= GROUP_REPORTS_MAX
    return named if said else 0


class RecallResult(NamedTuple):
    """What became of a recall: how many reports the receiver confirmed (204) as deleted.

    `status` and `failure` are those of the request that got no answer, else of the first that was not confirmed.
    """

    outcome: Outcome
    deleted: int
    status: int = HTTPStatus.NO_CONTENT
    failure: Failure = Failure.NONE


def classify_recall(responses: Sequence[Response], reports: int, *, passed: bool) -> RecallResult:
    """Return what the responses to a recall of so many reports mean. `passed`: a byte of it may have left."""
    deleted = sum(response.status == HTTPStatus.NO_CONTENT for response in responses)
    if deleted == reports:
        return RecallResult(Outcome.RECALLED, deleted)
    unanswered = (response for response in responses if not response.status)  # after one no other is sent
    other = next(unanswered, None) or next(each for each in responses if each.status != HTTPStatus.NO_CONTENT)
    if not other.status:
        outcome = Outcome.NO_ANSWER if passed else Outcome.NOTHING_LEFT
    else:
        outcome = Outcome.REFUSED if _refuses(other.status) else Outcome.ERROR
    return RecallResult(outcome, deleted, other.status, other.failure)


def _refuses(status: int) -> bool:
    return 400 <= status < 500 and status not in _ASK_AGAIN


def _partly(request: Request, response: Response) -> Classification | None:
    """Parse a 422 that lists what was stored and what was refused; return None where it is not about this request."""
    told = parsed_object(response.body)
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
    # A report that is in neither list was not taken: it is set aside with the refused ones rather than sent for ever.
    for report_id in ids - listed - rules.keys():
        rules[report_id] = Refusal(Cause.UNLISTED)
    return Classification(Outcome.PARTLY if ids - rules.keys() else Outcome.REFUSED, rules)
