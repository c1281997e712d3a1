"""Put the receiver together, and run it until a signal comes."""

import contextlib
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from shimmy_metrics.errors import UserError
from shimmy_metrics.receiver.asgi import Receiver
from shimmy_metrics.receiver.folder import Folder, prepared
from shimmy_metrics.receiver.intake import Intake
from shimmy_metrics.receiver.keys import load_keys
from shimmy_metrics.receiver.listener import Address, bind
from shimmy_metrics.receiver.programme import set_k, watched
from shimmy_metrics.receiver.rate import Rate
from shimmy_metrics.receiver.retain import DailyRetention, Retained, retain
from shimmy_metrics.receiver.server import Server, once_a_turn
from shimmy_metrics.receiver.sqlite.counters import Counters
from shimmy_metrics.receiver.store import StoreError
from shimmy_metrics.receiver.stores import choose, drain_of, open_store
from shimmy_metrics.receiver.writer import Writer
from shimmy_metrics.receiver.writing_process import collect_seldom, start

if TYPE_CHECKING:
    from shimmy_metrics.receiver.clickhouse.drain import Drain

_SAVE_SECONDS: Final = 10.0
_LOOK_SECONDS: Final = 60.0
_DELIVER_SECONDS: Final = 1.0
_LET_GO_SECONDS: Final = 5.0
"""On exit a week that is being aggregated is abandoned after this long; the next start aggregates it anew."""


class Options(NamedTuple):
    """What the operator chose. `k` and `store` are None where nothing was said of them."""

    data: Path
    listen: Address
    trusted_proxy: str = ""
    tls: ssl.SSLContext | None = None
    k: int | None = None
    store: str | None = None


def run(options: Options, listening: Callable[[Address], None]) -> None:
    """Receive until a signal comes, then answer what has begun and finish what must be written.

    `listening` is called with the address, its port filled in, once connections are taken. Raises `UserError`.
    """
    with contextlib.ExitStack() as stack:
        socket = stack.enter_context(bind(options.listen))
        address = options.listen if options.listen.path else options.listen._replace(port=socket.getsockname()[1])
        if options.listen.path:
            stack.callback(Path(options.listen.path).unlink, missing_ok=True)
        folder = prepared(options.data)
        if options.k is not None:
            set_k(folder, options.k, datetime.now(UTC).date())
        if options.store is not None:
            choose(folder, options.store)
        keys = load_keys(folder, datetime.now(UTC).date())
        counters = stack.enter_context(_counters(folder))
        writer = Writer(lambda: start(folder))
        drain = drain_of(folder)
        if drain is not None:
            stack.enter_context(_every(_DELIVER_SECONDS, lambda: _deliver(drain)))
        daily = DailyRetention(lambda now: _retain(folder, now), lambda: counters.count(["retention failed"]))
        stack.enter_context(_every(_LOOK_SECONDS, daily.look))
        intake = Intake(writer.submit, keys.hashing, keys.certain_from)
        receiver = Receiver(
            intake.store,
            intake.recall,
            once_a_turn(watched(folder)),
            counters.count,
            wait_seconds=Rate().wait_seconds,
            trusted_proxy=options.trusted_proxy,
            today=once_a_turn(lambda: datetime.now(UTC).date()),
        )
        server = Server(receiver, options.tls, lambda: listening(address), counters.count, around=writer)
        collect_seldom()
        try:
            open_store(folder).check()
            server.run([socket])
        except StoreError as error:
            raise UserError(f"the store cannot be used: {error}", where=str(folder.path)) from None


def _deliver(drain: "Drain") -> None:
    with contextlib.suppress(StoreError, OSError):  # `status` tells why; it waits in the folder, and is tried again
        drain.run(datetime.now(UTC))


def _retain(folder: Folder, now: datetime) -> Retained:
    with contextlib.closing(open_store(folder)) as store:
        return retain(store, folder, now)


@contextlib.contextmanager
def _counters(folder: Folder) -> Iterator[Counters]:
    """Yield counters that are saved every few seconds, and at the end."""
    counters = Counters(folder)
    with _every(_SAVE_SECONDS, counters.save):
        yield counters
    counters.save()


@contextlib.contextmanager
def _every(seconds: float, act: Callable[[], None]) -> Iterator[None]:
    """Do something in a thread at once and then every so many seconds, until this block is left."""
    ended = threading.Event()

    def repeat() -> None:
        act()
        while not ended.wait(seconds):
            act()

    thread = threading.Thread(target=repeat, name=f"every {seconds:.0f} s", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(_LET_GO_SECONDS)
