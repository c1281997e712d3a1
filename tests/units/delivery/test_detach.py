"""The sender in a process of its own: nobody waits for it, and it leaves nothing behind."""

import os
import signal
import sys
from pathlib import Path

import pytest

from shimmy_metrics.delivery.detach import start_sender
from support.installed import wait_until
from support.samples import profile


def _children() -> set[str]:
    found: set[str] = set()
    for thread in Path("/proc/self/task").iterdir():
        found |= {*(thread / "children").read_text().split()}
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_sender_that_has_ended_is_no_zombie_while_we_live(tmp_path: Path) -> None:
    homes = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}
    before = _children()
    start_sender(profile(tmp_path, **homes, PATH=os.environ["PATH"]), by_hand=True)
    assert wait_until(lambda: _children() <= before)


@pytest.mark.skipif(sys.platform != "linux", reason="stops a process at its start")
def test_nobody_waits_for_the_sender(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nexec sleep 60\n")
    python.chmod(0o755)
    before = _children()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sys, "executable", str(python))
        start_sender(profile(tmp_path, PATH=os.environ["PATH"]), by_hand=True)
    (child,) = _children() - before  # it sleeps for a minute, and we are here
    os.kill(int(child), signal.SIGKILL)
    assert wait_until(lambda: child not in _children())
