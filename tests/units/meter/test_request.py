"""What is kept of a request's head: words of closed lists, and how its body is framed."""

import pytest

from shimmy_metrics.meter.head_fields import CHUNKED, OPEN, UnsupportedError
from shimmy_metrics.meter.http1 import Head
from shimmy_metrics.meter.request import Request, request_of

COUNTED = Request("/v1/models", None, bodyless=False, generates=False, place="/v1/models", length=None, last=False)
CHAT = "/v1/chat/completions"
CURL = {b"user-agent": b"curl/8.5.0"}


@pytest.mark.parametrize(
    ("line", "fields", "request_kept"),
    [
        (b"GET /v1/models HTTP/1.1", {}, COUNTED),
        (b"HEAD /v1/models HTTP/1.1", {}, COUNTED._replace(bodyless=True)),
        # A method is a word in the case in which it comes.
        (b"head /v1/models HTTP/1.1", {}, COUNTED),
        (b"m-search /v1/models HTTP/1.1", {}, COUNTED),
        (b"M-SEARCH /v1/models HTTP/1.1", {}, COUNTED),
        (b"connect /v1/models HTTP/1.1", {}, COUNTED),
        (b"OPTIONS /v1/models HTTP/1.1", {}, COUNTED._replace(route=None, place="other")),
        (b"options /v1/models HTTP/1.1", {}, COUNTED),
        (b"GET /v1/models HTTP/1.1", CURL, COUNTED._replace(client="curl")),
        (b"GET /v1/models HTTP/1.1", {b"user-agent": b""}, COUNTED),
        (b"GET /v1/models HTTP/1.0", {}, COUNTED._replace(last=True)),
        (b"GET /v1/models HTTP/1.1", {b"connection": b"close"}, COUNTED._replace(last=True)),
        (b"POST /v1/models HTTP/1.1", {b"content-length": b"7"}, COUNTED._replace(length=7)),
        (b"POST /v1/models HTTP/1.1", {b"transfer-encoding": b"chunked"}, COUNTED._replace(length=CHUNKED)),
        # It was read, and is answered, though nobody can tell where the next one begins.
        (b"POST /v1/models HTTP/1.1", {b"content-length": b"5, 6"}, COUNTED._replace(length=OPEN)),
        (b"POST /v1/chat/completions HTTP/1.1", {}, COUNTED._replace(route=CHAT, generates=True, place=CHAT)),
        # A name in a path goes no further; of another server's the word is shown, and never sent.
        (b"POST /secret/name HTTP/1.1", {}, COUNTED._replace(route="other", generates=True, place="other")),
        (b"POST /completion HTTP/1.1", {}, COUNTED._replace(route="other", generates=True, place="/completion")),
        (b"GET /health HTTP/1.1", {}, COUNTED._replace(route=None, place="other")),
    ],
)
def test_a_head_is_kept_as_words_of_closed_lists(
    line: bytes, fields: dict[bytes, bytes], request_kept: Request
) -> None:
    assert request_of(Head(line, fields)) == request_kept


@pytest.mark.parametrize(
    "line",
    [
        *(b"GET /v1/models", b"GET  /v1/models HTTP/1.1", b"GET /v1/models HTTP/1.1 ", b"GET /a b HTTP/1.1"),
        *(b"GET /v1/models HTTP/2", b"GET /v1/models http/1.1", b"PRI * HTTP/2.0", b"CONNECT x:443 HTTP/1.1"),
        *(b"-GET /v1/models HTTP/1.1", b"1 /v1/models HTTP/1.1", b"G(T /v1/models HTTP/1.1"),
    ],
)
def test_what_is_no_request_line_is_refused(line: bytes) -> None:
    with pytest.raises(UnsupportedError):
        request_of(Head(line, {}))
