"""The sender in a process of its own: nobody waits for it, and it leaves nothing behind."""

import io
import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import shimmy_metrics
from shimmy_metrics.actions.decide import enable
from shimmy_metrics.delivery.detach import sender_environment, start_sender
from shimmy_metrics.delivery.unsealed import Unsealed, parse
from shimmy_metrics.system.environment import Environment
from shimmy_metrics.system.locks import Lock
from support.installed import wait_until
from support.queued import fill_outbox
from support.samples import COUNTERS, profile


def _children() -> set[str]:
    found: set[str] = set()
    for thread in Path("/proc/self/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):  # a thread that has just ended
            found |= {*(thread / "children").read_text().split()}
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_sender_that_has_ended_is_no_zombie_while_we_live(tmp_path: Path) -> None:
    homes = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}
    before = _children()
    start_sender(profile(tmp_path, **homes, PATH=os.environ["PATH"]), released=[1])
    assert wait_until(lambda: _children() <= before)


@pytest.mark.skipif(sys.platform != "linux", reason="stops a process at its start")
def test_nobody_waits_for_the_sender(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nexec sleep 60\n")
    python.chmod(0o755)
    before = _children()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sys, "executable", str(python))
        start_sender(profile(tmp_path, PATH=os.environ["PATH"]), released=[1])
    (child,) = _children() - before  # it sleeps for a minute, and we are here
    os.kill(int(child), signal.SIGKILL)
    assert wait_until(lambda: child not in _children())


PASSED_ON = (
    "HOME", "PATH", "LANG", "TZ", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR",
    "DO_NOT_TRACK", "SHIMMY_METRICS", "SHIMMY_METRICS_ENDPOINT", "SYSTEMROOT", "WINDIR", "APPDATA", "LOCALAPPDATA",
    "USERPROFILE", "TEMP", "TMP",
)  # fmt: skip


def test_the_sender_gets_neither_keys_nor_anything_else_of_the_server_s_environment() -> None:
    given = {name: "x" for each in PASSED_ON for name in (each, each.lower())}
    given |= {"XDG_STATE_HOME": "/s", "XDG_CONFIG_HOME": "/c"}
    others = {
        "SHIMMY_API_KEY": "k",
        "OPENAI_API_KEY": "k",
        "AWS_SECRET_ACCESS_KEY": "k",
        "LD_PRELOAD": "/x",
        "USER": "u",
        "MY_XDG_KEY": "k",
    }
    assert sender_environment(Environment({**given, **others})) == given


def test_a_program_that_python_s_path_leads_to_has_a_sender_and_nothing_else_of_that_path_is_passed_on() -> None:
    installed = str(Path(shimmy_metrics.__file__).parents[1])
    path = os.pathsep.join(["/elsewhere", "", installed])
    assert sender_environment(Environment({"PYTHONPATH": path})) == {"PYTHONPATH": installed}
    assert sender_environment(Environment({"PYTHONPATH": "/elsewhere"})) == {}


class _Pipe(io.BytesIO):
    """The sender's standard input; broken where it has ended already."""

    def __init__(self, *, broken: bool) -> None:
        super().__init__()
        self.told = b""
        self._broken = broken

    def close(self) -> None:
        if not self.closed:
            self.told = self.getvalue()
            super().close()
            if self._broken:
                raise BrokenPipeError


