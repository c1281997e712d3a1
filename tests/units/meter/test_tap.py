"""What the tap counts is what happened: forms that real servers and clients send, in any cut, and hostile bytes."""

import json
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shimmy_metrics.exchange import Exchange
from shimmy_metrics.limits import HEAD_BYTES, PIPELINE_MAX
from shimmy_metrics.meter.bodies import EventBody
from shimmy_metrics.meter.tap import Tap
from shimmy_metrics.vocabulary import TokenSource

CHAT = (
    b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nUser-Agent: OpenAI/Python 3.1.0\r\nContent-Length: 2\r\n\r\n{}"
)


class Seen:
    """A tap with a clock that ticks, and what it gave."""

    def __init__(self, server: str = "shimmy") -> None:
        self.exchanges: list[Exchange] = []
        self.hashed: list[bytes] = []
        self.now = 0.0
        self.tap = Tap(self.exchanges.append, self._hash, lambda: self.now, server)

    def _hash(self, name: bytes) -> bytes:
        self.hashed.append(name)
        return b"hash"

    def play(self, request: bytes, answer: bytes, *, by_server: bool = True) -> list[Exchange]:
        self.tap.client_bytes(request)
        self.tap.server_bytes(answer)
        self.tap.closed(by_server=by_server)
        return self.exchanges


def answer(body: bytes, content_type: str = "application/json", status: str = "200 OK", more: str = "") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n{more}\r\n"
    return head.encode() + body


def chunked(pieces: Iterable[bytes], content_type: str = "text/event-stream") -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    return head + b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def event(value: object) -> bytes:
    return f"data: {json.dumps(value)}\n\n".encode()


def request(path: str, method: str = "POST", agent: str = "curl/8.5.0") -> bytes:
    return f"{method} {path} HTTP/1.1\r\nHost: x\r\nUser-Agent: {agent}\r\n\r\n".encode()


def chat(content: str = "words", usage: object = None, **more: object) -> bytes:
    value = {"model": "m", "choices": [{"message": {"content": content}}], **more}
    return json.dumps({**value, "usage": usage} if usage is not None else value).encode()


def delta(text: str | None, **more: object) -> bytes:
    return event({"model": "m", "choices": [{"delta": {"content": text}}], **more})


USAGE = {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}
DONE = b"data: [DONE]\n\n"
STREAM = [delta(None), delta("a"), delta("b"), delta(None, finish_reason="stop")]


