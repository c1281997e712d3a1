"""`shimmy-metrics receive` as its operator runs it: what it says, what it keeps, what it leaves nowhere."""

import contextlib
import json
import secrets
import shlex
import signal
import socket
import sqlite3
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from uuid import uuid4

import pytest

from shimmy_metrics.limits import REQUEST_REPORTS
from support.certificates import issue
from support.installed import BIN, LONGEST, Home, wait_until
from support.one_line import assert_one_line
from support.receive_process import receive
from support.receiving import JSON, Client, post_request, read_answer, request
from support.samples import sealed
from support.servers import free_port
from support.timely import in_time

CLIENT: Final = "127.77.0.9"
FORWARDED: Final = "203.0.113.77"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def report(report_id: str = "") -> bytes:
    return sealed(report_id or str(uuid4()), moment=datetime.now(UTC)).body


def test_the_first_line_tells_where_it_listens_and_what_senders_set(home: Home) -> None:
    with receive(home) as running:
        url = f"http://127.0.0.1:{running.port}/v1/usage"
        assert running.said.read_text() == (
            f"Receiving at 127.0.0.1:{running.port}, into {running.data}. "
            f"Senders on this machine set SHIMMY_METRICS_ENDPOINT={url}\n"
        )
        assert running.post(report()).status == 200
        assert running.stop() == 0
        assert running.held() == 1
        assert len(running.said.read_text().splitlines()) == 1


def test_without_an_option_it_listens_on_this_machine_alone_and_keeps_beside_the_state(home: Home) -> None:
    helped = home.run("receive", "--help", command="shimmy-metrics").stdout
    assert "127.0.0.1:8787" in helped
    with socket.create_server(("127.0.0.1", 8787)) if _free(8787) else contextlib.nullcontext():
        refused = home.run("receive", command="shimmy-metrics")
    assert_one_line(refused, "127.0.0.1:8787")
    assert "cannot listen there: address already in use" in refused.stderr
    assert not (home.root / "state").exists()


def _free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--listen", "127.0.0.1"], "--listen: this is no address: '127.0.0.1'"),
        (["--listen", "::1:80"], "--listen: this is no address"),
        (["--listen", "127.0.0.1:65536"], "--listen: there is no port 65536"),
        (["--trusted-proxy", "proxy"], "--trusted-proxy takes an address such as 127.0.0.1, or unix, not 'proxy'"),
        (["--tls-cert", "nowhere.pem"], "--tls-cert and --tls-key go together"),
        (["--tls-cert", "nowhere.pem", "--tls-key", "nowhere.pem"], "--tls-cert nowhere.pem: cannot be read"),
        (["--own", "many"], "--own takes a number, not 'many'"),
        (["wekk"], "unrecognized arguments: wekk"),
        (["--data", "x", "deploy", "nginx"], "deploy comes before any option"),
        (["deploy", "apache"], "invalid choice: 'apache'"),
    ],
)
def test_what_cannot_be_meant_gets_one_line(home: Home, options: list[str], said: str) -> None:
    data = [] if "deploy" in options else ["--data", str(home.root / "data")]
    listen = [] if "--listen" in options or "deploy" in options else ["--listen", f"127.0.0.1:{free_port()}"]
    words = [*options, *data, *listen] if options[0].startswith("-") else options
    refused = home.run("receive", *words, command="shimmy-metrics")
    assert_one_line(refused, "")
    assert said in refused.stderr


