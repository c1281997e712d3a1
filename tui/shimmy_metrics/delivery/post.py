"""The only place that opens an outgoing connection: one POST, 5 s by the wall clock, name look-up and TLS included.

Certificates are always verified (`SSL_CERT_FILE` and `SSL_CERT_DIR` name another authority, as usual); no redirect is
followed, no cookie kept, no `.netrc` read. A proxy of the environment serves https, never loopback.
"""

import ssl
import threading
from dataclasses import dataclass

import httpx

from shimmy_metrics.delivery.proxy import proxy_for
from shimmy_metrics.delivery.request import METHOD, Request
from shimmy_metrics.limits import ANSWER_BYTES
from shimmy_metrics.system.environment import Environment


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: a status with the body's first `ANSWER_BYTES`, or no answer with the kind of failure."""

    status: int
    body: bytes
    failure: str = ""


def post(request: Request, environment: Environment, seconds: float) -> Answer:
    """Send the request and return its answer; never raises, never takes longer than `seconds`.

    The connection is made in a thread of its own, because a name look-up cannot be interrupted; a thread that is still
    at it when the time is up ends with the sender's process.
    """
    answers: list[Answer] = []

    def attempt() -> None:
        try:
            answers.append(_exchange(request, environment, seconds))
        except Exception as error:  # noqa: BLE001 - whatever a network can do, the report stays
            answers.append(Answer(0, b"", type(error).__name__))

    thread = threading.Thread(target=attempt, daemon=True)
    thread.start()
    thread.join(max(0.0, seconds))
    return answers[0] if answers else Answer(0, b"", "TimeOut")


def _exchange(request: Request, environment: Environment, seconds: float) -> Answer:
    client = httpx.Client(
        verify=_authority(environment),
        proxy=proxy_for(request.url, environment) or None,
        trust_env=False,
        follow_redirects=False,
        timeout=seconds,
    )
    with client, client.stream(METHOD, request.url, headers=list(request.headers), content=request.body) as response:
        body = b""
        for piece in response.iter_raw():
            body += piece
            if len(body) >= ANSWER_BYTES:
                break
        return Answer(response.status_code, body[:ANSWER_BYTES])


def _authority(environment: Environment) -> ssl.SSLContext:
    file, folder = environment.get("SSL_CERT_FILE"), environment.get("SSL_CERT_DIR")
    if file or folder:
        return ssl.create_default_context(cafile=file or None, capath=folder or None)
    return httpx.create_ssl_context(trust_env=False)
