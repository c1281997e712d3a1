"""The processes of one home, found by their environment, since none of them writes a pid file."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from support.installed import Home, wait_until

_STANDS_SECONDS: Final = 1.0


def processes(home: Home, words: str = "") -> list[int]:
    """Return the processes that live in this home, of those whose command line has these words."""
    found = []
    for process in Path("/proc").iterdir():
        with suppress(OSError):
            there = f"XDG_STATE_HOME={home.root / 'state'}".encode()
            named = words.encode() in (process / "cmdline").read_bytes().replace(b"\0", b" ")
            if process.name.isdecimal() and named and there in (process / "environ").read_bytes().split(b"\0"):
                found.append(int(process.name))
    return found


def kill(home: Home, words: str) -> int:
    """Kill them; return how many there were."""
    killed = 0
    for process in processes(home, words):
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
            killed += 1
    return killed


def no_sender(home: Home) -> None:
    """Wait until no sender is at work: an exit that had no time to seal its session leaves that to one."""
    assert wait_until(lambda: not processes(home, "shimmy_metrics.delivery"))


@contextmanager
def frozen(home: Home) -> Iterator[None]:
    """Stop every process of the home between two of its instructions, as a power cut would, and let it go on after."""
    stopped: set[int] = set()
    try:
        # A process may have started another meanwhile.
        while new := set(processes(home)) - stopped:
            for process in new:
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGSTOP)
            stopped |= new
            # A process that waits for its child's exec (vfork) does nothing, but cannot be stopped while the child is.
            end = time.monotonic() + _STANDS_SECONDS
            while not all(map(_stands, new)) and time.monotonic() < end:
                time.sleep(0.001)
        yield
    finally:
        for process in stopped:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGCONT)


def _stands(process: int) -> bool:
    """Whether every thread of it stands still, or it is gone."""
    with suppress(OSError):
        threads = list(Path(f"/proc/{process}/task").iterdir())
        states = [(thread / "stat").read_text().rpartition(")")[2].split()[0] for thread in threads]
        return all(state in ("T", "Z", "X") for state in states)
    return True
