"""Tokens are the server's own figure, or counted pieces, or unknown: the forms that real servers send."""

import pytest

from shimmy_metrics.limits import ANSWER_TOKENS, KEPT_BYTES
from shimmy_metrics.vocabulary import TokenSource
from support.wire import CHAT, DONE, STREAM, USAGE, Seen, answer, chat, chunked, compact, delta, event, request

REPORTED, COUNTED, ESTIMATED, UNKNOWN = (
    TokenSource.REPORTED,
    TokenSource.COUNTED,
    TokenSource.ESTIMATED,
    TokenSource.UNKNOWN,
)
CALL = {"choices": [{"delta": {"tool_calls": [{"index": 0, "function": {"arguments": '{"a"'}}]}}]}
MESSAGE = {"type": "message", "model": "m", "content": [{"type": "text", "text": "x"}], "usage": {"output_tokens": 6}}
TIMED = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "timings": {"predicted_n": 40}}
EMPTY = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}


@pytest.mark.parametrize(
    ("path", "told", "tokens", "source"),
    [
        ("/v1/chat/completions", answer(chat(usage=USAGE)), 7, REPORTED),
        ("/v1/chat/completions", answer(chat(usage=USAGE), "application/json; charset=utf-8"), 7, REPORTED),
        # The build without an engine says null; releases to 2.5 say 0/0/0 beside content: neither is zero.
        ("/v1/chat/completions", answer(chat(usage=None)), 0, UNKNOWN),
        ("/v1/chat/completions", answer(chat(usage=EMPTY)), 0, UNKNOWN),
        ("/v1/chat/completions", answer(chat("", usage=EMPTY)), 0, None),
        ("/v1/chat/completions", answer(chat()), 0, UNKNOWN),
        ("/v1/chat/completions", answer(compact({"choices": [{"message": {"tool_calls": [1]}}]})), 0, UNKNOWN),
        ("/v1/chat/completions", answer(compact({"choices": [{"message": {"reasoning_content": "x"}}]})), 0, UNKNOWN),
        ("/v1/chat/completions", chunked([*STREAM, DONE]), 2, COUNTED),
        ("/v1/chat/completions", chunked([*STREAM, event({"choices": [], "usage": USAGE}), DONE]), 7, REPORTED),
        ("/v1/chat/completions", chunked([*STREAM, event({"choices": [], "usage": None}), DONE]), 2, COUNTED),
        ("/v1/chat/completions", chunked([*STREAM, event({"choices": [], "usage": EMPTY}), DONE]), 2, COUNTED),
        # llama.cpp without include_usage: its timings on the last chunk. An emoji's tokens are more than its events.
        ("/v1/chat/completions", chunked([*STREAM, event(TIMED), DONE]), 40, REPORTED),
        ("/v1/chat/completions", chunked([event(CALL), event(CALL), DONE]), 2, COUNTED),
        ("/v1/chat/completions", chunked([event({"choices": [{"delta": {"reasoning_content": "x"}}]})]), 1, COUNTED),
        ("/v1/completions", answer(compact({"choices": [{"text": "x"}], "usage": USAGE})), 7, REPORTED),
        ("/v1/completions", chunked([event({"choices": [{"text": "x"}], "usage": USAGE}), DONE]), 7, REPORTED),
        ("/api/generate", answer(compact({"response": "x", "usage": USAGE, "finish_reason": "stop"})), 7, REPORTED),
        ("/api/generate", answer(compact({"response": "x", "usage": None, "finish_reason": None})), 0, UNKNOWN),
        ("/api/generate", chunked([b"data: Hel\n\n", b"data: lo\n\n", DONE]), 2, COUNTED),
        # A piece with line breaks is one event of several data lines; a comment keeps the connection alive.
        ("/api/generate", chunked([b"data: \ndata: \n\n", b":\n\n", b"data:  \n\n", b"data: \n\n", DONE]), 3, COUNTED),
        ("/api/generate", chunked([b"data: a\n\n", b"data: [DO"]), 1, COUNTED),
        # Shimmy's usage here is bytes by four, and it ignores `stream`.
        ("/v1/messages", answer(compact(MESSAGE)), 6, ESTIMATED),
        ("/v1/models", answer(compact({"object": "list", "data": []})), 0, None),
        ("/v1/embeddings", answer(compact({"model": "m", "data": [], "usage": {"prompt_tokens": 3}})), 0, None),
        ("/v1/chat/completions", answer(b"\x1f\x8b", more="Content-Encoding: gzip\r\n"), 0, UNKNOWN),
        ("/v1/chat/completions", answer(b"", more="Content-Encoding: gzip\r\n"), 0, None),
        ("/v1/models", answer(b"\x1f\x8b", more="Content-Encoding: gzip\r\n"), 0, None),
        ("/v1/chat/completions", answer(chat(usage=USAGE), more="Content-Encoding: identity\r\n"), 7, REPORTED),
        ("/v1/chat/completions", answer(chat("x" * KEPT_BYTES, usage=USAGE)), 7, REPORTED),
        ("/v1/embeddings", answer(b"[" + b"0," * KEPT_BYTES + b"0]"), 0, None),
        ("/v1/chat/completions", answer(b"<html>", "text/html"), 0, UNKNOWN),
        ("/v1/chat/completions", answer(b'{"response":"a","done":true,"eval_count":5}\n', "text/plain"), 5, REPORTED),
        ("/v1/chat/completions", answer(b"{ cut"), 0, UNKNOWN),
        ("/v1/chat/completions", answer(b"[7]"), 0, UNKNOWN),
        ("/v1/chat/completions", answer(b""), 0, None),
        ("/v1/chat/completions", answer(chat(usage=USAGE), "application/json ; charset=utf-8"), 7, REPORTED),
        ("/v1/chat/completions", answer(chat(usage=USAGE), "application/jsonx"), 0, UNKNOWN),
        ("/v1/chat/completions", answer(chat(usage=USAGE), "application/json\x0b"), 0, UNKNOWN),
        ("/v1/chat/completions", answer(chat(usage=USAGE).ljust(2 * KEPT_BYTES)), 7, REPORTED),
    ],
)
def test_shimmy_s_tokens_are_reported_counted_or_unknown(
    path: str, told: bytes, tokens: int, source: TokenSource | None
) -> None:
    (seen,) = Seen().play(request(path), told)
    route = path if path != "/v1/embeddings" else "other"
    assert (seen.tokens, seen.token_source, seen.failed, seen.route) == (tokens, source, False, route)


