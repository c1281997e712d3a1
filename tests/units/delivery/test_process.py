"""The sender's process: what it is given, how long it has, and that it ends whatever happens."""

import io
import os
import signal
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from shimmy_metrics.counters import Counters
from shimmy_metrics.delivery import __main__ as process
from shimmy_metrics.delivery.unsealed import Unsealed
from shimmy_metrics.system.profile import Profile
from support.samples import COUNTERS, profile


class _Ended(BaseException):
    """The process ended with this code."""


class Process:
    """The sender's process, in ours: what it would do is written down."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.profile = profile(root)
        self.profile.state_path.mkdir(mode=0o700, parents=True)
        self.timers: list[tuple[float, object, list[int], bool]] = []
        self.done: list[tuple[Any, ...]] = []
        self.signals: list[tuple[object, ...]] = []
        self._monkeypatch = monkeypatch
        for owner, name, stand_in in (
            (os, "_exit", self._exit),
            (process, "seal_ended", lambda *given: self.done.append(("sealed", *given))),
            (process, "send_queued", lambda *given: self.done.append(("sent", *given))),
            (process, "age_seconds", lambda: 0.75),
            (time, "monotonic", lambda: 100.0),
            (threading, "Timer", self._timer),
            (Profile, "current", lambda: self.profile),
            (signal, "signal", lambda *given: self.signals.append(given)),
            (signal, "pthread_sigmask", lambda *given: self.signals.append(given)),
        ):
            monkeypatch.setattr(owner, name, stand_in)

    def _exit(self, code: int) -> None:
        raise _Ended(code)

    def _timer(self, seconds: float, what: object, given: list[int]) -> SimpleNamespace:
        timer = SimpleNamespace(daemon=False)
        timer.start = lambda: self.timers.append((seconds, what, given, timer.daemon))
        return timer

    def run(self, *arguments: str, given: bytes = b"") -> int:
        self._monkeypatch.setattr(sys, "argv", ["the module", *arguments])
        self._monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(given)))
        with pytest.raises(_Ended) as ended:
            process.main()
        return int(ended.value.args[0])


@pytest.fixture
def sender(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Process:
    return Process(tmp_path, monkeypatch)


def test_its_five_seconds_began_with_it(sender: Process) -> None:
    assert sender.run("7", "9") == 0
    assert sender.done == [("sent", sender.profile, 104.25, (7, 9))]
    assert sender.timers == [(4.25, os._exit, [1], True)]


def test_a_session_that_it_is_given_is_sealed_first(sender: Process) -> None:
    assert sender.run(given=Unsealed(3, COUNTERS, 9).as_json()) == 0
    sealed, sent = sender.done
    assert sealed == ("sealed", sender.profile, 3, COUNTERS, 9, None)
    assert isinstance(sealed[3], Counters)
    assert sent == ("sent", sender.profile, 104.25, ())


def test_what_fails_goes_to_the_log_and_it_ends(sender: Process) -> None:
    assert sender.run(given=b"no JSON") == 0
    assert Path(sender.profile.log_file).read_text().endswith(" the sender met an error and ended (JSONDecodeError)\n")
    assert sender.done == []


@pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")
def test_inherited_signals_are_undone(sender: Process) -> None:
    sender.run()
    assert sender.signals == [
        (signal.SIGTERM, signal.SIG_DFL),
        (signal.SIGINT, signal.SIG_DFL),
        (signal.SIGHUP, signal.SIG_DFL),
        (signal.SIG_SETMASK, ()),
    ]
