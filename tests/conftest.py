"""Every test lives under its own temporary home and reaches nothing but loopback."""

import gc
import ipaddress
import itertools
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

KEPT = ("PATH", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "VIRTUAL_ENV", "SHIMMY_REAL_BIN")
KEPT_PREFIXES = ("PYTEST", "PYTHON", "COVERAGE", "HYPOTHESIS", "MUTANT")
"""All that a test sees of the environment in which the tests were started: no switch, proxy, locale or terminal."""


TESTS_A_CORE = 4
"""How many tests run at once under `-n auto`, for each core: most of them wait for a process, a timer or a disk."""

LONG_FILES = (
    *("test_walk.py", "test_instructions.py", "test_usage.py", "test_pictures.py", "test_copies.py"),
    *("test_diff_driver.py", "test_receive_cluster.py", "test_deadline.py", "test_deciding.py"),
    *("test_what_answers_lead_to.py", "test_full_disk.py", "test_full_disk_store.py", "test_withdrawal.py"),
    *("test_last_word.py", "test_diff_driver_scroll.py", "test_receiver_durable.py", "test_one_digest.py"),
)
"""Files with tests that take many seconds, of a processor or of waiting, the longest first."""

HEARD = [each for each in signal.Signals if each.name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT")]


TESTS = Path(__file__).parent

HOMES = itertools.count()
"""Names of the homes of this process's tests."""


def pytest_configure() -> None:
    """Let programs under test hear signals, also where the tests run behind `&` or nohup, which leave some ignored.

    And let no example of a property be failed by the time it took, and compiled tests be kept, also in containers,
    whose images often forbid it: otherwise every worker of every run compiles all of them.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    for each in HEARD:
        if signal.getsignal(each) is signal.SIG_IGN:
            signal.signal(each, signal.default_int_handler if each == signal.SIGINT else signal.SIG_DFL)
    # How long an example takes tells of the machine's other work.
    hypothesis.settings.register_profile("unhurried", hypothesis.settings(), deadline=None)
    hypothesis.settings.load_profile("unhurried")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Let each worker begin with other files, so that of tests not yet compiled each compiles its part and no more."""
    worker: dict[str, Any] | None = getattr(session.config, "workerinput", None)
    if worker is None or [Path(each).resolve() for each in session.config.args] != [TESTS]:
        return
    files = sorted(map(str, TESTS.rglob("test_*.py")))
    first = len(files) * int(worker["workerid"].removeprefix("gw")) // worker["workercount"]
    session.config.args = [*files[first:], *files[:first]]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Have them in one order for all workers, which may have begun with different files; those that take long first.

    One that took half a minute at the end would leave all other workers idle. Each worker begins with an equal number
    of tests in their order, and what another takes from it is its last: so of the long files each heads one part.
    """
    items.sort(key=lambda item: str(item.path))
    workers = int(getattr(config, "workerinput", {}).get("workercount", 1))
    heads: list[list[pytest.Item]] = [[] for _ in range(workers)]
    for number, name in enumerate(LONG_FILES):
        heads[number % workers] += [item for item in items if item.path.name == name]
    others = [item for item in items if item.path.name not in LONG_FILES]
    ordered: list[pytest.Item] = []
    for number, head in enumerate(heads):
        room = max((len(items) - len(ordered)) // (workers - number) - len(head), 0)
        ordered += [*head, *others[:room]]
        others = others[room:]
    items[:] = ordered


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect tests without collecting garbage, leave all of them out of each later collection, and collect seldom.

    Otherwise a fourth of what an app under test takes would go into looking through the tests themselves.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.set_threshold(20_000, 20, 10)
        gc.enable()


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
    # Not numbered by pytest, which would read the whole folder of thousands for each new one.
    home = tmp_path_factory.getbasetemp() / "homes" / str(next(HOMES))
    home.mkdir(mode=0o700, parents=True)
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
