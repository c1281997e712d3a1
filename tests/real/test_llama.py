"""The real llama.cpp server with a real model, measured by `--upstream`; its own counter is the independent witness."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from support.installed import Home, stop, wait_until
from support.real_parts import SMOLLM2, missing_for_llama
from support.receiver import Receiver
from support.servers import ask, free_port, wait_for

pytestmark = [pytest.mark.real, pytest.mark.skipif(bool(missing_for_llama()), reason=missing_for_llama())]

TESTS = Path(__file__).parent.parent


@contextmanager
def _llama() -> Iterator[int]:
    port = free_port()
    command = [sys.executable, "-m", "support.llama_server", str(port), str(SMOLLM2)]
    process = subprocess.Popen(command, cwd=TESTS, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True)
    try:
        assert wait_until(lambda: _healthy(port), 60)
        yield port
    finally:
        process.kill()
        process.wait()


def _healthy(port: int) -> bool:
    try:
        return ask(port, path="/health")[0] == 200
    except OSError:
        return False


def _predicted(port: int) -> int:
    text = ask(port, path="/metrics")[1].decode()
    found = re.search(r"^llamacpp:tokens_predicted_total (\d+)", text, re.MULTILINE)
    assert found is not None
    return int(found[1])


def _talk(port: int) -> int:
    """Ask whole, streamed with usage and streamed without; return the tokens that the client was told."""
    from openai import OpenAI

    client: Any = OpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="none", max_retries=0, timeout=120)
    prompt = [{"role": "user", "content": "Say one word."}]
    whole = client.chat.completions.create(model="any", messages=prompt, max_tokens=12)
    assert whole.usage is not None
    tokens = int(whole.usage.completion_tokens)
    for options in ({"include_usage": True}, None):
        extra = {"stream_options": options} if options else {}
        for chunk in client.chat.completions.create(
            model="any",
            messages=prompt,
            max_tokens=9,
            stream=True,
            **extra,
        ):
            tokens += chunk.usage.completion_tokens if chunk.usage else 0
    client.close()
    return tokens


def test_tokens_are_the_server_s_own_count_and_go_to_an_endpoint_of_the_person_s_own(tmp_path: Path) -> None:
    with _llama() as upstream, Receiver(tmp_path) as receiver:
        home = Home(tmp_path, receiver.variables)
        home.metrics("enable")
        port = free_port()
        with home.started(
            "serve", "--upstream", f"http://127.0.0.1:{upstream}", "--bind", f"127.0.0.1:{port}"
        ) as process:
            wait_for(port, process)
            before = _predicted(upstream)
            told = _talk(port)
            counted = _predicted(upstream) - before
            stop(process)
        assert wait_until(lambda: len(receiver.received) == 1)
    metrics = json.loads(receiver.received[0].body)["metrics"]
    assert metrics["total_tokens_generated"] == counted
    assert counted >= told > 0
    assert metrics["requests_per_session"] == 3
    assert metrics["token_source"] == "reported"
    assert metrics["models_used_count"] == 1
    assert metrics["startup_time_ms"] is None


def test_another_server_s_session_never_goes_to_shimmy_s_endpoint(tmp_path: Path) -> None:
    with _llama() as upstream:
        home = Home(tmp_path)
        home.metrics("enable")
        port = free_port()
        with home.started(
            "serve", "--upstream", f"http://127.0.0.1:{upstream}", "--bind", f"127.0.0.1:{port}"
        ) as process:
            wait_for(port, process)
            assert ask(port)[0] == 200
            assert wait_until(lambda: '"only_for_me": true' in home.metrics("export").stdout)
            stop(process)
    held = json.loads(home.metrics("export").stdout)
    assert held["outbox"] == []
    assert [each["only_for_me"] for each in held["sessions"]] == [True]
