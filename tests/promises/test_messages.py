"""Each message that tells a person of trouble can be provoked, and the remedy that it names ends the trouble.

`MESSAGES` is the table: what brings the message about, what it says, and what following its remedy means.
"""

import ast
import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Final, NamedTuple

import pytest
import trustme

import shimmy_metrics
from shimmy_metrics.actions import outbox
from shimmy_metrics.demo.toy_server import ToyServer
from shimmy_metrics.errors import UserError
from shimmy_metrics.records import QueueState
from shimmy_metrics.store.database import store_path
from shimmy_metrics.store.sqlite_errors import sqlite_errors
from shimmy_metrics.store.tables import VERSION
from support import receiver as behave
from support.home_terminal import terminal
from support.installed import BIN, LONGEST, Home, stop, wait_until
from support.one_line import assert_trouble_line
from support.queue_report import FIRST, queue_report
from support.receiver import Receiver
from support.servers import ask, free_port, listening

Ended = subprocess.CompletedProcess[str]
NOWHERE: Final = "http://127.0.0.1:9/v1/usage"


class Message(NamedTuple):
    """What is said (a regular expression), the command that meets with it, what makes the trouble and what ends it."""

    said: str
    command: tuple[str, ...]
    make: Callable[[Home], Home | None]
    follow: Callable[[Home], Home | None]
    program: str = "shimmy"
    code: int = 2


STATUS: Final = ("config", "--metrics", "status")
PREVIEW: Final = ("config", "--metrics", "preview")
VALIDATE: Final = ("config", "--metrics", "validate", "given")


def _config(text: str | bytes) -> Callable[[Home], None]:
    def write(home: Home) -> None:
        home.profile.config_path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        home.profile.config_path.write_bytes(text if isinstance(text, bytes) else text.encode())

    return write


def _store(change: Callable[[Path], object]) -> Callable[[Home], None]:
    def make(home: Home) -> None:
        home.metrics("enable")
        queue_report(home)
        change(store_path(home.profile))

    return make


def _another_s(path: Path) -> None:
    path.unlink()
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE notes (note TEXT)")
    db.close()


def _newer(path: Path) -> None:
    db = sqlite3.connect(path)
    db.execute(f"PRAGMA user_version={VERSION + 1}")
    db.close()


def _as_newer_programs_do(home: Home) -> None:
    db = sqlite3.connect(store_path(home.profile))
    db.execute(f"PRAGMA user_version={VERSION}")
    db.close()


def _fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _move_store_away(home: Home) -> None:
    store_path(home.profile).rename(home.root / "moved")


def _set(**variables: str) -> Callable[[Home], Home]:
    return lambda home: home.having(**variables)


def _given(make: Callable[[Path], object]) -> Callable[[Home], None]:
    def given(home: Home) -> None:
        make(home.root / "given")

    return given


def _name_a_file(home: Home) -> None:
    path = home.root / "given"
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    path.write_text(home.metrics("preview").stdout)


def _program(text: str) -> Callable[[Home], Home]:
    def make(home: Home) -> Home:
        path = home.root / "program"
        path.write_bytes(text.encode())
        path.chmod(0o755)
        return home.having(SHIMMY_BIN=str(path))

    return make


def _enabled(home: Home) -> None:
    home.metrics("enable")


def _held(home: Home) -> None:
    home.metrics("enable")
    queue_report(home, FIRST, QueueState.HELD_BY_MODE)


def _held_too_long(home: Home) -> None:
    home.metrics("enable")
    queue_report(home, FIRST, QueueState.HELD_BY_MODE, days=15)


def _held_and_damaged(home: Home) -> None:
    _held(home)
    db = sqlite3.connect(store_path(home.profile))
    db.execute("UPDATE outbox SET state = 'set-aside', cause = 'damaged'")
    db.commit()
    db.close()


def _held_anew(home: Home) -> None:
    home.metrics("disable")
    _held(home)


_REAL: Final = _program("#!/bin/sh\nexit 0\n")

