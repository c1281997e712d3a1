"""What servers answer in each API, in the documented formats, in words of our own."""

from typing import Final

from support.answered import (
    Answered,
    Block,
    Piece,
    Said,
    a_token_each,
    chunk,
    json_line,
    named,
    openai_usage,
    running,
    streamed,
)
from support.wire import DONE, compact, event

OPENAI_ERROR: Final = {"error": {"message": "x", "type": "server_error", "code": 500}}


def recorded(pieces: tuple[Piece, ...]) -> tuple[Answered, ...]:
    """Return an answer in each API that says `pieces`."""
    text, total = "".join(said for said, _ in pieces), sum(cost for _, cost in pieces)
    return (*_openai(pieces, text, total), *_llama_cpp(pieces, text, total), *_others(pieces, text, total))


def _openai(pieces: tuple[Piece, ...], text: str, total: int) -> tuple[Answered, ...]:
    said = [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}]
    whole = {"id": "c1", "object": "chat.completion", "model": "m", "choices": said}
    with_usage, role = compact({**whole, "usage": openai_usage(total)}), chunk({"role": "assistant", "content": ""})
    last = {**chunk({}), "choices": [], "usage": openai_usage(total)}
    failed = compact(OPENAI_ERROR), event(OPENAI_ERROR)
    chat, finish = "/v1/chat/completions", chunk({}, "stop")

    def plain(text: str, _: int) -> Said:
        return chunk({"content": text})

    def so_far(text: str, tokens: int) -> Said:
        return chunk({"content": text}, usage=openai_usage(tokens))

    def completion(text: str, _: int) -> Said:
        return {"id": "c1", "model": "m", "choices": [{"index": 0, "text": text, "finish_reason": None}]}

    text_choice = {"index": 0, "text": text, "finish_reason": "stop"}
    texts = {"id": "c1", "model": "m", "choices": [text_choice], "usage": openai_usage(total)}
    old_error = {"object": "error", "message": "x", "type": "BadRequestError", "code": 400}
    gateway = {"choices": [{"index": 0, "error": {"code": 502}, "message": {"role": "assistant", "content": ""}}]}
    return (
        Answered(
            "OpenAI chat, usage at the end", "", chat, True, total, with_usage,
            streamed(pieces, plain, before=[role], after=[finish, last], end=DONE), *failed,
        ),
        Answered(
            "vLLM chat, running usage", "", chat, True, total, with_usage,
            streamed(pieces, so_far, before=[role], after=[finish, last], end=DONE), compact(old_error),
            event(old_error),
        ),
        Answered(
            "OpenAI chat, null usage between", "", chat, True, total, with_usage,
            streamed(
                pieces, lambda text, _: chunk({"content": text}, usage=None), before=[{**role, "usage": None}],
                after=[finish, last], end=DONE,
            ), compact(gateway), event({"choices": [{"index": 0, "finish_reason": "error", "delta": {"content": ""}}]}),
        ),
        Answered(
            "OpenAI chat without usage", "", chat, False, total, compact({**whole, "usage": None}),
            streamed(pieces, plain, before=[role], after=[finish], end=DONE), *failed,
        ),
        Answered(
            "OpenAI text completions", "", "/v1/completions", True, total, compact(texts),
            streamed(pieces, completion, after=[{**texts, "choices": []}], end=DONE), *failed,
        ),
        Answered(
            "Shimmy chat", "shimmy", chat, True, total, with_usage,
            streamed(
                a_token_each(pieces), lambda text, _: chunk({"role": None, "content": text}),
                before=[chunk({"role": "assistant", "content": None})],
                after=[chunk({"role": None, "content": None}, "stop"), last], end=DONE,
            ), *failed,
        ),
        Answered(
            "Shimmy chat without usage", "shimmy", chat, False, total, compact({**whole, "usage": None}),
            streamed(
                a_token_each(pieces), lambda text, _: chunk({"role": None, "content": text}),
                after=[chunk({"role": None, "content": None}, "stop")], end=DONE,
            ), *failed,
        ),
        Answered(
            "Shimmy generate", "shimmy", "/api/generate", True, total,
            compact({"response": text, "usage": openai_usage(total), "finish_reason": "stop"}), (),
            compact({"error": "no such model"}), b"",
        ),
        Answered(
            "Shimmy generate, a stream", "shimmy", "/api/generate", False, total,
            compact({"response": text, "usage": None, "finish_reason": None}),
            streamed(
                a_token_each(pieces), lambda text, _: {"text": text.replace("\n", " ")},
                wrap=lambda told: b"data: %s\n\n" % str(told["text"]).encode(), end=DONE,
            ), compact({"error": "no such model"}), b"data: [ERROR] out of context\n\n",
        ),
        Answered(
            "Shimmy messages", "shimmy", "/v1/messages", False, total,
            compact({"type": "message", "model": "m", "content": [{"type": "text", "text": text}],
                     "usage": {"output_tokens": len(text.encode()) // 4}}), (),
            compact({"type": "error", "error": {"type": "api_error"}}), b"",
        ),
    )  # fmt: skip


def _llama_cpp(pieces: tuple[Piece, ...], text: str, total: int) -> tuple[Answered, ...]:
    timings = {"prompt_n": 9, "predicted_n": total}

    def own(text: str, tokens: int) -> Said:
        return {"index": 0, "content": text, "tokens": [1], "stop": False, "tokens_predicted": tokens}

    def both(text: str) -> Said:
        return {"model": "m", "choices": [{"index": index, "delta": {"content": text}} for index in (0, 1)]}

    figures = {"usage": openai_usage(total), "timings": timings}
    last = {**own("", total), "tokens": [], "stop": True, "model": "m", "timings": timings}
    said = [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}]
    whole = compact({"choices": said, "model": "m", **figures})
    failed = compact(OPENAI_ERROR), event(OPENAI_ERROR)
    return (
        Answered(
            "llama.cpp chat, timings at the end", "", "/v1/chat/completions", True, total, whole,
            streamed(
                pieces, lambda text, _: chunk({"content": text}),
                before=[chunk({"role": "assistant", "content": None})], after=[chunk({}, "stop", timings=timings)],
                end=DONE, empties=False,
            ), *failed,
        ),
        *(
            Answered(
                f"llama.cpp {path}", "", path, True, total, compact({**last, "content": text}),
                streamed(pieces, own, after=[last]), *failed,
            )
            for path in ("/completion", "/infill")
        ),
        Answered(
            "llama.cpp /completion, two prompts", "", "/completion", True, 2 * total,
            compact([{**last, "content": text}, {**last, "index": 1, "content": text}]),
            (
                Block(b"data: null\n\n", 0),
                *streamed(pieces, own, after=[last]),
                *(Block(event({**own(text, tokens), "index": 1}), total + tokens) for text, tokens in running(pieces)),
                Block(event({**last, "index": 1}), 2 * total),
            ), *failed,
        ),
        Answered(
            "llama.cpp chat, two choices", "", "/v1/chat/completions", False, 2 * total,
            compact({"choices": [*said, {**said[0], "index": 1}], "model": "m", **figures}),
            (
                *(Block(event(both(text)), 2 * tokens) for text, tokens in running(pieces)),
                Block(event({"model": "m", "choices": [], **figures}), 2 * total),
                Block(DONE, 2 * total),
            ), *failed,
        ),
    )  # fmt: skip


def _others(pieces: tuple[Piece, ...], text: str, total: int) -> tuple[Answered, ...]:
    response = {"id": "r1", "object": "response", "model": "m", "status": "completed", "error": None,
                "output": [{"type": "message", "content": [{"type": "output_text", "text": text}]}],
                "usage": {"input_tokens": 9, "output_tokens": total}}  # fmt: skip
    begun = {**response, "status": "in_progress", "output": [], "usage": None}
    message = {"type": "message", "model": "m", "content": [{"type": "text", "text": text}]}
    anthropic_error = {"type": "error", "error": {"type": "overloaded_error", "message": "x"}}
    studio = {"model_instance_id": "m", "output": [{"type": "message", "content": text}],
              "stats": {"input_tokens": 9, "total_output_tokens": total}}  # fmt: skip
    details = {"finish_reason": "eos_token", "generated_tokens": total, "seed": None}
    studio_error = {"type": "error", "error": {"type": "internal_error", "message": "x"}}
    tgi_error = {"error": "Request failed during generation", "error_type": "generation"}
    failed = {"type": "response.failed", "response": {**begun, "status": "failed", "error": {"code": "server_error"}}}

    def block(text: str, _: int) -> Said:
        return {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}

    def generated(text: str, **more: object) -> Said:
        return ollama(response=text, **more)

    def chatted(text: str, **more: object) -> Said:
        return ollama(message={"role": "assistant", "content": text}, **more)

    def ollama(**said: object) -> Said:
        return {"model": "m", "created_at": "2026-11-28T09:00:00Z", "done": False, **said}

    def token(text: str, tokens: int) -> Said:
        said = {"id": tokens, "text": text, "logprob": -0.1, "special": not text}
        return {"index": tokens, "token": said, "generated_text": None, "details": None}

    tokens = a_token_each(pieces)
    usage = {"type": "tokens", "input_tokens": 14, "output_tokens": total, "total_tokens": total + 14}
    return (
        Answered(
            "OpenAI Responses", "", "/v1/responses", True, total, compact(response),
            streamed(
                pieces, lambda text, _: {"type": "response.output_text.delta", "item_id": "i", "delta": text},
                before=[{"type": f"response.{stage}", "response": begun} for stage in ("created", "in_progress")],
                after=[
                    {"type": "response.output_text.done", "text": text},
                    {"type": "response.completed", "response": response},
                ],
                wrap=named, empties=False,
            ), compact({**begun, "status": "failed", "error": {"code": "server_error"}}), named(failed),
        ),
        Answered(
            "Anthropic messages", "", "/v1/messages", True, total,
            compact({**message, "usage": {"input_tokens": 9, "output_tokens": total}}),
            streamed(
                pieces, block,
                before=[
                    {"type": "message_start", "message": {**message, "content": [], "usage": {"output_tokens": 1}}},
                    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
                    {"type": "ping"},
                ],
                after=[
                    {"type": "content_block_stop", "index": 0},
                    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": total}},
                    {"type": "message_stop"},
                ],
                wrap=named, empties=False,
            ), compact(anthropic_error), named(anthropic_error),
        ),
        *(
            Answered(
                f"Ollama {path}", "", path, True, total, compact(say(text, done=True, eval_count=total)),
                streamed(
                    pieces, lambda text, _, say=say: say(text),  # type: ignore[misc]  # a lambda with a default
                    after=[say("", done=True, eval_count=total)], wrap=json_line, empties=False,
                ), compact({"error": "model is gone"}), b'{"error":"model is gone"}\n', "application/x-ndjson",
            )
            for path, say in (("/api/generate", generated), ("/api/chat", chatted))
        ),
        Answered(
            "LM Studio /api/v1/chat", "", "/api/v1/chat", True, total, compact(studio),
            streamed(
                pieces, lambda text, _: {"type": "message.delta", "content": text},
                before=[
                    {"type": "chat.start", "model_instance_id": "m"},
                    {"type": "prompt_processing.progress", "progress": 0.5},
                    {"type": "message.start"},
                ],
                after=[{"type": "message.end"}, {"type": "chat.end", "result": studio}], wrap=named, empties=False,
            ), compact(studio_error), named(studio_error),
        ),
        Answered(
            "TGI generate", "", "/generate_stream", True, total,
            compact({"generated_text": text, "details": details}),
            (*streamed(tokens[:-1], token), Block(event({**token(text, total), "details": details}), total)),
            compact(tgi_error), event(tgi_error),
        ),
        Answered(
            "TGI generate without details", "", "/generate", False, total, compact([{"generated_text": text}]), (),
            compact(tgi_error), b"",
        ),
        Answered(
            "Transcription", "", "/v1/audio/transcriptions", True, total, compact({"text": text, "usage": usage}),
            streamed(
                pieces, lambda text, _: {"type": "transcript.text.delta", "delta": text},
                after=[{"type": "transcript.text.done", "text": text, "usage": usage}], empties=False,
            ), compact(OPENAI_ERROR), event({"type": "error", "error": {"message": "x"}}),
        ),
        Answered(
            "Transcription by seconds", "", "/v1/audio/transcriptions", False, total,
            compact({"text": text, "usage": {"type": "duration", "seconds": 3}}), (), compact(OPENAI_ERROR), b"",
        ),
    )  # fmt: skip
