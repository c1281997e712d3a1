"""Asking what a receiver's operator says of itself: one GET, by the person's own act only, also while off."""

from typing import Final, NamedTuple

from shimmy_metrics.delivery.post import Gate, Post, Response
from shimmy_metrics.delivery.request import Request
from shimmy_metrics.limits import GROUP_REPORTS_MAX, OPERATOR_BYTES, SEND_SECONDS
from shimmy_metrics.records import Failure
from shimmy_metrics.report.bodies import parsed_object
from shimmy_metrics.system.environment import Environment

_TIME_IS_UP: Final = Response(failure=Failure.TIME)


class OperatorText(NamedTuple):
    """What an operator publishes of itself: its name, a text of any number of lines, both as they came.

    `k` is the smallest number of reports that it publishes a figure about, 0 where it names none.
    """

    name: str
    text: str
    k: int = 0


def ask(request: Request, environment: Environment) -> Response:
    """Send the request, within `SEND_SECONDS`; return what came back. Nothing of this machine goes with it."""
    gate = Gate(lambda: True)
    post = Post([request], environment, gate, SEND_SECONDS, OPERATOR_BYTES)
    response = post.response(SEND_SECONDS)
    gate.close()
    return response or _TIME_IS_UP


def parse(response: Response) -> OperatorText | None:
    """Return what a response says; None where it is no such text, or is too long."""
    told = parsed_object(response.body) if response.status == 200 and len(response.body) < OPERATOR_BYTES else {}
    name, text, k = told.get("name"), told.get("text", ""), told.get("k", 0)
    if not (isinstance(name, str) and isinstance(text, str) and name.strip()):
        return None
    return OperatorText(name, text, k if type(k) is int and 1 <= k <= GROUP_REPORTS_MAX else 0)