def test_without_the_extra_one_line_tells_what_to_install(home: Home) -> None:
    (home.root / "uvicorn.py").write_text("")
    without = (
        "import sys, importlib.util as u; find = u.find_spec; "
        "u.find_spec = lambda name, *rest: None if name == 'uvicorn' else find(name, *rest); "
        "from shimmy_metrics.cli.main import shimmy_metrics; sys.exit(shimmy_metrics())"
    )
    done = subprocess.run(
        [str(BIN / "python"), "-c", without, "receive"], env=home.environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == (
        "shimmy-metrics: shimmy-metrics receive: uvicorn is not installed. "
        f"Run {shlex.quote(str(BIN / 'python'))} -m pip install 'shimmy-metrics[receive]'\n"
    )


@pytest.fixture
def place() -> Iterator[Path]:
    """Return where a socket may be: a system takes no path of more than about 100 bytes."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder) / "socket"


def test_on_a_unix_socket_it_takes_what_a_proxy_hands_on(home: Home, place: Path) -> None:
    with receive(home, "--listen", f"unix:{place}", "--trusted-proxy", "unix") as running:
        taken = home.run("receive", "--data", str(running.data), "--listen", f"unix:{place}", command="shimmy-metrics")
        assert_one_line(taken, f"unix:{place}")
        with socket.socket(socket.AF_UNIX) as made:
            made.connect(str(place))
            made.sendall(post_request(report(), ("x-forwarded-for", FORWARDED)))
            assert read_answer(made).status == 200
        running.process.kill()
        running.process.wait()
    assert place.exists()
    with receive(home, "--listen", f"unix:{place}") as again:  # what a killed one left behind is no obstacle
        assert again.stop() == 0
    assert not place.exists()
    place.write_text("something of the operator's")
    refused = home.run("receive", "--data", str(again.data), "--listen", f"unix:{place}", command="shimmy-metrics")
    assert_one_line(refused, f"unix:{place}")
    assert place.read_text() == "something of the operator's"


def test_it_speaks_https_itself(home: Home) -> None:
    files = issue(home.root)
    with receive(home, "--tls-cert", str(files.chain), "--tls-key", str(files.key)) as running:
        assert "SHIMMY_METRICS_ENDPOINT=https://NAME:" in running.said.read_text()
        url = f"https://localhost:{running.port}/v1/usage"
        body = report()
        (home.root / "report.json").write_bytes(body)
        asked = subprocess.run(
            [str(BIN / "python"), "-c", _POST, url, str(files.authority), str(home.root / "report.json")],
            env=home.having(no_proxy="*").environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
        told = json.loads(asked.stdout)
        assert (told["status"], told["answer"]["stored"]) == (200, [json.loads(body)["session_id"]])
        assert told["tls"] in ("TLSv1.2", "TLSv1.3")
        with running.connect() as silent, running.connect() as plain:
            began = time.monotonic()
            plain.sendall(request("GET", "/", ()))
            silent.settimeout(LONGEST)
            with contextlib.suppress(ConnectionResetError):
                assert silent.recv(1) == b""
            assert in_time(time.monotonic() - began, 12)
        assert running.stop() == 0
        assert len(running.said.read_text().splitlines()) == 1


_POST: Final = """
import json, ssl, sys, http.client, urllib.parse
url, authority, path = sys.argv[1:]
parts = urllib.parse.urlsplit(url)
context = ssl.create_default_context(cafile=authority)
connection = http.client.HTTPSConnection(parts.hostname, parts.port, context=context)
connection.request("POST", parts.path, open(path, "rb").read(), {"Content-Type": "application/json"})
version = connection.sock.version()
answer = connection.getresponse()
print(json.dumps({"status": answer.status, "answer": json.loads(answer.read()), "tls": version}))
"""


def test_a_signal_drains_what_has_begun(home: Home) -> None:
    with receive(home) as running, contextlib.ExitStack() as stack:
        begun = [stack.enter_context(running.connect()) for _ in range(40)]
        idle = stack.enter_context(running.connect())
        requests = [post_request(report()) for _ in begun]
        for each, sent in zip(begun, requests, strict=True):
            each.sendall(sent[:-50])
        assert running.post(report()).status == 200
        running.process.send_signal(signal.SIGTERM)
        assert idle.recv(1) == b""
        with pytest.raises(ConnectionRefusedError):
            running.connect()
        for each, sent in zip(begun, requests, strict=True):
            each.sendall(sent[-50:])
        assert [read_answer(each).status for each in begun] == [200] * len(begun)
        assert running.process.wait(LONGEST) == 0
        assert running.held() == 41


def test_under_load_a_signal_loses_no_answer_that_was_given(home: Home) -> None:
    options = ("--trusted-proxy", "127.0.0.1")
    confirmed: list[str] = []

    def send(running: Client, number: int) -> None:
        with contextlib.suppress(OSError), running.connect() as made:
            while True:
                body = report()
                made.sendall(post_request(body, ("x-forwarded-for", f"10.{number}.{secrets.randbelow(250)}.1")))
                answer = read_answer(made)
                if answer.status != 200:
                    return
                confirmed.extend(answer.json["stored"])

    with receive(home, *options) as running, ThreadPoolExecutor(8) as pool:
        for number in range(8):
            pool.submit(send, running, number)
        assert wait_until(lambda: len(confirmed) > 100, LONGEST)
        assert running.stop() == 0
    assert running.held() >= len(confirmed)
    with receive(home, *options) as again:
        for report_id in confirmed[::50]:
            changed = report(report_id).replace(b'"errors_count":2', b'"errors_count":3')
            assert again.post(changed, [*JSON, ("x-forwarded-for", "10.99.1.1")]).status == 409


def _forms(address: str) -> Iterator[bytes]:
    """Yield an address as text, as hexadecimal digits, and packed, in either order."""
    packed = ip_address(address).packed
    for form in (packed, packed[::-1]):
        yield form
        yield form.hex().encode()
        yield form.hex().upper().encode()
    yield address.encode()
    yield f"::ffff:{address}".encode()
    yield ip_address(address).packed[:3] + b"\0"
    yield str(int(ip_address(address))).encode()


@pytest.mark.parametrize("loop", ["uvloop", "asyncio"])
def test_no_address_and_nothing_of_a_refused_body_is_anywhere(home: Home, loop: str) -> None:
    if loop == "asyncio":  # the standard library's has words of its own for what goes wrong
        home = home.having(PYTHONPATH=str(home.root))
        (home.root / "uvloop.py").write_text("raise ImportError")
    planted = "plantedword"
    good = report()
    refused = [
        good.replace(b'"platform":"', f'"platform":"{planted}'.encode()),
        good.replace(b'{"', f'{{"{planted}":1,"'.encode(), 1),
        good.replace(b'{"', f'{{"{planted}":1,"{planted}":1,"'.encode(), 1),
        good.replace(b'"metrics":{', f'"metrics":{{"{planted}":"{planted}",'.encode()),
        f'["{planted}"]'.encode(),
        planted.encode(),
        b"[" + b",".join([good, *[report().replace(b'{"', f'{{"{planted}":1,"'.encode(), 1)] * 3]) + b"]",
    ]
    answers: list[bytes] = []
    with receive(home, "--trusted-proxy", "127.0.0.1", source=CLIENT) as running:
        proxied = Client(running.port)
        for client, more in ((running, ()), (proxied, (("x-forwarded-for", FORWARDED),))):
            answers += [client.post(body, [*JSON, *more]).body for body in (report(), report(), *refused)]
            answers.append(client.ask("GET", f"/{planted}", headers=[(planted, planted), *more]).body)
            answers.append(client.ask("DELETE", f"/v1/usage/{uuid4()}", headers=more).body)
            answers.append(client.send(f"{planted}\r\n\r\n".encode()).body)
            while client.ask("GET", "/", headers=more).status != 429:
                pass
        for data in (post_request(report())[:-9], b"\x16\x03\x01" + secrets.token_bytes(100), b"POST"):
            with running.connect() as made:
                made.sendall(data)
                made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset
        assert len(running.said.read_text().splitlines()) == 1
        found = [f"{place} while it runs" for place in _places(home, planted)]
        assert running.stop() == 0
    found += _places(home, planted)
    assert not found
    assert not any(planted.encode() in answer for answer in answers)
    with sqlite3.connect(running.data / "counters.db") as counters:
        counted = dict(counters.execute("SELECT rule, times FROM counters"))
    assert counted["is no field"] == 6
    assert counted["rate"] >= 2  # the broken-off ones count too where their heads were read before the reset


def _places(home: Home, planted: str) -> list[str]:
    """Return each file with what it holds and must not."""
    looked_for = [*_forms(CLIENT), *_forms(FORWARDED), planted.encode()]
    files = [path for path in home.root.rglob("*") if path.is_file()]
    assert len(files) > 4
    return [f"{form!r} in {path.name}" for path in files for form in looked_for if form in path.read_bytes()]


def test_a_request_of_many_is_recalled_report_by_report(home: Home) -> None:
    ids = [str(uuid4()) for _ in range(REQUEST_REPORTS)]
    with receive(home) as running:
        assert running.post(b"[" + b",".join(map(report, ids)) + b"]").status == 200
        assert {running.ask("DELETE", f"/v1/usage/{each}").status for each in ids} == {204}
        assert running.stop() == 0
    assert running.held() == 0
