"""No process is signalled by a number that stands in a file."""

import subprocess
import sys
from pathlib import Path
from subprocess import PIPE

from shimmy_metrics.actions.decide import decline
from shimmy_metrics.delivery.sender_lock import lock_path, wait_until_gone
from shimmy_metrics.receiver.loopback import LoopbackReceiver
from shimmy_metrics.system.locks import Lock
from support.queued import fill_outbox
from support.samples import today
from support.sending import ready, send


def test_a_number_planted_in_a_lock_is_no_process_s(tmp_path: Path) -> None:
    with LoopbackReceiver(today) as receiver, subprocess.Popen([sys.executable, "-c", "input()"], stdin=PIPE) as mark:
        mine = ready(tmp_path, receiver.url)
        fill_outbox(mine, 1)
        lock = Path(lock_path(mine))
        for each in (lock, lock.with_name("session-1.lock")):
            each.touch(mode=0o600)
            each.write_text(f"{mark.pid}\n")
        other = Lock(lock)
        assert other.take()
        send(mine, 0.3)
        assert not wait_until_gone(mine, 0.1)
        other.release()
        send(mine)
        decline(mine)
        assert wait_until_gone(mine, 3.0)
        alive = mark.poll() is None
        mark.kill()
    assert alive
    assert len(receiver.received) == 1