MESSAGES: Final[dict[str, Message]] = {
    "a config that is no JSON": Message(
        r"config\.json:1: no valid JSON: .*correct", STATUS, _config('{"metrics": tru'), _config("{}")
    ),
    "a config that is no object": Message(
        r"config\.json:1: no JSON object\. .*correct", STATUS, _config("[]"), _config("{}")
    ),
    "a config that is not UTF-8": Message(
        r"config\.json:1: no valid JSON: bytes that are not UTF-8",
        STATUS,
        _config(b'{"\xff": 1}'),
        _config("{}"),
    ),
    "metrics that are no object": Message(
        r'config\.json:1: "metrics" is no object\. .*correct', STATUS, _config('{"metrics": 1}'), _config("{}")
    ),
    "an answer that is none": Message(
        r'config\.json:1: "enabled" is neither true nor false\. .*correct',
        STATUS,
        _config('{"metrics": {"enabled": "yes"}}'),
        _config('{"metrics": {"enabled": true}}'),
    ),
    "a key that stands twice": Message(
        r'the key "enabled" stands there twice\. .*correct',
        STATUS,
        _config('{"metrics": {"enabled": true, "enabled": false}}'),
        _config('{"metrics": {"enabled": false}}'),
    ),
    "an endpoint that is not https": Message(
        r"SHIMMY_METRICS_ENDPOINT: the endpoint is not https\. Give an https address, such as",
        STATUS,
        _set(SHIMMY_METRICS_ENDPOINT="http://metrics.example.org/"),
        _set(SHIMMY_METRICS_ENDPOINT="https://metrics.example.org/v1/usage"),
    ),
    "an endpoint that is no address": Message(
        r"the endpoint is no address\. Give an https address",
        STATUS,
        _set(SHIMMY_METRICS_ENDPOINT="metrics"),
        _set(SHIMMY_METRICS_ENDPOINT="https://metrics.example.org/v1/usage"),
    ),
    "an endpoint with a password": Message(
        r"the endpoint holds more than an address\. Give an https address",
        STATUS,
        _set(SHIMMY_METRICS_ENDPOINT="https://a:b@metrics.example.org/"),
        _set(SHIMMY_METRICS_ENDPOINT="https://metrics.example.org/v1/usage"),
    ),
    "a store that is no database": Message(
        r"metrics\.db: is no database\. Move it away; a new one is made",
        PREVIEW,
        _store(lambda path: path.write_bytes(b"no database" * 400)),
        _move_store_away,
    ),
    "another program's database": Message(
        r"metrics\.db: is another program's database\. Move it away",
        PREVIEW,
        _store(_another_s),
        _move_store_away,
    ),
    "a FIFO for a store": Message(
        r"metrics\.db: is no regular file\. Metrics are off; move it away", PREVIEW, _store(_fifo), _move_store_away
    ),
    "a newer program's store": Message(
        r"metrics\.db: is from a newer version of shimmy-metrics\. Use that newer program",
        PREVIEW,
        _store(_newer),
        _as_newer_programs_do,
    ),
    "validate: a folder": Message(
        r"given: this is a directory, not a file\. Name a file", VALIDATE, _given(Path.mkdir), _name_a_file
    ),
    "validate: a FIFO": Message(
        r"given: this is no regular file\. Name a file", VALIDATE, _given(os.mkfifo), _name_a_file
    ),
    "validate: too large a file": Message(
        r"given: larger than 16,777,216 bytes\. Name a file",
        VALIDATE,
        _given(lambda path: path.write_bytes(b" " * 17_000_000)),
        _name_a_file,
    ),
    "validate: no such file": Message(
        r"given: there is no such file\. Name a file", VALIDATE, lambda _: None, _name_a_file
    ),
    "a SHIMMY_BIN that cannot be run": Message(
        r"SHIMMY_BIN=/nowhere: this is no Shimmy that can be run\. Name the real binary there, or unset it",
        ("list",),
        _set(SHIMMY_BIN="/nowhere"),
        _REAL,
        code=127,
    ),
    "no real binary": Message(
        r"'list' is not a command of shimmy-metrics, and no real shimmy binary was found on PATH\. .*in SHIMMY_BIN",
        ("list",),
        lambda _: None,
        _REAL,
        code=127,
    ),
    "no real binary to serve with": Message(
        r"no real shimmy binary was found on PATH\. .*name it in SHIMMY_BIN",
        ("serve",),
        lambda _: None,
        _REAL,
        code=127,
    ),
    "a binary of another kind": Message(
        r"program: cannot be run: exec format error\. SHIMMY_BIN names it; name the real Shimmy in SHIMMY_BIN",
        ("list",),
        _program("\x7fELF nothing"),
        _REAL,
        code=127,
    ),
    "a binary of another kind to serve with": Message(
        r"program: cannot be run: exec format error\. SHIMMY_BIN names it; name the real Shimmy in SHIMMY_BIN",
        ("serve",),
        _program("\x7fELF nothing"),
        _REAL,
        code=127,
    ),
    "a release without anything to release": Message(
        r"no report is waiting to be released\. shimmy-metrics preview shows what is next",
        ("release", "all"),
        _enabled,
        _held,
        program="shimmy-metrics",
    ),
    "a release for another receiver": Message(
        r"nothing is sent from here: you agreed to http://127\.0\.0\.1:9/v1/usage, and .* in force in this shell\. "
        "Enable again to agree to it",
        ("release", "all"),
        lambda home: _held(home.having(SHIMMY_METRICS_ENDPOINT=NOWHERE)),
        _enabled,
        program="shimmy-metrics",
    ),
    "a release of what has waited too long": Message(
        r"this report has waited 14 days and is no longer sent\. It is deleted when the next session ends",
        ("release", FIRST),
        _held_too_long,
        _held_anew,
        program="shimmy-metrics",
    ),
    "a look at what has waited too long": Message(
        r"this report has waited 14 days and is no longer sent\. It is deleted when the next session ends",
        ("preview", FIRST),
        _held_too_long,
        _held_anew,
        program="shimmy-metrics",
    ),
    "a release of damaged bytes": Message(
        r"this report does not fit today's fields\. It is kept for you to look at",
        ("release", FIRST),
        _held_and_damaged,
        _held_anew,
        program="shimmy-metrics",
    ),
}
"""The trouble of a release is over once the report leaves: the receiver of the test takes it then."""


