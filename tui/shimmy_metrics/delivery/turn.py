"""Whose turn it is: one sender at a time, known by the lock that its process holds. Loads nothing of the network."""

import contextlib
import os
from pathlib import Path

from shimmy_metrics.system.locks import held
from shimmy_metrics.system.profile import Profile


def lock_path(profile: Profile) -> Path:
    """Return the file whose lock the running sender holds; it tells the sender's process number."""
    return profile.state_dir / "sender.lock"


def tell_process(profile: Profile) -> None:
    """Write this process's number into the lock's file, for `stop_sender`."""
    with contextlib.suppress(OSError):
        lock_path(profile).write_text(f"{os.getpid()}\n")


def stop_sender(profile: Profile) -> None:
    """End a running sender: a withdrawal does not wait for a request that is on its way."""
    path = lock_path(profile)
    if not held(path):
        return
    import signal  # its names are made when it is loaded, and hardly ever does a sender run

    with contextlib.suppress(OSError, ValueError):
        os.kill(int(path.read_text()), signal.SIGTERM)
