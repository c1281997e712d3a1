"""The demo's story: a sandbox is made, something happens in it, what arrived is shown, and all of it is deleted.

Toy server, clients and receiver are threads of this process, on loopback; the meter and the sender are the real
programs, started with the sandbox as their profile. While the app is open the meter stops and starts again and again,
as with a server that is restarted, so that sessions end and what was agreed to is really sealed and sent.
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
from shimmy_metrics.demo.meter import Meter
from shimmy_metrics.demo.toy_server import ToyServer
from shimmy_metrics.demo.traffic import Traffic
from shimmy_metrics.exit_codes import Exit
from shimmy_metrics.limits import SEND_SECONDS
from shimmy_metrics.machine.gather import gather
from shimmy_metrics.receiver.loopback import LoopbackReceiver, Received
from shimmy_metrics.records import QueueState
from shimmy_metrics.system.environment import Environment
from shimmy_metrics.system.profile import Profile
from shimmy_metrics.system.text_output import print_line
from shimmy_metrics.wording.numbers import amount
from shimmy_metrics.wording.validation import findings

RUN_SECONDS: Final = 30.0
"""How long the meter runs beside the app before it stops and starts anew: long enough to look at a session, short
enough for a second report to compare with the first."""

SANDBOX: Final = "This is a sandbox: a toy server, made-up traffic, a receiver on this machine. All of it is deleted."
SANDBOX_WITH_APP: Final = (
    f"This is a sandbox: a toy server, a meter before it that ends a session every {RUN_SECONDS:.0f} s, made-up "
    "traffic, a receiver on this machine. All of it is deleted."
)

_WATCHED_SECONDS: Final = 4.0
_POLL_SECONDS: Final = 0.05
_LEFT_OUT: Final = ("DO_NOT_TRACK", "SHIMMY_METRICS", "CI", "INVOCATION_ID")
"""Switches of the person's own environment say nothing about a sandbox that sends nowhere."""


def run(with_app: bool) -> int:  # noqa: FBT001 - one caller, one question
    """Play the story, with the app in front or as lines of text; return the exit code. Raises `UserError`."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(_leaving_by_signal())
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="shimmy-demo-", ignore_cleanup_errors=True))
        )
        receiver = stack.enter_context(LoopbackReceiver())
        server = stack.enter_context(ToyServer())
        profile = _sandbox(folder, receiver.url)
        print_line(SANDBOX_WITH_APP if with_app else SANDBOX)
        if not with_app:
            enable(profile)
            print_line("1. Asked, answered: enable. (In the app you decide yourself.)")
        meter = stack.enter_context(Meter(profile, server.url, RUN_SECONDS if with_app else None))
        stack.enter_context(_unwinding_undisturbed())
        meter.start()
        with Traffic(meter.port) as traffic:
            if with_app:
                _show_app(profile)
            else:
                _tell_live(profile, server.url, meter.port)
        sent = traffic.sent
        meter.stop()
        stopped = f"The meter stopped after {amount(sent, 'answered request')}"
        # In the app the yes came later than the first requests, and the report is right to say less.
        print_line(f"{stopped}; what came before an answer was not counted." if with_app else f"5. {stopped}.")
        _tell_end(profile, receiver)
    print_line(f"Deleted: {folder}{'; what you exported stays where you saved it.' if with_app else ''}")
    return Exit.DONE


@contextlib.contextmanager
def _leaving_by_signal() -> Iterator[None]:
    """Let a signal that would end us at once unwind the story first: it leaves neither a meter nor a folder behind."""
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
def _unwinding_undisturbed() -> Iterator[None]:
    """Let no further signal interrupt what is ended and deleted once this block is left."""
    try:
        yield
    finally:
        if sys.platform != "win32":
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)


def _sandbox(folder: Path, endpoint: str) -> Profile:
    kept = {name: value for name, value in Environment.current().variables.items() if name not in _LEFT_OUT}
    return Profile.under(folder, {**kept, "SHIMMY_METRICS_ENDPOINT": endpoint, "HOME": str(folder)})


def _show_app(profile: Profile) -> None:
    from shimmy_metrics import app

    app.run(profile, notice=SANDBOX_WITH_APP)


def _tell_live(profile: Profile, upstream: str, port: int) -> None:
    print_line(f"2. A server at {upstream}, the meter before it at http://127.0.0.1:{port}, clients at work.")
    time.sleep(_WATCHED_SECONDS)
    facts = gather(profile.environment.get("TZ") or None)
    shown = overview(profile, facts)
    for live in shown.running:
        counters = live.session.counters
        print_line(
            f"3. Measured so far: {amount(counters.requests, 'request')}, {amount(counters.tokens, 'token')}, "
            f"{amount(counters.errors, 'error')}, {amount(counters.models, 'model')} (names are not kept)."
        )
        print_line(f"4. Its report, if it ended now, {len(live.report.body):,} bytes:")
        print_line(f"   {live.report.body.decode()}")


def _tell_end(profile: Profile, receiver: LoopbackReceiver) -> None:
    end = time.monotonic() + SEND_SECONDS
    while time.monotonic() < end and _on_its_way(profile):
        time.sleep(_POLL_SECONDS)
    if not receiver.received:
        shown = overview(profile, gather(profile.environment.get("TZ") or None))
        held = amount(len(shown.outbox), "report")
        why = f"{held} waited here" if shown.outbox else "no report was made"
        print_line(f"   The receiver got nothing: {why}.")
        return
    if len(receiver.received) > 1:
        arrived = [json.loads(each.body) for each in receiver.received]
        reports = sum(len(each) if isinstance(each, list) else 1 for each in arrived)
        print_line(
            f"   The receiver got {amount(reports, 'report')} in {amount(len(arrived), 'request')}, the last one:"
        )
    _tell_arrived(receiver.received[-1], profile)


def _tell_arrived(arrived: Received, profile: Profile) -> None:
    print_line(f"   The receiver got {len(arrived.body):,} bytes and answered {arrived.status}:")
    print_line(f"   {arrived.body.decode()}")
    from shimmy_metrics.actions.validate import validate_given

    found = validate_given(arrived.body, profile)
    for line in findings(found):
        print_line(f"   {line}")


def _on_its_way(profile: Profile) -> bool:
    shown = overview(profile, gather(profile.environment.get("TZ") or None))
    return shown.consent.sends and any(report.state is QueueState.DUE for report in shown.outbox)
