"""What is kept of an answer's head, and which status lines are none."""

import pytest

from shimmy_metrics.meter.head_fields import CHUNKED, UnsupportedError
from shimmy_metrics.meter.http1 import Head
from shimmy_metrics.meter.response_head import Response, response_of

JSON = {b"content-type": b"application/json", b"content-length": b"2"}


@pytest.mark.parametrize(
    ("line", "fields", "response"),
    [
        (b"HTTP/1.1 200 OK", JSON, Response(200, length=2, form="json")),
        (b"HTTP/1.1 200", JSON, Response(200, length=2, form="json")),
        (b"HTTP/1.1 200 ", {}, Response(200, form="untold")),
        (b"HTTP/1.0 299 Fine", JSON, Response(299, length=2, form="json", last=True)),
        (b"HTTP/1.1 200 OK", {b"transfer-encoding": b"chunked"}, Response(200, length=CHUNKED, form="untold")),
        (b"HTTP/1.1 200 OK", {**JSON, b"content-encoding": b"gzip"}, Response(200, length=2)),
        (b"HTTP/1.1 500 Oops", {b"connection": b"close"}, Response(500, form="untold", last=True)),
        (b"HTTP/1.1 204 No Content", {}, Response(204, bodyless=True, form="untold")),
        (b"HTTP/1.1 205 Reset", JSON, Response(205, length=2, form="json")),
        (b"HTTP/1.1 304 Not Modified", JSON, Response(304, bodyless=True, length=2, form="json")),
        (b"HTTP/1.1 999 What", {}, Response(999, form="untold")),
        (b"HTTP/1.1 100 Continue", {}, Response(100, interim=True)),
        (b"HTTP/1.1 102 Processing", {}, Response(102, interim=True)),
        (b"HTTP/1.1 199 Soon", JSON, Response(199, interim=True)),
        (b"HTTP/1.1 101 Switching", {b"upgrade": b"websocket \t"}, Response(101, form="untold")),
        (
            b"HTTP/1.1 101 Switching",
            {b"upgrade": b"websocket", b"sec-websocket-extensions": b"permessage-deflate"},
            Response(101, form="untold", extended=True),
        ),
    ],
)
def test_a_head_is_kept_as_what_it_says_of_its_answer(
    line: bytes, fields: dict[bytes, bytes], response: Response
) -> None:
    assert response_of(Head(line, fields)) == response


@pytest.mark.parametrize(
    "line",
    [
        *(b"HTTP/2 200 OK", b"HTTP/1.2 200 OK", b"http/1.1 200 OK", b"200 OK", b"HTTP/1.1", b"HTTP/1.1 "),
        *(b"HTTP/1.1 20", b"HTTP/1.1 20 OK", b"HTTP/1.1 2000", b"HTTP/1.1 200OK", b"HTTP/1.1 200\tOK"),
        *(b"HTTP/1.1  200 OK", b"HTTP/1.1 +20 OK", b"HTTP/1.1 2_0 OK", b"HTTP/1.1 2 0 OK", b"HTTP/1.1 abc OK"),
        *(b"HTTP/1.1 000 None", b"HTTP/1.1 012 Low", b"HTTP/1.1 099 Low"),
    ],
)
def test_what_is_no_status_line_is_refused(line: bytes) -> None:
    with pytest.raises(UnsupportedError):
        response_of(Head(line, JSON))


@pytest.mark.parametrize("fields", [{}, {b"upgrade": b"h2c"}, {b"upgrade": b"websocket, h2c"}])
def test_a_switch_to_anything_but_a_websocket_is_refused(fields: dict[bytes, bytes]) -> None:
    with pytest.raises(UnsupportedError):
        response_of(Head(b"HTTP/1.1 101 Switching", fields))
