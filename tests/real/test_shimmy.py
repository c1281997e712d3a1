"""The whole path with the real Shimmy: asked, measured, shown, sent; or left wholly alone."""

import json
import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from shimmy_metrics.report.validate import validate_body
from shimmy_metrics.store import sessions
from shimmy_metrics.store.readonly import open_readonly
from support.bare_shimmy import bare_shimmy
from support.installed import Home, stop, wait_until
from support.real_parts import SHIMMY, missing_for_shimmy
from support.receiver import Receiver
from support.servers import ask, free_port, listening, wait_for

pytestmark = [pytest.mark.real, pytest.mark.skipif(bool(missing_for_shimmy()), reason=missing_for_shimmy())]

PROMPT = [{"role": "user", "content": "hi"}]
KEY = "k" * 24


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path, {"SHIMMY_BIN": str(SHIMMY)})


@contextmanager
def _served(home: Home, micro: Path, *more: str) -> Iterator[tuple[int, "subprocess.Popen[str]"]]:
    port = free_port()
    arguments = ["--ctx", "256", "serve", "--bind", f"127.0.0.1:{port}", "--model-path", str(micro), *more]
    with home.started(*arguments) as process:
        wait_for(port, process, 30)
        yield port, process


def _entered(home: Home) -> bool:
    """Tell whether the store has the session, as `serve` says then: one that ends before is sealed by the sender."""
    with open_readonly(home.profile) as db:
        return db is not None and bool(sessions.running(db))


def _bytes_below(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def _children(process: "subprocess.Popen[str]") -> list[int]:
    told = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return [int(child) for child in told]


def test_what_the_official_client_counts_is_what_the_receiver_gets(home: Home, micro: Path, tmp_path: Path) -> None:
    from openai import NotFoundError, OpenAI

    with Receiver(tmp_path) as receiver:
        here = home.having(**receiver.variables)
        assert here.metrics("enable").returncode == 0
        tokens = 0
        with _served(here, micro) as (port, process):
            client: Any = OpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="none", max_retries=0, timeout=60)
            for length in (3, 5):
                whole = client.chat.completions.create(model="micro", messages=PROMPT, max_tokens=length)
                assert whole.usage is not None
                tokens += whole.usage.completion_tokens
            streamed = client.chat.completions.create(
                model="micro",
                messages=PROMPT,
                max_tokens=4,
                stream=True,
                stream_options={"include_usage": True},
            )
            for chunk in streamed:
                tokens += chunk.usage.completion_tokens if chunk.usage else 0
            client.models.list()
            with pytest.raises(NotFoundError):
                client.chat.completions.create(model="no such model", messages=PROMPT)
            assert ask(port, path="/health")[0] == 200
            client.close()
            code, _, err = stop(process)
        assert code == -signal.SIGINT
        assert f"http://127.0.0.1:{port}" in err
        assert wait_until(lambda: len(receiver.received) == 1)
        assert wait_until(lambda: json.loads(here.metrics("status", "--json").stdout)["receipts"] == 1)
    (arrived,) = receiver.received
    assert len(arrived.body) < 1_024
    assert validate_body(arrived.body) == []
    metrics = json.loads(arrived.body)["metrics"]
    assert metrics["requests_per_session"] == 5
    assert metrics["errors_count"] == 1
    assert metrics["total_tokens_generated"] == tokens == 12
    assert metrics["token_source"] == "reported"
    assert metrics["models_used_count"] == 1
    assert metrics["api_endpoints_used"] == ["/v1/chat/completions", "/v1/models"]
    assert metrics["integration_type"] == "openai-sdk"
    assert metrics["startup_time_ms"] is not None
    assert json.loads(arrived.body)["version"] == "2.6.5"
    exported = json.loads(here.metrics("export").stdout)
    assert exported["receipts"][0]["body"] == arrived.body.decode()
    assert here.metrics("validate").returncode == 0
    assert "micro" not in arrived.body.decode() + here.metrics("export").stdout
    held = _bytes_below(tmp_path / "state")
    assert b"micro" not in held
    assert b"no such model" not in held


def test_a_stream_without_usage_is_counted_by_its_pieces(home: Home, micro: Path) -> None:
    from openai import OpenAI

    home.metrics("enable")
    with _served(home, micro) as (port, process):
        client: Any = OpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="none", max_retries=0, timeout=60)
        streamed = client.chat.completions.create(model="micro", messages=PROMPT, max_tokens=100, stream=True)
        # A token that is special, or half a character, has an event without text.
        pieces = sum(bool(chunk.choices) and chunk.choices[0].delta.content is not None for chunk in streamed)
        client.close()
        # The endpoint in force is the description's, which no test reaches: the report stays here.
        stop(process)
    pending = json.loads(home.metrics("preview").stdout)
    assert pending["metrics"]["total_tokens_generated"] == pieces > 0
    assert pending["metrics"]["token_source"] == "counted"


def _said(text: str, port: int) -> list[str]:
    """Return lines without what differs from start to start."""
    lines = text.replace(f":{port}", ":PORT").splitlines()
    return [re.sub(r"\d+(\.\d+)?e?-?\d*", "N", line) for line in lines]


