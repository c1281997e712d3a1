"""An answer while it passes, and the exchange that a request and its answer become."""

from collections.abc import Callable

from shimmy_metrics.exchange import Exchange
from shimmy_metrics.meter.bodies import Body
from shimmy_metrics.meter.request import Request
from shimmy_metrics.meter.usage import Usage
from shimmy_metrics.vocabulary import TokenSource

_UNANSWERED = (401, 403)
"""Answers that do not count: the client has no key, or no access."""

Asked = tuple[Request, float]
"""A request that awaits its answer, and when its first byte came."""


class Answer:
    """The answer that is passing. `body` is None where it tells nothing; `last`: no other follows on the connection."""

    __slots__ = ("answered", "asked", "body", "last", "status", "usage")

    def __init__(self, asked: Asked, status: int, answered: float, usage: Usage, *, last: bool) -> None:
        self.asked = asked
        self.status = status
        self.answered = answered
        self.last = last
        self.usage = usage
        self.body: Body | None = None


def exchange_of(
    asked: Asked,
    answer: Answer | None,
    ended: float,
    hash_model: Callable[[bytes], bytes],
    *,
    failed: bool,
    unread: bool,
) -> Exchange | None:
    """Return the exchange of a request and its answer, None if it does not count.

    `failed`: the server cut it short, or gave no answer; `unread`: of the answer only the status is known.
    """
    (route, client, _, generates, place, *_), started = asked
    if route is None or (answer is not None and answer.status in _UNANSWERED):
        return None
    model, tokens, source, answered, tokens_in = None, 0, None, None, 0
    if answer is not None:
        usage = answer.usage
        failed = failed or answer.status >= 400
        answered, generates = answer.answered, usage.generates
        if not unread:
            tokens, source = usage.result()
            tokens_in = usage.prompt_tokens
            model = None if usage.model is None else hash_model(usage.model.encode())
            failed = failed or usage.failed
    if unread and generates and not failed:
        source = TokenSource.UNKNOWN
    where = place if source is TokenSource.UNKNOWN else None
    return Exchange(route, failed, client, model, tokens, source, started, answered, ended, where, tokens_in)
