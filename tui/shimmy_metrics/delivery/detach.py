"""The sender in a process of its own, so that a server's exit waits for no network."""

import contextlib
import subprocess
import sys
import threading

from shimmy_metrics.system.profile import Profile


def start_sender(profile: Profile, *, at_start: bool = False, by_hand: bool = False) -> None:
    """Start the detached sender and return at once.

    Where it would be killed or would hold up a stop (a container's first process, a systemd unit) nothing is started
    at a session's end; the reports go `at_start` of the next one instead. Raises `OSError`.
    """
    if profile.environment.supervised and not (at_start or by_hand):
        return
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NO_WINDOW
    # -P: a folder named shimmy_metrics in the person's current directory must not be imported.
    command = [sys.executable, "-P", "-m", "shimmy_metrics.delivery", *(["--by-hand"] if by_hand else [])]
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=dict(profile.environment.variables),
        start_new_session=True,
        creationflags=flags,
    )
    # It may outlive us, so nothing here depends on its end. Where we live on, as the app does, it must leave no zombie.
    with contextlib.suppress(RuntimeError):  # no further thread: then it stays one until we end
        threading.Thread(target=process.wait, daemon=True, name="sender").start()