@pytest.mark.parametrize("path", ["/api/generate", "/v1/chat/completions", "/v1/completions", "/v1/messages"])
def test_a_compressed_answer_where_text_is_generated_is_of_unknown_length(path: str) -> None:
    (seen,) = Seen().play(request(path), answer(b"\x1f\x8b", more="Content-Encoding: gzip\r\n"))
    assert (seen.tokens, seen.token_source) == (0, UNKNOWN)


def test_another_server_s_messages_are_its_own_count() -> None:
    (seen,) = Seen("").play(request("/v1/messages"), answer(compact(MESSAGE)))
    assert (seen.tokens, seen.token_source) == (6, REPORTED)


@pytest.mark.parametrize("figure", [-7, 7.5, "7", True, None, [7], 2**70, ANSWER_TOKENS + 1])
def test_what_is_no_count_is_not_usage(figure: object) -> None:
    (seen,) = Seen().play(CHAT, answer(chat(usage={"completion_tokens": figure})))
    assert (seen.tokens, seen.token_source) == (0, UNKNOWN)
    (seen,) = Seen().play(CHAT, chunked([*STREAM, event({"choices": [], "usage": {"completion_tokens": figure}})]))
    assert (seen.tokens, seen.token_source) == (2, COUNTED)


LINES = [
    {"model": "m", "created_at": "1", "message": {"role": "assistant", "content": "a"}, "done": False},
    {"model": "m", "created_at": "2", "message": {"role": "assistant", "content": "b"}, "done": False},
    {"model": "m", "created_at": "3", "message": {"role": "assistant", "content": ""}, "done": True, "eval_count": 5},
]