@pytest.mark.parametrize(
    ("path", "reply", "tokens", "source"),
    [
        ("/v1/chat/completions", answer(chat(usage=USAGE)), 7, TokenSource.REPORTED),
        ("/v1/chat/completions", answer(chat(), "application/json; charset=utf-8"), 0, TokenSource.UNKNOWN),
        # Older Shimmy reports 0/0/0 beside content: that is not zero.
        ("/v1/chat/completions", answer(chat(usage={"completion_tokens": 0})), 0, TokenSource.UNKNOWN),
        ("/v1/chat/completions", answer(chat("", usage={"completion_tokens": 0})), 0, None),
        ("/v1/chat/completions", answer(chat(usage="7")), 0, TokenSource.UNKNOWN),
        ("/v1/chat/completions", answer(chat(usage={"completion_tokens": -7})), 0, TokenSource.UNKNOWN),
        ("/v1/chat/completions", answer(chat(usage={"completion_tokens": True})), 0, TokenSource.UNKNOWN),
        ("/v1/chat/completions", answer(chat(usage={"completion_tokens": 7.5})), 0, TokenSource.UNKNOWN),
        ("/v1/chat/completions", chunked([*STREAM, DONE]), 2, TokenSource.COUNTED),
        (
            "/v1/chat/completions",
            chunked([*STREAM, event({"choices": [], "usage": USAGE}), DONE]),
            7,
            TokenSource.REPORTED,
        ),
        ("/v1/chat/completions", chunked([*STREAM, delta(None, usage=None), DONE]), 2, TokenSource.COUNTED),
        ("/v1/chat/completions", chunked([*STREAM, delta("", timings={"predicted_n": 9})]), 9, TokenSource.REPORTED),
        (
            "/v1/chat/completions",
            chunked([event({"choices": [{"delta": {"tool_calls": [{"function": {"arguments": "{"}}]}}]})]),
            1,
            TokenSource.COUNTED,
        ),
        (
            "/v1/completions",
            answer(b'{"choices":[{"text":"x"}],"usage":{"completion_tokens":3}}'),
            3,
            TokenSource.REPORTED,
        ),
        ("/api/generate", answer(b'{"response":"x","usage":{"completion_tokens":4}}'), 4, TokenSource.REPORTED),
        ("/api/generate", chunked([b"data: Hel\n\n", b"data: lo\n\n", DONE]), 2, TokenSource.COUNTED),
        (
            "/v1/messages",
            answer(b'{"type":"message","model":"m","content":[{"text":"x"}],"usage":{"output_tokens":6}}'),
            6,
            TokenSource.COUNTED,
        ),
        ("/v1/models", answer(b'{"object":"list","data":[]}'), 0, None),
        ("/v1/chat/completions", answer(b"\x1f\x8b", more="Content-Encoding: gzip\r\n"), 0, TokenSource.UNKNOWN),
        ("/v1/models", answer(b"\x1f\x8b", more="Content-Encoding: gzip\r\n"), 0, None),
        ("/v1/chat/completions", answer(b"not JSON at all"), 0, None),
    ],
)
def test_tokens_are_the_server_s_own_or_counted_or_unknown(
    path: str, reply: bytes, tokens: int, source: TokenSource | None
) -> None:
    (seen,) = Seen().play(request(path), reply)
    assert (seen.tokens, seen.token_source, seen.failed, seen.route) == (tokens, source, False, path)


def test_ollama_s_lines_are_counted_by_its_own_figure() -> None:
    lines = [b'{"model":"m","message":{"content":"a"},"done":false}\n', b'{"model":"m","done":true,"eval_count":5}\n']
    (seen,) = Seen("").play(request("/api/chat"), chunked(lines, "application/x-ndjson"))
    assert (seen.route, seen.tokens, seen.token_source) == ("other", 5, TokenSource.REPORTED)


def test_anthropic_s_stream_ends_with_its_running_sum() -> None:
    events = [
        {"type": "message_start", "message": {"model": "m", "usage": {"output_tokens": 1}}},
        {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "a"}},
        {"type": "message_delta", "usage": {"output_tokens": 8}},
        {"type": "message_stop"},
    ]
    body = chunked([b"event: x\r\n" + event(value).replace(b"\n\n", b"\r\n\r\n") for value in events])
    (seen,) = Seen("").play(request("/v1/messages"), body)
    assert (seen.tokens, seen.token_source, seen.model) == (8, TokenSource.REPORTED, b"hash")


@pytest.mark.parametrize(
    ("reply", "failed"),
    [
        (answer(b"", status="404 Not Found"), True),
        (answer(b'{"error":{"message":"x"}}', status="500 Oops"), True),
        (chunked([delta("a"), event({"error": {"message": "x"}}), DONE]), True),
        (chunked([b"event: error\n" + event({"type": "error", "error": {"type": "overloaded_error"}})]), True),
        (chunked([b'{"error":"model gone"}\n'], "application/x-ndjson"), True),
        (answer(b"", status="302 Found"), False),
        (answer(chat(usage=USAGE)), False),
    ],
)
def test_a_failure_is_a_status_or_an_error_in_a_stream(reply: bytes, failed: bool) -> None:
    (seen,) = Seen().play(CHAT, reply)
    assert seen.failed is failed


