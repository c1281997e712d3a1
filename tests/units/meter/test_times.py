"""Times are from a request's first byte to its answer's last, and each direction may run ahead."""

from shimmy_metrics.exchange import Exchange
from shimmy_metrics.vocabulary import TokenSource
from support.wire import CHAT, DONE, STREAM, SWITCH, UPGRADE, USAGE, Seen, answer, chat, chunked, delta, request


def test_times_are_from_the_request_s_first_byte_to_the_answer_s_last() -> None:
    seen = Seen()
    told = answer(chat(usage=USAGE))
    steps = [
        (0.5, seen.tap.client_bytes, b"\r\n"),
        (1.0, seen.tap.client_bytes, CHAT[:10]),
        (2.0, seen.tap.client_bytes, CHAT[10:-1]),
        (2.5, seen.tap.client_bytes, CHAT[-1:] + CHAT[:5]),
        (2.7, seen.tap.client_bytes, CHAT[5:]),
        (2.9, seen.tap.server_bytes, b"HTTP/1.1 100 Continue\r\n\r\n"),
        (3.0, seen.tap.server_bytes, told[:30]),
        (3.5, seen.tap.server_bytes, told[30:-5]),
        (4.0, seen.tap.server_bytes, told[-5:] + told[:5]),
        (5.0, seen.tap.server_bytes, told[5:]),
    ]
    for seen.now, read, data in steps:
        read(data)
    assert [(each.started, each.answered, each.ended) for each in seen.exchanges] == [(1.0, 3.0, 4.0), (2.5, 4.0, 5.0)]


def test_of_two_requests_in_one_read_only_the_first_may_have_begun_earlier() -> None:
    seen = Seen()
    asked = request("/v1/models", "GET")
    for seen.now, data in ((1.0, asked[:9]), (2.0, asked[9:] + asked)):
        seen.tap.client_bytes(data)
    for seen.now, data in ((3.0, answer(b"{}")[:9]), (4.0, answer(b"{}")[9:] + answer(b"{}"))):
        seen.tap.server_bytes(data)
    assert [(each.started, each.answered, each.ended) for each in seen.exchanges] == [(1.0, 3.0, 4.0), (2.0, 4.0, 4.0)]


def test_a_chunked_upload_s_last_line_does_not_begin_the_next_request() -> None:
    seen = Seen()
    steps = [
        (1.0, b"POST /v1/messages HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r"),
        (9.0, b"\n\r\n" + CHAT),
    ]
    for seen.now, data in steps:
        seen.tap.client_bytes(data)
    seen.tap.server_bytes(answer(b"{}") * 2)
    assert [each.started for each in seen.exchanges] == [1.0, 9.0]


def test_each_direction_may_run_ahead() -> None:
    seen = Seen()
    told = chunked([delta("a"), delta("b"), DONE])
    seen.tap.client_bytes(CHAT[:-1])
    seen.tap.server_bytes(told[:200])
    seen.tap.client_bytes(CHAT[-1:] + UPGRADE)
    seen.tap.server_bytes(told[200:] + SWITCH)
    seen.tap.closed(by_server=False)
    assert [(each.route, each.tokens) for each in seen.exchanges] == [("/v1/chat/completions", 2), ("/ws/generate", 0)]


def test_what_was_under_way_when_the_connection_ended_is_told_with_its_times() -> None:
    seen = Seen()
    seen.now = 1.0
    seen.tap.client_bytes(CHAT + request("/api/tags", "GET"))
    seen.now = 2.0
    seen.tap.server_bytes(chunked(STREAM)[:-9])
    seen.now = 3.0
    seen.tap.closed(by_server=True)
    assert seen.exchanges == [
        Exchange("/v1/chat/completions", True, "openai-sdk", b"8 bytes.", 2, TokenSource.COUNTED, 1.0, 2.0, 3.0),
        Exchange("/api/tags", True, "curl", None, 0, None, 1.0, None, 3.0),
    ]