def test_the_same_lines_but_for_the_address_and_one_more(home: Home, micro: Path) -> None:
    with bare_shimmy(home, micro) as (port, process):
        assert ask(port)[0] == 200
        code, out, err = stop(process)
        expected = (code, _said(out, port), _said(err, port))
    home.metrics("enable")
    with _served(home, micro) as (port, process):
        assert ask(port)[0] == 200  # what is behind the port is up by then
        assert wait_until(lambda: _entered(home))
        code, out, err = stop(process)
    assert code == expected[0]
    assert [line for line in _said(out, port) if "Starting server" not in line] == [
        line for line in expected[1] if "Starting server" not in line
    ]
    ours = [line for line in err.splitlines() if line.startswith("shimmy-metrics:")]
    assert len(ours) == 1
    rest = "\n".join(line for line in err.splitlines() if not line.startswith("shimmy-metrics:"))
    assert _said(rest, port) == expected[2]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_ends_by_the_signal_that_ended_the_server(home: Home, micro: Path, how: signal.Signals) -> None:
    home.metrics("enable")
    with _served(home, micro) as (_, process):
        code, _, _ = stop(process, how)
    assert code == -how


def test_killing_ours_leaves_no_server_behind(home: Home, micro: Path) -> None:
    home.metrics("enable")
    with _served(home, micro) as (port, process):
        (server,) = _children(process)
        process.kill()
        process.wait()
        assert wait_until(lambda: not Path(f"/proc/{server}").exists() or _state(server) == "Z")
        assert not listening(port)


def _state(process: int) -> str:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return "Z"


def test_an_open_address_without_a_key_is_refused_as_shimmy_refuses_it(home: Home, micro: Path) -> None:
    home.metrics("enable")
    port = free_port()
    arguments = ("serve", "--bind", f"0.0.0.0:{port}", "--model-path", str(micro))
    alone = subprocess.run([str(SHIMMY), *arguments], env=home.environment, capture_output=True, text=True, check=False)
    ours = home.run(*arguments)
    assert ours.returncode == alone.returncode == 1
    assert alone.stderr.splitlines()[-1] in ours.stderr
    assert len([line for line in ours.stderr.splitlines() if line.startswith("shimmy-metrics:")]) == 1
    assert not listening(port)


def test_with_a_key_it_is_served_measured_and_answers_401_without_it(home: Home, micro: Path) -> None:
    here = home.having(SHIMMY_API_KEY=KEY)
    here.metrics("enable")
    port = free_port()
    arguments = ("--ctx", "256", "serve", "--bind", f"0.0.0.0:{port}", "--model-path", str(micro))
    with here.started(*arguments) as process:
        wait_for(port, process, 30)
        assert ask(port)[0] == 401
        assert ask(port, headers={"Authorization": f"Bearer {KEY}"})[0] == 200
        (server,) = _children(process)
        assert _listens_on_loopback_alone(server)
        assert wait_until(lambda: _entered(here))
        stop(process)
    metrics = json.loads(here.metrics("preview").stdout)["metrics"]
    assert metrics["requests_per_session"] == 1
    assert KEY.encode() not in _bytes_below(here.root / "state")


def _listens_on_loopback_alone(server: int) -> bool:
    sockets = set()
    for entry in Path(f"/proc/{server}/fd").iterdir():
        try:
            sockets.add(os.readlink(entry))
        except FileNotFoundError:
            continue
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    own = [row[1] for row in rows if f"socket:[{row[9]}]" in sockets and row[3] == "0A"]
    return bool(own) and all(address.startswith("0100007F") for address in own)


def test_an_address_in_use_fails_in_the_server_s_own_words(home: Home, micro: Path) -> None:
    home.metrics("enable")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        arguments = ("serve", "--bind", f"127.0.0.1:{taken.getsockname()[1]}", "--model-path", str(micro))
        alone = subprocess.run(
            [str(SHIMMY), *arguments], env=home.environment, capture_output=True, text=True, check=False
        )
        ours = home.run(*arguments)
    assert ours.returncode == alone.returncode != 0
    assert alone.stderr.splitlines()[-1] == ours.stderr.splitlines()[-1]


def test_without_consent_it_is_the_real_binary_and_nothing_else(home: Home, micro: Path) -> None:
    with _served(home, micro) as (_, process):
        assert Path(f"/proc/{process.pid}/exe").resolve() == SHIMMY.resolve()
        assert _children(process) == []
        code, _, err = stop(process)
    assert code == -signal.SIGINT
    assert "shimmy-metrics" not in err
    assert not (home.root / "config").exists()
    assert not (home.root / "state").exists()


def test_every_other_word_is_the_real_binary_s(home: Home) -> None:
    for words in (["--version"], ["list"], ["no-such-word"], ["generate"]):
        alone = subprocess.run(
            [str(SHIMMY), *words], env=home.environment, cwd=home.root, capture_output=True, text=True, check=False
        )
        ours = home.run(*words)
        assert (ours.returncode, ours.stdout, ours.stderr) == (alone.returncode, alone.stdout, alone.stderr)
    helped = home.run("--help")
    assert "Usage: shimmy" in helped.stdout
    assert "shimmy config --metrics ACTION" in helped.stdout
