"""Run the demo: make a sandbox, measure a toy server in it, show what the receiver got, and delete all of it.

The toy server, its clients and the receiver are threads of this process, on loopback. `serve` and the sender are the
real programs, with the sandbox as their profile. While the app is open `serve` is restarted at intervals, so that
sessions end, and are sealed and sent if the person said yes.
"""

import contextlib
import json
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from shimmy_metrics.actions.decide import enable
from shimmy_metrics.actions.overview import overview
from shimmy_metrics.demo.serve_process import ServeProcess
from shimmy_metrics.demo.toy_server import ToyServer
from shimmy_metrics.demo.traffic import Traffic
from shimmy_metrics.exit_codes import Exit
from shimmy_metrics.limits import SEND_SECONDS
from shimmy_metrics.machine.gather import gather
from shimmy_metrics.receiver.loopback import LoopbackReceiver, Received
from shimmy_metrics.records import QueueState
from shimmy_metrics.system.environment import SWITCHES, Environment
from shimmy_metrics.system.profile import Profile
from shimmy_metrics.system.text_output import print_line
from shimmy_metrics.wording.numbers import amount
from shimmy_metrics.wording.validation import findings

RUN_SECONDS: Final = 30.0
"""How long each session lasts beside the app: long enough to look at it, short enough that a second report comes soon,
to compare with the first."""

SANDBOX: Final = (
    "This is a sandbox: a toy server, made-up traffic, a receiver on this machine. All of it is deleted at the end."
)
SANDBOX_WITH_APP: Final = (
    f"This is a sandbox: a toy server, a meter in front of it that ends a session every {RUN_SECONDS:.0f} s, made-up "
    "traffic, a receiver on this machine. All of it is deleted at the end. The keys act on it; the commands that it "
    "names, typed elsewhere, act on your own files."
)

_MEASURED_SECONDS: Final = 4.0
_POLL_SECONDS: Final = 0.05
_SWITCHES: Final = (*SWITCHES, "CI", "INVOCATION_ID")
"""Variables of the person's environment that the sandbox ignores: it sends to this machine alone."""


def run(with_app: bool) -> int:  # noqa: FBT001 - one caller, one question
    """Run the demo, with the app in front or as lines of text. Return the exit code; raise `UserError`."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(_exit_on_signals())
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="shimmy-demo-", ignore_cleanup_errors=True))
        )
        receiver = stack.enter_context(LoopbackReceiver(folder=folder / "receiver"))
        server = stack.enter_context(ToyServer())
        profile = _sandbox(folder, receiver.url)
        print_line(SANDBOX_WITH_APP if with_app else SANDBOX)
        if not with_app:
            enable(profile)
            print_line("1. The question is answered: enable. (In the app you answer it yourself.)")
        serve = stack.enter_context(ServeProcess(profile, server.url, RUN_SECONDS if with_app else None))
        stack.enter_context(_ignore_signals_at_exit())
        serve.start()
        with Traffic(serve.port) as traffic:
            if with_app:
                _show_app(profile)
            else:
                _print_running(profile, server.url, serve.port)
        answered = traffic.answered
        serve.stop()
        stopped = f"The meter stopped after {amount(answered, 'answered request')}"
        # In the app the yes came after the first requests, if it came, so reports rightly count fewer.
        counted = "Counted were those that came while you had said yes, or only for me."
        print_line(f"{stopped}. {counted}" if with_app else f"5. {stopped}.")
        _print_outcome(profile, receiver)
    print_line(f"Deleted: {folder}{'; what you exported stays where you saved it.' if with_app else ''}")
    return Exit.DONE


@contextlib.contextmanager
def _exit_on_signals() -> Iterator[None]:
    """Exit in order on a signal that would kill this process at once: neither a process nor a folder is left behind."""
    if sys.platform == "win32":
        yield
        return

    def leave(number: int, _: object) -> None:
        sys.exit(128 + number)

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    for number, handler in before.items():
        if handler is signal.SIG_DFL:
            signal.signal(number, leave)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _ignore_signals_at_exit() -> Iterator[None]:
    """Ignore further signals once this block is left, so that the cleanup is not interrupted."""
    try:
        yield
    finally:
        if sys.platform != "win32":
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)


def _sandbox(folder: Path, endpoint: str) -> Profile:
    inherited = {name: value for name, value in Environment.current().variables.items() if name not in _SWITCHES}
    return Profile.under(folder, {**inherited, "SHIMMY_METRICS_ENDPOINT": endpoint, "HOME": str(folder)})


def _show_app(profile: Profile) -> None:
    from shimmy_metrics import app

    app.run(profile, notice=SANDBOX_WITH_APP)


def _print_running(profile: Profile, upstream: str, port: int) -> None:
    print_line(f"2. A server at {upstream}, the meter in front of it at http://127.0.0.1:{port}, clients at work.")
    time.sleep(_MEASURED_SECONDS)
    facts = gather(profile.environment)
    shown = overview(profile, facts)
    for live in shown.running:
        counters = live.session.counters
        print_line(
            f"3. Measured so far: {amount(counters.requests, 'request')}, {amount(counters.tokens, 'token')}, "
            f"{amount(counters.errors, 'error')}, {amount(counters.models, 'model')} (names are not kept)."
        )
        print_line(f"4. If it ended now, this report would be sent, {len(live.report.body):,} bytes:")
        print_line(f"   {live.report.body.decode()}")


def _print_outcome(profile: Profile, receiver: LoopbackReceiver) -> None:
    end = time.monotonic() + SEND_SECONDS
    while time.monotonic() < end and _is_due(profile):
        time.sleep(_POLL_SECONDS)
    if not receiver.received:
        shown = overview(profile, gather(profile.environment))
        why = f"{amount(len(shown.outbox), 'report')} queued here" if shown.outbox else "no report was made"
        print_line(f"   The receiver got nothing: {why}.")
        return
    if len(receiver.received) > 1:
        bodies = [json.loads(each.body) for each in receiver.received]
        reports = sum(len(each) if isinstance(each, list) else 1 for each in bodies)
        print_line(
            f"   The receiver got {amount(reports, 'report')} in {amount(len(bodies), 'request')}, the last one:"
        )
    _print_received(receiver.received[-1], profile)


def _print_received(received: Received, profile: Profile) -> None:
    print_line(f"   The receiver got {len(received.body):,} bytes and answered {received.status}:")
    print_line(f"   {received.body.decode()}")
    from shimmy_metrics.actions.validate import validate_given

    found = validate_given(received.body, profile)
    for line in findings(found):
        print_line(f"   {line}")


def _is_due(profile: Profile) -> bool:
    shown = overview(profile, gather(profile.environment))
    return shown.consent.sends and any(report.state is QueueState.DUE for report in shown.outbox)
