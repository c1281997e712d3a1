"""Ask the receiver that is set what its operator says of itself: by the person's own act only, also while off."""

from typing import NamedTuple

from shimmy_metrics.config.read_consent import read_consent
from shimmy_metrics.delivery.proxy import proxy_shown
from shimmy_metrics.delivery.request import Request, operator_request
from shimmy_metrics.records import Failure
from shimmy_metrics.system.profile import Profile


class OperatorAnswer(NamedTuple):
    """What was asked and what came back.

    `status` is the HTTP status, 0 without an answer, and then `failure` says why. `name` and `text` are what the
    operator publishes, as they came; `name` is empty where it publishes nothing that can be shown. `k` is the smallest
    number of reports that it publishes a figure about, 0 where it names none. `proxy` is the `HOST:PORT` on the way.
    """

    request: Request
    proxy: str = ""
    status: int = 0
    failure: Failure = Failure.NONE
    name: str = ""
    text: str = ""
    k: int = 0


def operator_asked(profile: Profile) -> OperatorAnswer:
    """Return what the receiver in force would be asked. Raises `UserError` for a config that cannot be used."""
    endpoint = read_consent(profile).endpoint
    return OperatorAnswer(operator_request(endpoint), proxy_shown(endpoint, profile.environment))


def ask_operator(profile: Profile, asked: OperatorAnswer) -> OperatorAnswer:
    """Make the request that `operator_asked` returned, within `SEND_SECONDS`, whichever receiver is in force by now."""
    from shimmy_metrics.delivery.operator import ask, parse  # with httpx behind it: only what sends wants that

    response = ask(asked.request, profile.environment)
    answer = asked._replace(status=response.status, failure=response.failure)
    said = parse(response)
    return answer if said is None else answer._replace(name=said.name, text=said.text, k=said.k)
