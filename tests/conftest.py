"""Every test lives under its own temporary home and reaches nothing but loopback."""

import gc
import ipaddress
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

KEPT = ("PATH", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "VIRTUAL_ENV", "SHIMMY_REAL_BIN")
KEPT_PREFIXES = ("PYTEST", "PYTHON", "COVERAGE", "HYPOTHESIS", "MUTANT")
"""All that a test sees of the environment in which the tests were started: no switch, proxy, locale or terminal."""


TESTS_A_CORE = 3
"""How many tests run at once under `-n auto`, for each core: most of them wait for a process, a timer or a disk."""

HEARD = [each for each in signal.Signals if each.name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT")]


def pytest_configure() -> None:
    """Let programs under test hear signals, also where the tests run behind `&` or nohup, which leave some ignored.

    And let no example of a property be failed by the time it took.
    """
    for each in HEARD:
        if signal.getsignal(each) is signal.SIG_IGN:
            signal.signal(each, signal.default_int_handler if each == signal.SIGINT else signal.SIG_DFL)
    # How long an example takes tells of the machine's other work.
    hypothesis.settings.register_profile("unhurried", hypothesis.settings(), deadline=None)
    hypothesis.settings.load_profile("unhurried")


def pytest_collection_finish() -> None:
    """Leave all that was collected out of each later garbage collection, and collect seldom.

    Otherwise a fourth of what an app under test takes would go into looking through the tests themselves.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 10)


def pytest_xdist_auto_num_workers() -> int:
    """Return what `-n auto` means here."""
    return TESTS_A_CORE * (os.cpu_count() or 1)


@pytest.fixture(autouse=True, scope="session")
def no_thread_left_at_work() -> Iterator[None]:
    """Fail if a test left a thread that never rests: every later test would share a processor with it."""
    yield
    began = time.process_time()
    time.sleep(0.5)
    # Also on a busy machine it gets more than that, and threads that wait get none.
    assert time.process_time() - began < 0.03, [each.name for each in threading.enumerate()]


@pytest.fixture(autouse=True)
def no_real_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point home, config and state away from the person's own, and forget what their shell says."""
    for name in list(os.environ):
        if name not in KEPT and not name.startswith(KEPT_PREFIXES):
            monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("TZ", "UTC")
    if sys.platform != "win32":
        time.tzset()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("APPDATA", str(home / "AppData"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(home / ".local/state"))
    return home


@pytest.fixture(autouse=True)
def no_real_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail a test that connects anywhere but to this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:  # noqa: ANN401 - socket's own form
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = str(address[0])
            allowed = host == "localhost" or (
                (host[:1].isdigit() or ":" in host) and ipaddress.ip_address(host).is_loopback
            )
            if not allowed:
                pytest.fail(f"a test tried to reach {host}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
