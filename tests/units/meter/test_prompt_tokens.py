"""The prompt's tokens are the server's own figure, wherever its API has it, and 0 where it tells none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shimmy_metrics.limits import ANSWER_TOKENS
from shimmy_metrics.meter.usage import _FIGURES_MAX, Usage
from support.wire import CHAT, DONE, STREAM, SWITCH, UPGRADE, USAGE, Seen, answer, chat, chunked, compact, event, frame
from support.wire import request as asked

LINES = "application/x-ndjson"
CLAUDE = {"input_tokens": 4, "cache_creation_input_tokens": 2, "cache_read_input_tokens": 3, "output_tokens": 1}
RESPONSE = {"object": "response", "output": [{"type": "message"}], "usage": {"input_tokens": 9, "output_tokens": 7}}
STUDIO = {"output": [{"type": "message"}], "stats": {"input_tokens": 9, "total_output_tokens": 7}}
HEARD = {"text": "a", "usage": {"type": "tokens", "input_tokens": 9, "output_tokens": 7}}
OWN = {"content": "a", "stop": True, "tokens_predicted": 7, "tokens_evaluated": 9}
TIMINGS = {"prompt_n": 2, "cache_n": 7, "predicted_n": 7}
LAST = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "timings": TIMINGS}
TOKEN = {"token": {"id": 7, "text": "a"}, "generated_text": None, "details": None}


@pytest.mark.parametrize(
    ("path", "told", "expected"),
    [
        ("/v1/chat/completions", answer(chat(usage=USAGE)), 5),
        ("/v1/chat/completions", answer(chat("x" * 100_000, usage=USAGE)), 5),
        ("/v1/chat/completions", chunked([*STREAM, event({"choices": [], "usage": USAGE}), DONE]), 5),
        ("/v1/completions", answer(compact({"choices": [{"text": "a"}], "usage": USAGE})), 5),
        # vLLM's running usage repeats the prompt's figure with every event.
        ("/v1/chat/completions", chunked([event({"choices": [{"delta": {"content": "a"}}], "usage": USAGE})] * 3), 5),
        # llama.cpp tells what it read anew and what its cache had.
        ("/v1/chat/completions", chunked([*STREAM, event(LAST), DONE]), 9),
        ("/completion", answer(compact(OWN)), 9),
        ("/completion", chunked([event({**OWN, "stop": False, "tokens_predicted": 1}), event(OWN)]), 9),
        ("/completion", answer(compact([OWN, {**OWN, "index": 1, "tokens_evaluated": 4}])), 13),
        ("/api/generate", answer(compact({"response": "a", "usage": USAGE, "finish_reason": "stop"})), 5),
        ("/v1/messages", answer(compact({"type": "message", "content": ["a"], "usage": CLAUDE})), 9),
        (
            "/v1/messages",
            chunked(
                [
                    event({"type": "message_start", "message": {"usage": CLAUDE}}),
                    event({"type": "message_delta", "usage": {"output_tokens": 7}}),
                ]
            ),
            9,
        ),
        ("/v1/messages", chunked([event({"type": "message_delta", "usage": {**CLAUDE, "input_tokens": 1}})]), 6),
        ("/api/chat", answer(compact({"message": {"content": "a"}, "done": True, "prompt_eval_count": 9})), 9),
        ("/api/chat", chunked([b'{"done":false}\n', b'{"done":true,"prompt_eval_count":9}\n'], LINES), 9),
        ("/v1/responses", answer(compact(RESPONSE)), 9),
        ("/v1/responses", chunked([event({"type": "response.completed", "response": RESPONSE})]), 9),
        ("/api/v1/chat", answer(compact(STUDIO)), 9),
        ("/api/v1/chat", chunked([event({"type": "chat.end", "result": STUDIO})]), 9),
        ("/generate_stream", chunked([event({**TOKEN, "details": {"generated_tokens": 1, "input_length": 9}})]), 9),
        ("/v1/audio/transcriptions", answer(compact(HEARD)), 9),
        # Nothing is generated, but the prompts are read.
        ("/v1/embeddings", answer(compact({"object": "list", "data": [{"embedding": [0.5] * 9}], "usage": USAGE})), 5),
        ("/api/embed", answer(compact({"embeddings": [[0.5] * 9], "prompt_eval_count": 9})), 9),
    ],
)
def test_each_api_s_figure_is_read(path: str, told: bytes, expected: int) -> None:
    (seen,) = Seen("").play(asked(path), told)
    assert seen.tokens_in == expected


@pytest.mark.parametrize(
    "told",
    [
        answer(chat()),
        answer(chat(usage=None)),
        answer(chat(usage={"completion_tokens": 7})),
        chunked([*STREAM, DONE]),
        answer(compact({"response": "a", "done": True, "eval_count": 7})),
        answer(compact({"generated_text": "a", "details": {"generated_tokens": 7}})),
        answer(compact({"error": "no such model", "usage": USAGE}), status="500 Internal Server Error"),
        answer(b"{ cut"),
    ],
)
def test_where_none_is_told_it_is_zero(told: bytes) -> None:
    (seen,) = Seen("").play(CHAT, told)
    assert seen.tokens_in == 0


@pytest.mark.parametrize(
    ("method", "path", "told"),
    [
        ("GET", "/v1/responses/r1", RESPONSE),
        ("GET", "/v1/chat/completions/c1", {"choices": [{"message": {"content": "a"}}], "usage": USAGE}),
        ("POST", "/v1/messages/count_tokens", {"input_tokens": 9}),
        ("POST", "/v1/embeddings", {"data": {}, "usage": USAGE}),
        ("POST", "/api/embed", {"embeddings": 7, "prompt_eval_count": 9}),
    ],
)
def test_another_answer_s_figure_is_not_counted_again(method: str, path: str, told: object) -> None:
    (seen,) = Seen("").play(asked(path, method), answer(compact(told)))
    assert seen.tokens_in == 0


def test_a_websocket_tells_none() -> None:
    (seen,) = Seen().play(UPGRADE, SWITCH + frame(b"a") + frame(b'{"done":true}'))
    assert (seen.tokens, seen.tokens_in) == (1, 0)


@pytest.mark.parametrize("figure", [-7, 7.5, "7", True, None, [7], 2**70, ANSWER_TOKENS + 1])
def test_what_is_no_count_is_no_figure(figure: object) -> None:
    (seen,) = Seen().play(CHAT, answer(chat(usage={**USAGE, "prompt_tokens": figure})))
    assert (seen.tokens, seen.tokens_in) == (7, 0)


@given(st.lists(st.tuples(st.integers(-5, 2 * ANSWER_TOKENS), st.integers(0, 200))))
def test_the_greatest_figure_of_each_prompt_counts_in_bounded_memory(told: list[tuple[int, int]]) -> None:
    usage, greatest = Usage(), dict[int, int]()
    for figure, prompt in told:
        usage.report_prompt(figure, prompt=prompt)
        if 0 < figure <= ANSWER_TOKENS and (prompt in greatest or len(greatest) < 64):
            greatest[prompt] = max(figure, greatest.get(prompt, 0))
    assert usage.prompt_tokens == sum(greatest.values())


def test_a_prompt_without_a_number_is_the_first_one() -> None:
    usage = Usage()
    usage.report_prompt(5)
    usage.report_prompt(7, prompt=0)
    assert usage.prompt_tokens == 7


def test_beyond_the_most_prompts_that_are_kept_only_those_already_known_change() -> None:
    usage = Usage()
    for prompt in range(_FIGURES_MAX + 1):
        usage.report_prompt(1, prompt=prompt)
    assert usage.prompt_tokens == _FIGURES_MAX
    usage.report_prompt(5, prompt=0)
    assert usage.prompt_tokens == _FIGURES_MAX - 1 + 5


def test_a_prompt_of_no_tokens_takes_no_other_one_s_place() -> None:
    usage = Usage()
    for prompt in range(_FIGURES_MAX):
        usage.report_prompt(0, prompt=prompt)
    usage.report_prompt(5, prompt=_FIGURES_MAX)
    assert usage.prompt_tokens == 5