@pytest.mark.parametrize(
    "path",
    ["/health", "/metrics", "/diag", "/docs", "/openapi.json", "/health?verbose=1"],
)
def test_health_checks_do_not_count(path: str) -> None:
    assert Seen().play(request(path, "GET"), answer(b"{}")) == []


def test_options_and_refused_callers_do_not_count() -> None:
    assert Seen().play(request("/v1/models", "OPTIONS"), answer(b"", status="204 No Content")) == []
    assert Seen().play(CHAT, answer(b"", status="401 Unauthorized")) == []
    assert Seen().play(CHAT, answer(b"", status="403 Forbidden")) == []


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/v1/models", "/v1/models"),
        ("/v1/models?x=/health", "/v1/models"),
        ("/api/models/my-private-model/load", "/api/models/:name/load"),
        ("/api/models/a/b/load", "other"),
        ("/api/models//load", "other"),
        ("/api/models/discover", "/api/models/discover"),
        ("/api/tools/ls/execute", "/api/tools/:name/execute"),
        ("http://somewhere:1/v1/models", "/v1/models"),
        ("/home/somebody/secret", "other"),
        ("/V1/models", "other"),
        ("*", "other"),
    ],
)
def test_a_path_is_a_template_or_other(path: str, route: str) -> None:
    (seen,) = Seen().play(request(path, "GET"), answer(b"{}"))
    assert seen.route == route


@pytest.mark.parametrize(
    ("agent", "word"),
    [
        ("OpenAI/Python 3.57.0", "openai-sdk"),
        ("AsyncOpenAI/Python 3.57.0", "openai-sdk"),
        ("langchainjs-openai/1.0", "langchain"),
        ("Anthropic/JS 0.60", "anthropic-sdk"),
        ("ollama-python/0.6.3 (x86_64 linux)", "ollama-client"),
        ("curl/8.5.0", "curl"),
        ("GitHubCopilotChat/0.1", "vscode"),
        ("Zed/0.200", "zed"),
        ("Continue-CLI/1.0", "continue"),
        ("python-requests/2.32", "api"),
        ("My Own Tool By Somebody", "api"),
    ],
)
def test_a_client_is_a_word_of_the_list(agent: str, word: str) -> None:
    (seen,) = Seen().play(request("/v1/models", "GET", agent), answer(b"{}"))
    assert seen.client == word


def test_the_model_s_name_is_handed_over_to_be_hashed_and_is_nowhere_else() -> None:
    seen = Seen()
    (exchange,) = seen.play(CHAT, answer(chat(usage=USAGE).replace(b'"m"', b'"secret-model"')))
    assert seen.hashed == [b"secret-model"]
    assert exchange.model == b"hash"
    assert "secret" not in repr(exchange)


def test_content_cannot_plant_counts() -> None:
    planted = '","usage":{"completion_tokens":999},"model":"planted'
    seen = Seen()
    exchanges = seen.play(CHAT, answer(chat(planted, usage=USAGE)))
    assert exchanges[0].tokens == 7
    assert seen.hashed == [b"m"]
    nested = json.dumps(
        {"model": "m", "done": True, "eval_count": 3, "message": {"content": "x", "usage": {"completion_tokens": 999}}}
    ).encode()
    (exchange,) = Seen("").play(request("/api/chat"), answer(nested))
    assert exchange.tokens == 3
    streamed = chunked([delta('x\n\ndata: {"choices":[],"usage":{"completion_tokens":999}}\n\n'), DONE])
    (exchange,) = Seen().play(CHAT, streamed)
    assert (exchange.tokens, exchange.token_source) == (1, TokenSource.COUNTED)


def test_pipelined_requests_and_their_answers_belong_together() -> None:
    first, second, third = request("/v1/models", "GET"), CHAT, request("/api/tags", "HEAD")
    head_only = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n"
    interim = b"HTTP/1.1 100 Continue\r\n\r\n"
    seen = Seen().play(first + second + third, answer(b"{}") + interim + answer(chat(usage=USAGE)) + head_only)
    assert [(each.route, each.tokens) for each in seen] == [
        ("/v1/models", 0),
        ("/v1/chat/completions", 7),
        ("/api/tags", 0),
    ]