@pytest.mark.parametrize("which", MESSAGES)
def test_a_message_is_provoked_and_its_remedy_ends_the_trouble(tmp_path: Path, which: str) -> None:
    message = MESSAGES[which]
    with Receiver(tmp_path) as receiver:
        releases = message.command[0] == "release"
        root = tmp_path / "home"
        root.mkdir()
        home = Home(root, receiver.variables if releases else {"SHIMMY_METRICS_ENDPOINT": NOWHERE})
        home = message.make(home) or home
        told = home.run(*message.command, command=message.program)
        assert_trouble_line(told, "", message.code)
        assert re.search(message.said, told.stderr), told.stderr
        home = message.follow(home) or home
        after = home.run(*message.command, command=message.program)
        assert after.returncode == 0, (after.stdout, after.stderr)
        assert not re.search(message.said, after.stderr)
        assert "shimmy-metrics: " not in after.stderr


ROOMS: Final = ("cli", "demo", "actions/outbox.py", "serve/upstream.py", "system/handover.py")
SOURCE: Final = Path(shimmy_metrics.__file__).parent


def _messages() -> Iterator[tuple[str, str]]:
    """Yield where each line of trouble is made in these rooms, and its longest fixed part."""
    for room in ROOMS:
        place = SOURCE / room
        for file in [place] if place.is_file() else sorted(place.rglob("*.py")):
            for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "UserError" and call.args:
                    fixed = [
                        part.value
                        for part in ast.walk(call.args[0])
                        if isinstance(part, ast.Constant) and isinstance(part.value, str)
                    ]
                    yield f"{file.name}:{call.lineno}", max(fixed, key=len, default="").strip(" :(.,")


def test_each_line_of_trouble_of_the_commands_stands_in_a_test() -> None:
    tests = Path(__file__).parent.parent
    written = "".join(file.read_text(encoding="utf-8") for file in tests.rglob("test_*.py")).replace("\\", "")
    found = list(_messages())
    assert len(found) > 15
    assert [(where, said) for where, said in found if said not in written] == []


