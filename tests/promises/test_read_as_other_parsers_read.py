"""What the meter reads of other parsers' recorded streams, and what h11 and llhttp read: each difference has a reason.

`pytest -m long tests/promises/test_read_as_other_parsers_read.py`.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

import pytest

from shimmy_metrics.exchange import Exchange
from shimmy_metrics.meter.routes import route_of
from shimmy_metrics.meter.tap import Tap
from support.corpora.oracles import Requests, h11_answer, h11_requests, llhttp_requests
from support.corpora.streams import Stream

NO_CONTENT: Final = b"HTTP/1.1 204 No Content\r\n\r\n"
ASKED: Final = b"GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n"

SERVER_DECIDES: Final = "whether it does with such a request is the server's to say, and its answer says it"
NOTHING_BEHIND: Final = "a request whose framing is unclear was asked all the same; nothing behind it is read"
_BARE_LF: Final = re.compile(rb"(?<!\r)\n")
NOT_AS_WRITTEN: Final = "a head that is not as RFC 9112 writes it is not read"

MORE: Final[Mapping[str, Mapping[str, str]]] = {
    "h11": {
        "Missing mandatory Host": SERVER_DECIDES,
        "illegal request line": SERVER_DECIDES,
        "illegal header line": SERVER_DECIDES,
        "bad Content-Length|conflicting Content-Length|Transfer-Encoding": NOTHING_BEHIND,
        "no request line received": "an empty line before a request is passed over (RFC 9112, section 2.2)",
    },
    "llhttp": {
        "InvalidURL|Invalid char.* in url|Unexpected .*char in url|Unexpected char in url": SERVER_DECIDES,
        "Invalid header value char": SERVER_DECIDES,
        "Invalid method for HTTP|Expected space after method|Pause on PRI": SERVER_DECIDES,
        "Content-Length|Transfer-Encoding": NOTHING_BEHIND,
    },
}
"""Why the meter reads a request that the oracle refuses with such words."""

FEWER: Final[Mapping[str, str]] = {
    r"CONNECT ": "it opens a tunnel, in which there is no HTTP",
    r"[^\n]* (HTTP/(?!1\.[01]\r)|ICE/|RTSP/)": "other versions and protocols are not read",
    r"[A-Z]+ /\r\n": "a request line without a version is no HTTP/1",
    r"(?s).*\r\n[ \t]+[^\r\n]": "a folded field is not as RFC 9112 writes it any more (section 5.2)",
    r"[^\r\n]*  [^\r\n]*HTTP/": NOT_AS_WRITTEN,
    r"(?s)(.*[^\r])?\n": NOT_AS_WRITTEN,
    r"[\s\S]{16385}": "a longer head is not kept",
}
"""Why the meter reads no request where the oracle does, by how such streams begin. The first that fits."""


def _counts(method: bytes, target: bytes) -> bool:
    return method != b"OPTIONS" and route_of(target) is not None


def _told(client: bytes, *answers: bytes) -> list[Exchange]:
    exchanges: list[Exchange] = []
    tap = Tap(exchanges.append, lambda _: b"8 bytes.", lambda: 0.0)
    tap.client_bytes(client)
    for answer in answers:
        tap.server_bytes(answer)
    tap.closed(by_server=True)
    return exchanges


def _reason(oracle: str, stream: Stream, ours: int, theirs: Requests) -> str | None:
    begin = stream.data.decode("latin-1")
    if ours > theirs.number:
        if not theirs.error and re.match(r"[^\n]* HTTP/1\.0\r\n", begin):
            return "HTTP/1.0 with keep-alive goes on (RFC 9112, section 9.3)"
        return next((why for words, why in MORE[oracle].items() if re.search(words, theirs.error)), None)
    return next((why for words, why in FEWER.items() if re.match(words, begin)), None)


@pytest.mark.long
@pytest.mark.parametrize(("oracle", "read"), [("h11", h11_requests), ("llhttp", llhttp_requests)])
def test_the_same_requests_are_read_or_the_difference_has_its_reason(
    recorded: list[Stream], oracle: str, read: Callable[[bytes, Callable[[bytes, bytes], bool]], Requests]
) -> None:
    asked = [each for each in recorded if not each.is_answer]
    same = 0
    unexplained = []
    for stream in asked:
        ours, theirs = len(_told(stream.data, *[NO_CONTENT] * 50)), read(stream.data, _counts)
        same += ours == theirs.number
        if ours != theirs.number and _reason(oracle, stream, ours, theirs) is None:
            unexplained.append((stream, ours, theirs))
    assert unexplained == []
    assert same > len(asked) / 2


@pytest.mark.long
def test_an_answer_is_one_request_and_failed_where_h11_too_reads_a_failure(recorded: list[Stream]) -> None:
    answers = [each for each in recorded if each.is_answer]
    read = 0
    for stream in answers:
        told = _told(ASKED, stream.data)
        assert len(told) == 1, stream
        theirs = h11_answer(stream.data)
        if theirs.error or _BARE_LF.search(stream.data):
            continue
        read += 1
        assert told[0].failed == (theirs.status >= 400 or not theirs.whole), (stream, theirs)
    assert read > len(answers) / 3