@pytest.mark.parametrize("kind", ["application/x-ndjson", "application/jsonl", "application/json-lines"])
def test_ollama_s_lines_end_with_its_own_figure(kind: str) -> None:
    lines = [compact(line) + b"\n" for line in LINES]
    (seen,) = Seen("").play(request("/api/chat"), chunked(lines, kind))
    assert (seen.route, seen.tokens, seen.token_source) == ("other", 5, REPORTED)


def test_ollama_s_answers_that_are_cut_or_whole() -> None:
    lines = [compact(line) + b"\n" for line in LINES]
    (cut,) = Seen("").play(request("/api/chat"), chunked(lines[:2], "application/x-ndjson"))
    assert (cut.tokens, cut.token_source) == (2, COUNTED)
    whole = compact({"model": "m", "response": "ab", "done": True, "prompt_eval_count": 99, "eval_count": 2})
    (seen,) = Seen("").play(request("/api/generate"), answer(whole))
    assert (seen.route, seen.tokens, seen.token_source) == ("/api/generate", 2, REPORTED)


def test_ollama_that_only_loads_a_model_generates_nothing() -> None:
    loaded = compact({"model": "m", "response": "", "done": True, "done_reason": "load"})
    (seen,) = Seen("").play(request("/api/generate"), answer(loaded))
    assert (seen.tokens, seen.token_source) == (0, None)


@pytest.mark.parametrize("line_break", [b"\n", b"\r\n"])
def test_anthropic_s_stream_ends_with_its_running_sum(line_break: bytes) -> None:
    events: list[dict[str, object]] = [
        {"type": "message_start", "message": {"model": "m", "content": [], "usage": {"output_tokens": 1}}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "ping"},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "a"}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "b"}},
        {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": "{"}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 8}},
        {"type": "message_stop"},
    ]
    blocks = [b"event: %s\n%s" % (str(value["type"]).encode(), event(value)) for value in events]
    body = [block.replace(b"\n", line_break) for block in blocks]
    seen = Seen("")
    (told,) = seen.play(request("/v1/messages"), chunked(body))
    assert (told.tokens, told.token_source, seen.hashed) == (8, REPORTED, [b"m"])
    (cut,) = Seen("").play(request("/v1/messages"), chunked(body[:6]))
    assert (cut.tokens, cut.token_source) == (3, COUNTED)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/v1/chat/completions", answer(b"", status="404 Not Found")),
        ("/v1/chat/completions", answer(b'{"error":{"message":"x"}}', status="500 Oops")),
        ("/v1/chat/completions", chunked([delta("a"), event({"error": {"message": "x"}}), DONE])),
        (
            "/v1/messages",
            chunked([b"event: error\n" + event({"type": "error", "error": {"type": "overloaded_error"}})]),
        ),
        ("/v1/messages", chunked([b"event: error\ndata: something broke\n\n"])),
        ("/v1/messages", chunked([b"event:error\r\ndata:{}\r\n\r\n"])),
        ("/api/chat", chunked([b'{"error":"model gone"}\n'], "application/x-ndjson")),
        ("/api/generate", chunked([b"data: a\n\n", b"data: [ERROR] out of context\n\n", DONE])),
    ],
)
def test_a_failure_is_a_status_or_an_error_in_a_stream(path: str, told: bytes) -> None:
    (seen,) = Seen().play(request(path), told)
    assert seen.failed


@pytest.mark.parametrize("told", [answer(b"", status="302 Found"), answer(chat()), chunked([delta("a", error=None)])])
def test_what_is_no_failure_is_not_one(told: bytes) -> None:
    (seen,) = Seen().play(CHAT, told)
    assert not seen.failed


