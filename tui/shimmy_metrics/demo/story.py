"""The demo's story: a sandbox is made, something happens in it, what arrived is shown, and all of it is deleted.

Toy server, clients and receiver are threads of this process, on loopback; the meter and the sender are the real
programs, started with the sandbox as their profile.
"""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from shimmy_metrics.actions.decide import enable
from shimmy_metrics.actions.overview import overview
from shimmy_metrics.demo.toy_server import ToyServer
from shimmy_metrics.demo.traffic import Traffic
from shimmy_metrics.errors import Exit, TroubleError
from shimmy_metrics.limits import SEND_SECONDS
from shimmy_metrics.machine.gather import gather
from shimmy_metrics.receiver.loopback import LoopbackReceiver
from shimmy_metrics.system.environment import Environment
from shimmy_metrics.system.profile import Profile
from shimmy_metrics.wording import amount, findings

SANDBOX: Final = "This is a sandbox: a toy server, made-up traffic, a receiver on this machine. All of it is deleted."

COLUMNS: Final = 79
_WATCHED_SECONDS: Final = 4.0
_START_SECONDS: Final = 10.0
_POLL_SECONDS: Final = 0.05
_LEFT_OUT: Final = ("DO_NOT_TRACK", "SHIMMY_METRICS", "CI", "INVOCATION_ID")
"""Switches of the person's own environment say nothing about a sandbox that sends nowhere."""


def run(with_app: bool) -> int:  # noqa: FBT001 - one caller, one question
    """Play the story, with the app in front or as lines of text; return the exit code. Raises `TroubleError`."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(_leaving_by_signal())
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="shimmy-demo-", ignore_cleanup_errors=True))
        )
        receiver = stack.enter_context(LoopbackReceiver())
        server = stack.enter_context(ToyServer())
        profile = _sandbox(folder, receiver.url)
        _say(SANDBOX)
        if not with_app:
            enable(profile)
            _say("1. Asked, answered: enable. (In the app you decide yourself.)")
        port, meter = stack.enter_context(_meter(profile, server.url))
        with Traffic(port) as traffic:
            if with_app:
                _show_app(profile)
            else:
                _tell_live(profile, server.url, port)
        sent = traffic.sent
        meter.terminate()  # SIGINT would be ignored where a script runs this in its background
        meter.wait(SEND_SECONDS)
        stopped = f"The server stopped after {amount(sent, 'answered request')}"
        # In the app the yes came later than the first requests, and the report is right to say less.
        _say(f"{stopped}; what came before a yes was not counted." if with_app else f"5. {stopped}.")
        _tell_end(profile, receiver)
    _say(f"Deleted: {folder}{'; what you exported stays where you saved it.' if with_app else ''}")
    return Exit.DONE


@contextlib.contextmanager
def _leaving_by_signal() -> Iterator[None]:
    """Let a signal that would end us at once unwind the story first: it leaves neither a meter nor a folder behind."""
    if sys.platform == "win32":
        yield
        return

    def leave(number: int, _: object) -> None:
        sys.exit(128 + number)

    ending = [each for each in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(each) is signal.SIG_DFL]
    for number in ending:
        signal.signal(number, leave)
    try:
        yield
    finally:
        for number in ending:
            signal.signal(number, signal.SIG_DFL)


def _sandbox(folder: Path, endpoint: str) -> Profile:
    kept = {name: value for name, value in Environment.current().variables.items() if name not in _LEFT_OUT}
    return Profile.under(folder, {**kept, "SHIMMY_METRICS_ENDPOINT": endpoint, "HOME": str(folder)})


@contextlib.contextmanager
def _meter(profile: Profile, upstream: str) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Start the real meter before the toy server; give its port and process."""
    port = _free_port()
    address = f"127.0.0.1:{port}"
    command = [sys.executable, "-P", "-m", "shimmy_metrics", "serve", "--upstream", upstream, "--bind", address]
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=dict(profile.environment.variables),
        start_new_session=True,
    )
    try:
        _wait_for_port(port, process)
        yield port, process
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    import socket

    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(_POLL_SECONDS)
    raise TroubleError("the meter did not start", where=f"127.0.0.1:{port}", remedy="Try again")


def _show_app(profile: Profile) -> None:
    from shimmy_metrics import app

    app.run(profile, notice=SANDBOX)


def _tell_live(profile: Profile, upstream: str, port: int) -> None:
    _say(f"2. A server at {upstream}, the meter before it at http://127.0.0.1:{port}, clients at work.")
    time.sleep(_WATCHED_SECONDS)
    facts = gather(profile.environment.get("TZ") or None)
    shown = overview(profile, facts)
    for live in shown.running:
        counters = live.session.counters
        _say(
            f"3. Measured so far: {amount(counters.requests, 'request')}, {amount(counters.tokens, 'token')}, "
            f"{amount(counters.errors, 'error')}, {amount(counters.models, 'model')} (the name is not kept)."
        )
        _say(f"4. As it would leave now, {len(live.would_be.body):,} bytes:")
        _say(f"   {live.would_be.body.decode()}")


def _tell_end(profile: Profile, receiver: LoopbackReceiver) -> None:
    end = time.monotonic() + SEND_SECONDS
    while not receiver.received and time.monotonic() < end and _waits(profile):
        time.sleep(_POLL_SECONDS)
    if not receiver.received:
        _say("   The receiver got nothing: nothing was agreed to, or reports were held.")
    for arrived in receiver.received:
        _say(f"   The receiver got {len(arrived.body):,} bytes and answered {arrived.status}:")
        _say(f"   {arrived.body.decode()}")
        from shimmy_metrics.actions.validate import validate_given

        found = validate_given(arrived.body, profile)
        for line in findings(found.faults, found.canaries, found.checked):
            _say(f"   {line}")


def _waits(profile: Profile) -> bool:
    shown = overview(profile, gather(profile.environment.get("TZ") or None))
    return bool(shown.outbox) and shown.standing.sends and os.path.exists(shown.store_path)


def _say(line: str) -> None:
    """Print a line; on a terminal it is folded between words: a report has none and stays as it is."""
    if sys.stdout.isatty():
        indent = " " * (len(line) - len(line.lstrip()))
        folded = textwrap.wrap(line, COLUMNS, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
        line = "\n".join(folded)
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