def test_an_upload_is_passed_over_without_being_kept() -> None:
    seen = Seen()
    seen.tap.client_bytes(b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: 1073741824\r\n\r\n")
    piece = b"GET /v1/models HTTP/1.1\r\n\r\n" * 2_000
    for _ in range(200):
        seen.tap.client_bytes(piece)
    assert seen.tap._from_client._buffer == b""
    seen.tap.server_bytes(answer(b"", status="413 Payload Too Large"))
    assert [(each.route, each.failed) for each in seen.exchanges] == [("/v1/chat/completions", True)]


def test_an_answer_delimited_by_the_connection_s_end_is_read_whole() -> None:
    body = b"HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + b"".join(STREAM)
    (seen,) = Seen().play(CHAT, body)
    assert (seen.tokens, seen.failed) == (2, False)


def test_a_cut_answer_counts_as_it_stands_and_no_answer_at_all_is_the_server_s_failure() -> None:
    (cut,) = Seen().play(CHAT, chunked(STREAM)[:-40], by_server=False)
    assert (cut.tokens, cut.failed) == (2, False)
    (dropped,) = Seen().play(CHAT, b"", by_server=True)
    assert (dropped.failed, dropped.answered) == (True, None)
    (gone,) = Seen().play(CHAT, b"", by_server=False)
    assert gone.failed is False


def test_times_are_from_the_request_s_first_byte_to_the_answer_s_last() -> None:
    seen = Seen()
    seen.now = 1.0
    seen.tap.client_bytes(CHAT[:10])
    seen.now = 2.0
    seen.tap.client_bytes(CHAT[10:])
    seen.now = 3.0
    reply = answer(chat(usage=USAGE))
    seen.tap.server_bytes(reply[:30])
    seen.now = 3.5
    seen.tap.server_bytes(reply[30:-5])
    seen.now = 4.0
    seen.tap.server_bytes(reply[-5:])
    (exchange,) = seen.exchanges
    assert (exchange.started, exchange.answered, exchange.ended) == (1.0, 3.5, 4.0)


def frame(payload: bytes, opcode: int = 1, *, final: bool = True) -> bytes:
    first = (0x80 if final else 0) | opcode
    if len(payload) < 126:
        return bytes([first, len(payload)]) + payload
    if len(payload) < 65_536:
        return bytes([first, 126]) + len(payload).to_bytes(2, "big") + payload
    return bytes([first, 127]) + len(payload).to_bytes(8, "big") + payload


UPGRADE = b"GET /ws/generate HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"


def test_a_websocket_is_one_exchange_and_its_text_frames_are_pieces() -> None:
    seen = Seen()
    seen.tap.client_bytes(UPGRADE)
    frames = [
        frame(b"Hel"),
        frame(b"", 9),
        frame(b"lo ", final=False) + frame(b"you", 0),
        frame(b"x" * 70_000),
        frame(b"\x00" * 9, 2),
        frame(b'{"done":true}'),
    ]
    seen.tap.server_bytes(SWITCH + b"".join(frames))
    seen.tap.client_bytes(b"\x81\x85masked frames are skipped")
    seen.tap.closed(by_server=True)
    (exchange,) = seen.exchanges
    assert (exchange.route, exchange.tokens, exchange.token_source) == ("/ws/generate", 3, TokenSource.COUNTED)


LINES = [b'{"message":{"content":"a"},"done":false}\n{"done":true,"eval_count":2}']
UPLOAD = b"POST /v1/messages HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nT: v\r\n\r\n"
CASES = [
    (CHAT, answer(chat(usage=USAGE))),
    (CHAT, chunked([*STREAM, event({"choices": [], "usage": USAGE}), DONE])),
    (CHAT + request("/v1/models", "GET") + CHAT, answer(chat()) + answer(b"{}") + chunked(STREAM)),
    (UPGRADE, SWITCH + frame(b"a") + frame(b"b" * 300) + frame(b'{"done":true}')),
    (request("/api/chat"), chunked(LINES, "application/x-ndjson")),
    (UPLOAD, answer(b"{}")),
]


@given(st.sampled_from(CASES), st.lists(st.integers(0, 2_000), max_size=8), st.lists(st.integers(0, 2_000), max_size=8))
def test_any_cut_of_the_bytes_gives_the_same_exchanges(
    case: tuple[bytes, bytes], client_cuts: list[int], server_cuts: list[int]
) -> None:
    whole, cut = Seen(), Seen()
    whole.play(*case)
    for data, cuts, read in (
        (case[0], client_cuts, cut.tap.client_bytes),
        (case[1], server_cuts, cut.tap.server_bytes),
    ):
        places = sorted({0, len(data), *(place % (len(data) + 1) for place in cuts)})
        for begin, end in pairwise(places):
            read(data[begin:end])
    cut.tap.closed(by_server=True)
    assert cut.exchanges == whole.exchanges
    assert cut.exchanges


HOSTILE = [
    b"POST /v1/models HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"POST /v1/models HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
    b"POST /v1/models HTTP/1.1\r\nContent-Length: +5\r\n\r\n",
    b"POST /v1/models HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
    b"POST /v1/models HTTP/1.1\nHost: x\r\n\r\n",
    b"POST /v1/models HTTP/1.1\r\nX: a\r\n folded\r\n\r\n",
    b"POST /v1/models HTTP/1.1\r\nX: \0\r\n\r\n",
    b"POST /v1/models HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n",
    b"CONNECT somewhere:443 HTTP/1.1\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * HEAD_BYTES,
    b"GET / HTTP/1.1\r\nX: " + b"a" * HEAD_BYTES,
    request("/v1/models", "GET") * (PIPELINE_MAX + 1),
]


@pytest.mark.parametrize("data", HOSTILE)
def test_what_is_not_plainly_http_makes_it_blind_and_keeps_nothing(data: bytes) -> None:
    seen = Seen()
    seen.tap.client_bytes(data)
    assert seen.tap.blind
    seen.tap.client_bytes(CHAT)
    seen.tap.server_bytes(answer(chat(usage=USAGE)))
    seen.tap.closed(by_server=True)
    assert seen.exchanges == []


def test_an_answer_nobody_asked_for_makes_it_blind() -> None:
    seen = Seen()
    seen.tap.server_bytes(answer(b"{}"))
    assert seen.tap.blind


pieces = st.sampled_from(
    [CHAT, UPGRADE, SWITCH, answer(chat()), *HOSTILE[:8], b"\r\n", b"0\r\n\r\n", *STREAM]
) | st.binary(max_size=60)


@settings(max_examples=300)
@given(st.lists(st.tuples(st.booleans(), pieces), max_size=12))
def test_no_bytes_raise(moves: list[tuple[bool, bytes]]) -> None:
    seen = Seen()
    for from_client, data in moves:
        (seen.tap.client_bytes if from_client else seen.tap.server_bytes)(data)
    seen.tap.closed(by_server=False)
    assert seen.tap.blind


def test_endless_lines_and_events_keep_memory_flat() -> None:
    seen = Seen()
    seen.tap.client_bytes(CHAT)
    seen.tap.server_bytes(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: ")
    for _ in range(200):
        seen.tap.server_bytes(b"x" * 65_536)
    answer_body = seen.tap._answer
    assert answer_body is not None
    assert isinstance(answer_body.body, EventBody)
    assert len(answer_body.body._rest) <= 2**19
    seen.tap.server_bytes(b"\n\n" + delta("a"))
    seen.tap.closed(by_server=True)
    assert seen.exchanges[0].tokens == 1
