"""The sender in a process of its own, so that a server's exit waits for no network."""

import contextlib
import os
import sys
from collections.abc import Collection
from typing import Final

from shimmy_metrics.delivery.unsealed import Unsealed
from shimmy_metrics.system.environment import SWITCHES, Environment
from shimmy_metrics.system.profile import Profile

# -P: a folder named shimmy_metrics in the person's current directory must not be imported.
SENDER: Final[tuple[str, ...]] = (sys.executable, "-P", "-m", "shimmy_metrics.delivery")
"""The words that run a sender."""

_INSTALLED: Final = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
"""The folder in which this package lies."""

_PASSED_ON: Final = frozenset(
    (
        "HOME",
        "PATH",
        "LANG",
        "TZ",
        # Proxies and certificate authorities, as usual.
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        # Our own switches.
        *SWITCHES,
        "SHIMMY_METRICS_ENDPOINT",
        # Without these Windows opens no socket and finds no profile.
        "SYSTEMROOT",
        "WINDIR",
        "APPDATA",
        "LOCALAPPDATA",
        "USERPROFILE",
        "TEMP",
        "TMP",
    )
)


def start_sender(
    profile: Profile,
    *,
    at_start: bool = False,
    released: Collection[int] = (),
    ended: Unsealed | None = None,
) -> None:
    """Start the detached sender and return at once. Raise `OSError` where it cannot be started.

    Where the sender would be killed or would delay a stop (in a container, in a systemd unit) none is started at a
    session's end; the reports are sent `at_start` of the next session. `released` are the row ids of reports that a
    person released by hand. `ended` is a session that this process could not seal in time: the sender seals it first.
    It inherits the session's lock until then, so that no other process takes the session for a crashed one and seals
    the counters last written; our own descriptor of that lock is closed.
    """
    if profile.environment.supervised and not (at_start or released):
        return
    import subprocess  # imported here: a command that starts no sender needs neither
    import threading

    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NO_WINDOW
    lock = None if ended is None else ended.lock
    process = subprocess.Popen(
        [*SENDER, *map(str, released)],
        cwd="/" if sys.platform != "win32" else None,
        stdin=subprocess.DEVNULL if ended is None else subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=sender_environment(profile.environment),
        start_new_session=True,
        creationflags=flags,
        pass_fds=() if lock is None else (lock,),
    )
    if ended is not None and process.stdin is not None:
        with contextlib.suppress(OSError), process.stdin:  # less than a pipe holds, so this does not block
            process.stdin.write(ended.as_json())
    if lock is not None:
        os.close(lock)  # the sender has its own
    # The sender may outlive this process. Where it does not, as in the app, it must leave no zombie.
    with contextlib.suppress(RuntimeError):  # no more threads: it stays a zombie until this process ends
        threading.Thread(target=process.wait, daemon=True, name="sender").start()


def sender_environment(environment: Environment) -> dict[str, str]:
    """Return the sender's environment: no API key and nothing else that is meant for the server."""
    passed_on = {
        name: value
        for name, value in environment.variables.items()
        if name.upper() in _PASSED_ON or name.startswith("XDG_")
    }
    searched = map(os.path.realpath, filter(None, environment.get("PYTHONPATH").split(os.pathsep)))
    # Without it a program that was installed there (pip install --target) would have no sender.
    return {**passed_on, "PYTHONPATH": _INSTALLED} if _INSTALLED in searched else passed_on
