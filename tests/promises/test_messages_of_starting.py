"""Messages about forgetting, an upstream, an address, an authority and our own errors, and the remedies they name."""

import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Final

import pytest
import trustme

from shimmy_metrics.demo.toy_server import ToyServer
from support.home_terminal import terminal
from support.installed import Home, stop, wait_until
from support.one_line import assert_trouble_line
from support.servers import ask, free_port, listening
from support.store_files import store_path
from support.troubles import (
    NOWHERE,
    held,
)

Ended = subprocess.CompletedProcess[str]

STATUS: Final = ("config", "--metrics", "status")


def test_forgetting_asks_first_and_takes_the_answer_beforehand(tmp_path: Path) -> None:
    home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": NOWHERE})
    held(home)
    told = home.run("forget", command="shimmy-metrics")
    assert_trouble_line(told, "shimmy-metrics forget: ")
    assert "asks first, and there is no terminal to ask at. Add --yes" in told.stderr
    assert store_path(home.profile).exists()
    assert home.run("forget", "--yes", command="shimmy-metrics").returncode == 0
    assert not store_path(home.profile).exists()


@contextmanager
def _serving(home: Home, *words: str) -> Iterator[None]:
    """Serve until the address given with `--bind` answers, then stop."""
    port = int(words[words.index("--bind") + 1].rpartition(":")[2])
    with home.started("serve", *words) as process:
        assert wait_until(lambda: listening(port) or process.poll() is not None)
        assert process.poll() is None, process.communicate()
        yield
        stop(process)


def test_an_upstream_that_is_down_is_started_first(tmp_path: Path) -> None:
    home, port = Home(tmp_path), free_port()
    bound = f"127.0.0.1:{free_port()}"
    down = home.run("serve", "--upstream", f"http://127.0.0.1:{port}", "--bind", bound)
    assert_trouble_line(down, f"--upstream http://127.0.0.1:{port}: nothing listens")
    assert "Start that server first" in down.stderr
    with ToyServer() as toy, _serving(home, "--upstream", toy.url, "--bind", bound):
        pass


def test_an_address_in_use_is_named_and_another_one_goes(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with ToyServer() as toy, socket.create_server(("127.0.0.1", 0)) as taken:
        used = home.run("serve", "--upstream", toy.url, "--bind", f"127.0.0.1:{taken.getsockname()[1]}")
        assert_trouble_line(used, "--bind 127.0.0.1:")
        assert "this address cannot be had. Give another one with --bind" in used.stderr
        with _serving(home, "--upstream", toy.url, "--bind", f"127.0.0.1:{free_port()}"):
            pass


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--upstream", "http://[::1"), "this is no URL. Give"),
        (("--upstream", "nonsense"), "this is no http or https URL. Give"),
        (("--upstream", "http://a:b@127.0.0.1:1"), "a name or a password cannot stand here. Give"),
        (("--upstream", "http://127.0.0.1:1/v1"), "more than a server's address"),
        (("--bind", "here"), "this is no numeric address with a port. Give it in numbers, such as 127.0.0.1:"),
        (("--bind", "localhost:25615"), "this is no numeric address with a port. Give it in numbers, such as"),
        (("--bind", "0.0.0.0:1"), "others would reach a server that only this machine reaches now. Listen on loopback"),
    ],
)
def test_what_upstream_and_bind_want_is_said(tmp_path: Path, words: tuple[str, str], said: str) -> None:
    home = Home(tmp_path)
    with ToyServer() as toy:
        given = {"--upstream": toy.url, "--bind": f"127.0.0.1:{free_port()}"}
        slip = {**given, words[0]: words[1]}
        told = home.run("serve", *[word for pair in slip.items() for word in pair])
        assert_trouble_line(told, words[0])
        assert said in told.stderr
        with _serving(home, *[word for pair in given.items() for word in pair]):
            pass


class _Health(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        pass


def test_an_authority_that_is_not_known_is_said_and_naming_it_ends_that(tmp_path: Path) -> None:
    import ssl

    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)

    class Quiet(HTTPServer):
        def handle_error(self, *_: object) -> None:
            pass

    server = Quiet(("127.0.0.1", 0), _Health)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    Thread(target=server.serve_forever, daemon=True).start()
    home, url = Home(tmp_path), f"https://127.0.0.1:{server.server_port}"
    bound = f"127.0.0.1:{free_port()}"
    try:
        told = home.run("serve", "--upstream", url, "--bind", bound)
        assert_trouble_line(told, f"--upstream {url}: the authority")
        assert "the authority that issued its certificate is not known here" in told.stderr
        assert "Name a file with that authority's certificate in SSL_CERT_FILE" in told.stderr
        with _serving(home.having(SSL_CERT_FILE=str(tmp_path / "authority.pem")), "--upstream", url, "--bind", bound):
            pass
    finally:
        server.shutdown()
        server.server_close()


def test_a_plain_server_behind_https_is_said_to_speak_no_tls(tmp_path: Path) -> None:
    with ToyServer() as toy:
        told = Home(tmp_path).run("serve", "--upstream", toy.url.replace("http:", "https:"))
    assert_trouble_line(told, "--upstream https://127.0.0.1")
    assert "it answered, but not in TLS" in told.stderr
    assert "Give http://" in told.stderr


def _run_broken(home: Home, broken: str, *words: str, name: str = "shimmy") -> Ended:
    """Run a command with something of it broken by a line of Python."""
    program = f"import sys; {broken}; from shimmy_metrics.cli import main; sys.argv = {['shimmy', *words]!r}"
    return home.run_program([sys.executable, "-c", f"{program}; sys.exit(main.{name}())"])


def test_an_error_of_ours_is_one_line_that_says_where_to_report_it(tmp_path: Path) -> None:
    broken = "import shimmy_metrics.actions.status as it; it.read_status = lambda _: 1 / 0"
    told = _run_broken(Home(tmp_path), broken, *STATUS)
    assert told.returncode == 2
    assert told.stderr == (
        "shimmy-metrics: an internal error (ZeroDivisionError). "
        "Please report it at https://github.com/Michael-A-Kuykendall/shimmy/issues\n"
    )


def test_a_demo_whose_meter_does_not_start_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    home = Home(tmp_path, {"TMPDIR": str(tmp_path / "tmp")})
    broken = "import shimmy_metrics.demo.serve_process as it; it._START_SECONDS = 0"
    told = _run_broken(home, broken, "demo")
    assert_trouble_line(told, "127.0.0.1:")
    assert re.search(r"127\.0\.0\.1:\d+: the meter did not start\. Try again", told.stderr)
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_question_that_fails_is_said_and_the_server_starts_all_the_same(tmp_path: Path) -> None:
    port = free_port()
    with ToyServer() as toy:
        broken = (
            "import os, sys; exists = os.path.exists; "
            "os.path.exists = lambda path: path not in ('/.dockerenv', '/run/.containerenv') and exists(path); "
            "import shimmy_metrics.cli.consent_prompt as it; it.overview = lambda *_: 1 / 0; "
            "from shimmy_metrics.cli import main; "
            f"sys.argv = ['shimmy', 'serve', '--upstream', {toy.url!r}, '--bind', '127.0.0.1:{port}']; "
            "sys.exit(main.shimmy())"
        )
        with terminal(Home(tmp_path, {"TERM": "dumb"}), sys.executable, "-c", broken) as there:
            assert there.printed("shimmy-metrics: the question failed (ZeroDivisionError)")
            assert wait_until(lambda: listening(port))
            assert ask(port)[0] == 200
