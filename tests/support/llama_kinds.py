"""Requests of many kinds to a llama.cpp server, and what each tells its client, read independently of the meter."""

import http.client
import json
import re
from collections.abc import Callable
from typing import Any, Final, NamedTuple

LENGTH: Final = 6
"""Tokens asked for: the server makes some twenty a second."""

LEFT_AFTER: Final = 60
"""Events after which a client leaves. The server goes on for a token or two until it notices."""

_TALK: Final = [{"role": "user", "content": "Write one line about tea."}]
_TEXT: Final = "Once upon a time"
_EMOJI: Final = "😀😃😄😁😆😅🤣😂🙂🙃"


class Told(NamedTuple):
    """What one request came to: its status, and the tokens that its client was told of."""

    status: int
    tokens: int


class Kind(NamedTuple):
    """One kind of request. `tokens` reads the figure from a finished answer; `left`: the client leaves before that."""

    name: str
    path: str
    body: dict[str, Any] | None = None
    tokens: Callable[[str], int] = lambda _: 0
    left: bool = False
    counts: bool = True

    def ask(self, port: int) -> Told:
        """Make the request on a connection of its own and read the answer as its client does."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=240)
        try:
            method, body = ("GET", None) if self.body is None else ("POST", json.dumps(self.body))
            connection.request(
                method, self.path, body, {"Content-Type": "application/json", "User-Agent": "curl/8.5.0"}
            )
            answer = connection.getresponse()
            if self.left:
                return Told(answer.status, sum(answer.readline().startswith(b"data: ") for _ in range(2 * LEFT_AFTER)))
            told = answer.read().decode()
            return Told(answer.status, self.tokens(told) if answer.status < 300 else 0)
        finally:
            connection.close()


def _last(key: str) -> Callable[[str], int]:
    def read(told: str) -> int:
        return int(re.findall(rf'"{key}":(\d+)', told)[-1])

    return read


def _each(pattern: str) -> Callable[[str], int]:
    def read(told: str) -> int:
        return sum(map(int, re.findall(pattern, told)))

    return read


def _both(_: str) -> int:
    """Return the tokens of two choices that go on to the end: the server's own figure is of one of them."""
    return 2 * LENGTH


def _chat(**more: object) -> dict[str, Any]:
    return {"messages": _TALK, "max_tokens": LENGTH, **more}


def _completion(prompt: object = _TEXT, **more: object) -> dict[str, Any]:
    return {"prompt": prompt, "n_predict": LENGTH, "max_tokens": LENGTH, **more}


_USAGE: Final = _last("completion_tokens")
_OUTPUT: Final = _last("output_tokens")
_PREDICTED: Final = _each(r'"stop":true,"model":"[^"]*","tokens_predicted":(\d+)')
_STREAM: Final = {"stream": True}

FINISHED: Final = (
    Kind("chat", "/v1/chat/completions", _chat(), _USAGE),
    Kind("chat, two choices", "/v1/chat/completions", _chat(n=2, ignore_eos=True), _both),
    Kind("chat, usage", "/v1/chat/completions", _chat(**_STREAM, stream_options={"include_usage": True}), _USAGE),
    Kind("chat, timings", "/v1/chat/completions", _chat(**_STREAM), _last("predicted_n")),
    Kind("chat, each timing", "/v1/chat/completions", _chat(**_STREAM, timings_per_token=True), _last("predicted_n")),
    Kind("text", "/v1/completions", _completion(), _USAGE),
    Kind("text, stream", "/v1/completions", _completion(**_STREAM), _USAGE),
    Kind("text, emoji", "/v1/completions", _completion(_EMOJI, **_STREAM), _USAGE),
    Kind("text, two prompts", "/v1/completions", _completion([_TEXT, _EMOJI], ignore_eos=True), _both),
    Kind(
        "text, two prompts, stream", "/v1/completions", _completion([_TEXT, _EMOJI], **_STREAM),
        _each(r'"completion_tokens":(\d+)'),
    ),
    Kind("own", "/completion", _completion(), _PREDICTED),
    Kind("own, stream", "/completion", _completion(**_STREAM), _PREDICTED),
    Kind("own, two prompts", "/completion", _completion([_TEXT, _EMOJI]), _PREDICTED),
    Kind("own, two prompts, stream", "/completion", _completion([_TEXT, _EMOJI], **_STREAM), _PREDICTED),
    Kind("responses", "/v1/responses", {"input": _TEXT, "max_output_tokens": LENGTH}, _OUTPUT),
    Kind("responses, stream", "/v1/responses", {"input": _TEXT, "max_output_tokens": LENGTH, **_STREAM}, _OUTPUT),
    Kind("messages", "/v1/messages", _chat(), _OUTPUT),
    Kind("messages, stream", "/v1/messages", _chat(**_STREAM), _OUTPUT),
    Kind("tokenize", "/tokenize", {"content": _TEXT}),
    Kind("template", "/apply-template", {"messages": _TALK}),
    Kind("count", "/v1/messages/count_tokens", {"messages": _TALK}),
    Kind("models", "/v1/models"),
    Kind("health", "/health", counts=False),
    Kind("embeddings", "/v1/embeddings", {"input": _TEXT}),
    Kind("no infill", "/infill", {"input_prefix": "a", "input_suffix": "b"}),
    Kind("bad", "/v1/chat/completions", {"messages": "x"}),
    Kind("too long", "/v1/chat/completions", {"messages": [{"role": "user", "content": "word " * 3_000}], **_STREAM}),
    Kind("no such path", "/v1/nothing", {}),
)  # fmt: skip

LEFT: Final = (
    Kind("chat", "/v1/chat/completions", {**_chat(**_STREAM, ignore_eos=True), "max_tokens": 400}, left=True),
    Kind(
        "text",
        "/v1/completions",
        {**_completion(**_STREAM, ignore_eos=True), "max_tokens": 400, "n_predict": 400},
        left=True,
    ),
    Kind(
        "own",
        "/completion",
        {**_completion(**_STREAM, ignore_eos=True), "n_predict": 400, "max_tokens": 400},
        left=True,
    ),
)
"""A count is wanted that can be checked: no stream of these ends before its client leaves."""