def test_what_was_generated_before_an_error_counts() -> None:
    (seen,) = Seen().play(CHAT, chunked([*STREAM, event({"error": {"message": "x"}}), DONE]))
    assert (seen.failed, seen.tokens, seen.token_source) == (True, 2, COUNTED)


def test_the_names_in_an_error_are_not_read() -> None:
    seen = Seen()
    seen.play(CHAT, answer(compact({"model": "secret", "error": {"message": "not among: secret"}}), status="404 No"))
    assert seen.hashed == []
    assert seen.exchanges[0].model is None


def test_a_model_s_name_is_handed_over_to_be_hashed_and_is_nowhere_else() -> None:
    seen = Seen()
    (exchange,) = seen.play(CHAT, answer(chat(usage=USAGE).replace(b'"m"', '"secret-modèle"'.encode())))
    assert seen.hashed == ["secret-modèle".encode()]
    assert exchange.model == b"8 bytes."
    assert "secret" not in repr(exchange)


@pytest.mark.parametrize(
    ("method", "path", "place"),
    [
        ("POST", "/v1/responses", "/v1/responses"),
        ("POST", "/completion?x", "/completion"),
        ("POST", "/v1/messages", "/v1/messages"),
        ("POST", "/api/tools/secret/execute", "/api/tools/:name/execute"),
        ("POST", "/v1/models/secret:generateContent", "other"),
        ("POST", "/slots/first", "other"),
        ("POST", "http://h/generate", "/generate"),
        ("GET", "/v1/responses/resp_1", None),
        ("PUT", "/v1/files", None),
        ("DELETE", "/api/delete", None),
        *(
            ("POST", path, None)
            for path in [
                "/v1/embeddings", "/embedding", "/api/embed", "/v1/rerank", "/reranking", "/score", "/classify",
                "/tokenize", "/detokenize", "/v1/messages/count_tokens", "/v1/moderations", "/v1/models", "/api/tags",
                "/api/show", "/api/ps", "/api/pull", "/api/models/secret/load", "/api/models/secret/unload",
                "/api/models/discover", "/api/v1/models/load/", "/slots/7?action=save", "/props", "/apply-template",
            ]
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "told",
    [
        answer(b'{"text_of_another_form":"a"}'),
        answer(b"\x1f\x8b", more="Content-Encoding: gzip\r\n"),
        answer(b"sound", "audio/mpeg"),
        chunked([b"data: a form of its own\n\n"]),
        chunked([b'{"x":1}\n'], "application/x-ndjson"),
    ],
)
def test_what_cannot_be_read_is_of_unknown_amount_but_where_nothing_is_generated(
    method: str, path: str, place: str | None, told: bytes
) -> None:
    (seen,) = Seen("").play(request(path, method), told)
    assert (seen.tokens, seen.token_source, seen.unread) == (0, UNKNOWN if place else None, place)


def test_what_is_fetched_again_is_not_generated_again() -> None:
    told = compact({"object": "response", "model": "m", "output": [1], "usage": {"output_tokens": 5}})
    (seen,) = Seen("").play(request("/v1/responses/resp_1", "GET"), answer(told))
    assert (seen.tokens, seen.token_source) == (0, None)


def test_a_client_that_leaves_before_the_answer_leaves_the_amount_unknown() -> None:
    (seen,) = Seen("").play(CHAT, b"", by_server=False)
    assert (seen.failed, seen.token_source, seen.unread) == (False, UNKNOWN, "/v1/chat/completions")
    (seen,) = Seen("").play(CHAT, b"", by_server=True)
    assert (seen.failed, seen.token_source, seen.unread) == (True, None, None)
    (seen,) = Seen("").play(CHAT[:-1], b"", by_server=False)
    assert seen.token_source is None, "the request itself was cut short"
    (seen,) = Seen("").play(request("/v1/embeddings"), b"", by_server=False)
    assert seen.token_source is None