class _Started:
    """Stands in for `subprocess.Popen`: what was started, what was written to it, whether it is waited for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, broken: bool = False) -> None:
        self.calls: list[tuple[list[str], dict[str, object]]] = []
        self.waited_by: list[threading.Thread] = []
        self.pipe = _Pipe(broken=broken)
        self.stdin: _Pipe | None = None
        monkeypatch.setattr(subprocess, "Popen", self._popen)

    def _popen(self, command: list[str], **more: object) -> "_Started":
        self.calls.append((command, more))
        self.stdin = self.pipe if more["stdin"] == subprocess.PIPE else None
        return self

    def wait(self) -> None:
        self.waited_by.append(threading.current_thread())


def test_it_is_started_apart_from_us(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = profile(tmp_path, OPENAI_API_KEY="k")
    started = _Started(monkeypatch)
    start_sender(mine, released=[7, 9])
    assert started.calls == [
        (
            [sys.executable, "-P", "-m", "shimmy_metrics.delivery", "7", "9"],
            {
                "cwd": "/",
                "stdin": subprocess.DEVNULL,
                "stdout": subprocess.DEVNULL,
                "stderr": subprocess.DEVNULL,
                "env": sender_environment(mine.environment),
                "start_new_session": True,
                "creationflags": 0,
                "pass_fds": (),
            },
        )
    ]
    assert wait_until(lambda: bool(started.waited_by))
    (waiting,) = started.waited_by
    assert (waiting.name, waiting.daemon) == ("sender", True)


def test_it_is_given_the_session_that_had_no_time_and_its_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started = _Started(monkeypatch)
    lock = Lock(tmp_path / "session-3.lock")
    lock.take()
    start_sender(profile(tmp_path), ended=Unsealed(3, COUNTERS, lock.shared()))
    ((command, more),) = started.calls
    assert command[-1] == "shimmy_metrics.delivery"
    assert more["stdin"] == subprocess.PIPE
    assert started.pipe.closed  # it reads to the end
    row_id, counters, shared, session = parse(started.pipe.told)
    assert (row_id, counters, session) == (3, COUNTERS, None)
    assert shared is not None
    assert more["pass_fds"] == (shared,)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(shared)  # the sender has its own
    lock.release()


def test_a_session_whose_lock_is_lost_is_given_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started = _Started(monkeypatch)
    start_sender(profile(tmp_path), ended=Unsealed(3, COUNTERS, None))
    ((_, more),) = started.calls
    assert more["pass_fds"] == ()
    assert parse(started.pipe.told).lock is None


def test_one_that_died_at_once_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started = _Started(monkeypatch, broken=True)
    start_sender(profile(tmp_path), ended=Unsealed(3, COUNTERS, None))
    assert len(started.calls) == 1

    def no_thread(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", no_thread)
    start_sender(profile(tmp_path))
    assert len(started.calls) == 2


@pytest.mark.parametrize(
    ("more", "starts"), [({}, False), ({"at_start": True}, True), ({"released": [1]}, True), ({"released": []}, False)]
)
def test_where_it_would_be_killed_with_us_it_goes_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: dict[str, Any], starts: bool
) -> None:
    started = _Started(monkeypatch)
    start_sender(profile(tmp_path, INVOCATION_ID="a unit's"), **more)
    assert bool(started.calls) is starts


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_sender_has_default_signals_and_the_root_as_its_folder(tmp_path: Path) -> None:
    """A meter blocks signals and works in the person's folder: a sender that inherited that could not be ended."""
    with socket.create_server(("127.0.0.1", 0)) as mute:  # it takes the connection and says nothing
        mute.settimeout(10)
        endpoint = f"http://127.0.0.1:{mute.getsockname()[1]}/v1/usage"
        mine = profile(tmp_path, HOME=str(tmp_path), PATH=os.environ["PATH"], SHIMMY_METRICS_ENDPOINT=endpoint)
        enable(mine)
        fill_outbox(mine, 1)
        before = _children()
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGUSR1})
        try:
            start_sender(mine)
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM, signal.SIGUSR1})
        connection, _ = mute.accept()
        (child,) = _children() - before
        process = Path("/proc") / child
        assert os.readlink(process / "cwd") == "/"
        status = dict(line.split(":\t", 1) for line in (process / "status").read_text().splitlines() if ":\t" in line)
        assert int(status["SigBlk"], 16) == 0
        assert {os.readlink(process / f"fd/{number}") for number in (0, 1, 2)} == {"/dev/null"}
        os.kill(int(child), signal.SIGTERM)
        assert wait_until(lambda: child not in _children())
        connection.close()