def test_forgetting_asks_first_and_takes_the_answer_beforehand(tmp_path: Path) -> None:
    home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": NOWHERE})
    _held(home)
    told = home.run("forget", command="shimmy-metrics")
    assert_trouble_line(told, "shimmy-metrics forget: ")
    assert "asks first, and there is no terminal to ask at. Nothing was changed. Add --yes" in told.stderr
    assert store_path(home.profile).exists()
    assert home.run("forget", "--yes", command="shimmy-metrics").returncode == 0
    assert not store_path(home.profile).exists()


# --- serve --upstream ---------------------------------------------------------------------------------------------


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
        (("--bind", "here"), "this is no address. Give a number and a port, such as 127.0.0.1:"),
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


# --- what only a broken program, disk or race brings about ---------------------------------------------------------


def _run_broken(home: Home, broken: str, *words: str, name: str = "shimmy") -> Ended:
    """Run a command with something of it broken by a line of Python."""
    program = f"import sys; {broken}; from shimmy_metrics.cli import main; sys.argv = {['shimmy', *words]!r}"
    return subprocess.run(
        [sys.executable, "-c", f"{program}; sys.exit(main.{name}())"],
        env=home.environment,
        cwd=home.root,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )


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


def test_a_report_that_somebody_else_releases_meanwhile_was_gone_already(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": NOWHERE})
    _held(home)
    monkeypatch.setattr(outbox, "release", lambda *_: 0)
    with pytest.raises(UserError, match="the report is already gone") as caught:
        outbox.release_request(home.profile, outbox.find_release(home.profile, "all"))
    assert caught.value.remedy == "See shimmy config --metrics status"


def test_a_release_is_refused_once_a_switch_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": NOWHERE})
    _held(home)
    found = outbox.find_release(home.profile, "all")
    monkeypatch.setattr(outbox, "start_sender", lambda *_, **__: pytest.fail("a sender was started"))
    off = Home(tmp_path, {**home.variables, "DO_NOT_TRACK": "1"}).profile
    with pytest.raises(UserError, match="nothing may be sent now"):
        outbox.release_request(off, found)


def test_a_sender_that_cannot_be_started_leaves_the_report_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise BlockingIOError(11, "no more processes")

    home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": NOWHERE})
    _held(home)
    found = outbox.find_release(home.profile, "all")
    monkeypatch.setattr(outbox, "start_sender", refused)
    with pytest.raises(UserError, match="the sender could not be started"):
        outbox.release_request(home.profile, found)
    assert outbox.find_release(home.profile, "all") == found


def test_an_unknown_trouble_of_the_store_is_said_as_one(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught, sqlite_errors(tmp_path / "metrics.db"):
        raise sqlite3.OperationalError("something new")
    assert str(caught.value).endswith("metrics.db: cannot be used. Check the disk and the file")


def test_standard_output_that_is_full_is_said(tmp_path: Path) -> None:
    told = subprocess.run(
        ["/bin/sh", "-c", f"{BIN / 'shimmy'} config --metrics status >/dev/full"],
        env=Home(tmp_path).environment,
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    assert_trouble_line(told, "standard output: cannot be written")


def test_a_report_that_the_receiver_does_not_name_is_set_aside_with_that_reason(tmp_path: Path) -> None:
    def stores_one(handler: behave.Handler, body: bytes) -> None:
        import hashlib

        reports = json.loads(body)
        answer = {"sha256": hashlib.sha256(body).hexdigest(), "stored": [reports[0]["session_id"]], "refused": []}
        data = json.dumps(answer).encode()
        handler.send_response(422)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    with Receiver(tmp_path, stores_one) as receiver:
        root = tmp_path / "home"
        root.mkdir()
        home = Home(root, receiver.variables)
        home.metrics("enable")
        queue_report(home)
        queue_report(home, FIRST.replace("0001", "0002"))
        home.run("-m", "shimmy_metrics.delivery", command="python")
        assert "1 set aside: not taken, and the receiver's answer does not say why" in home.metrics("status").stdout
