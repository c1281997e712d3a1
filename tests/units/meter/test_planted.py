"""Nothing that a client can make a model say changes a count."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shimmy_metrics.meter.bodies import JsonBody
from shimmy_metrics.meter.dialects.registry import read
from shimmy_metrics.meter.usage import Usage
from shimmy_metrics.vocabulary import TokenSource
from support.wire import (
    CHAT,
    DONE,
    STREAM,
    SWITCH,
    UPGRADE,
    USAGE,
    Seen,
    answer,
    chat,
    chunked,
    compact,
    delta,
    event,
    frame,
    request,
)

PLANTED = [
    '","usage":{"completion_tokens":999},"model":"planted","x":"',
    '"usage":{"completion_tokens":999}',
    '\\","usage":{"completion_tokens":999}}',
    '{"choices":[],"model":"planted","usage":{"completion_tokens":999}}',
    '\n\ndata: {"choices":[],"usage":{"completion_tokens":999}}\n\n',
    '"}}]}\n\ndata: {"error":{}}\n\ndata: [DONE]\n\n',
    "event: error",
    '{"error":{"message":"x"}}',
    "[DONE]",
]


@pytest.mark.parametrize("long", ["", "x" * 5_000])
@pytest.mark.parametrize("planted", PLANTED)
def test_a_text_in_an_answer_is_only_text(planted: str, long: str) -> None:
    seen = Seen()
    (exchange,) = seen.play(CHAT, answer(chat(planted + long, usage=USAGE)))
    assert (exchange.tokens, exchange.failed, seen.hashed) == (7, False, [b"m"])
    (exchange,) = Seen().play(CHAT, answer(chat(long + planted)))
    assert (exchange.tokens, exchange.token_source) == (0, TokenSource.UNKNOWN)


@pytest.mark.parametrize("planted", PLANTED)
def test_a_text_in_a_stream_is_one_piece(planted: str) -> None:
    seen = Seen()
    (exchange,) = seen.play(CHAT, chunked([*STREAM, delta(planted), *STREAM, DONE]))
    assert (exchange.tokens, exchange.token_source, exchange.failed) == (5, TokenSource.COUNTED, False)
    assert seen.hashed == [b"m"]


@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("spread", ["", "x" * 5_000])
def test_a_tool_s_arguments_are_no_usage(depth: int, spread: str) -> None:
    arguments: object = {"usage": {"completion_tokens": 999}, "eval_count": 999, "model": "planted", "done": True}
    for _ in range(depth):
        arguments = {"choices": [{"x": spread}], "arguments": arguments, 'a"usage': {"completion_tokens": 999}}
    message = {"content": "x", "tool_calls": [{"function": {"arguments": arguments}}]}
    seen = Seen("")
    told: dict[str, object] = {"model": "m", "message": message, "done": True, "eval_count": 3}
    (exchange,) = seen.play(request("/api/chat"), answer(compact(told)))
    assert (exchange.tokens, seen.hashed) == (3, [b"m"])
    choices = [{"message": message}]
    answers: list[dict[str, object]] = [
        {"model": "m", "choices": choices},
        {"choices": choices, "model": "m", "usage": None},
        {"usage": None, "choices": choices, "model": "m"},
    ]
    for told in answers:
        seen = Seen("")
        (exchange,) = seen.play(CHAT, answer(compact(told)))
        assert (exchange.token_source, seen.hashed) == (TokenSource.UNKNOWN, [b"m"])


keys = st.sampled_from(
    ["usage", "choices", "model", "message", "content", "completion_tokens", 'a"usage', 'x\\"choices']
)
values = st.recursive(
    st.sampled_from([None, 0, 7, 999, "m", "n", "", "x" * 5_000, '"usage":{"completion_tokens":5}']),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)


PLAIN = (",", ":")
SAID = {"choices": [{"message": {"content": "x"}}]}
FALSE = {"completion_tokens": 999}


@example({**SAID, "model": "m", 'a"usage': FALSE}, PLAIN)
@example({"model": "m", **SAID, 'a"usage': FALSE}, PLAIN)
@example({**SAID, "model": "m", "x": {"model": "n"}, "usage": USAGE}, PLAIN)
@example({**SAID, "usage": USAGE}, PLAIN)
@example({**SAID, "model": "m", "x": {"usage": FALSE}}, PLAIN)
@example({"x": {**SAID, "model": "m"}, "model": "n", "y": {"usage": FALSE}}, PLAIN)
@example({"x": {**SAID, "model": "m", "usage": FALSE}}, PLAIN)
@example({**SAID, "usage": USAGE, "model": "m"}, PLAIN)
@example({**SAID, "model": "m", "usage": USAGE}, PLAIN)
@example({"model": "m", 'x"choices': [1], **SAID, "usage": {**USAGE, "completion_tokens": 0}}, PLAIN)
@given(st.dictionaries(keys, values, max_size=5), st.sampled_from([(",", ":"), (", ", ": ")]))
def test_the_ends_of_a_long_answer_tell_what_the_whole_tells(told: dict[str, object], spaces: tuple[str, str]) -> None:
    body = json.dumps(told, separators=spaces).encode() + b" " * 5_000
    by_ends, whole = Usage(), Usage()
    JsonBody(by_ends).finish(body)
    read(told, whole, stream=False)
    assert (by_ends.result(), by_ends.model) == (whole.result(), whole.model)


def test_a_piece_of_a_websocket_is_only_text() -> None:
    pieces = [b'{"usage":{"completion_tokens":999}}', b'{"done":true} and more', b'{"done"', b'say {"error":"x"}']
    (exchange,) = Seen().play(UPGRADE, SWITCH + b"".join(map(frame, pieces)) + frame(b'{"done":true}'))
    assert (exchange.tokens, exchange.failed) == (4, False)


def test_bare_text_is_only_text() -> None:
    pieces = [event({"usage": {"completion_tokens": 999}}), b"data: the [ERROR] of it\n\n", b'data: "error":\n\n', DONE]
    (exchange,) = Seen().play(request("/api/generate"), chunked(pieces))
    assert (exchange.tokens, exchange.failed) == (3, False)
