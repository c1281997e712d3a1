"""The figures of the measured session: counted in memory by the event loop, and written by a thread of their own."""

import contextlib
from asyncio import AbstractEventLoop, Future, wrap_future
from collections.abc import Callable
from concurrent.futures import Future as ConcurrentFuture
from concurrent.futures import wait
from importlib import import_module
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from shimmy_metrics.consent.effective_consent import EffectiveConsent
from shimmy_metrics.counters import Counters
from shimmy_metrics.errors import UserError
from shimmy_metrics.exchange import Exchange
from shimmy_metrics.meter.tap import Tap
from shimmy_metrics.serve.client_from_env import client_from_env
from shimmy_metrics.serve.connections import Connections
from shimmy_metrics.serve.health import ServerIdentity
from shimmy_metrics.serve.measured_session import MeasuredSession
from shimmy_metrics.serve.session_identity import SessionIdentity
from shimmy_metrics.serve.worker import Worker
from shimmy_metrics.system.profile import Profile

if TYPE_CHECKING:
    from shimmy_metrics.serve.store_writer import StoreWriter

T = TypeVar("T")

_NEEDED_BY_ANSWERS: Final = ("hashlib", "orjson")

_DAY_SECONDS: Final = 1.0
"""For so long the local day is the one that was looked up last: to look it up costs more than to recognise a head."""


class Events(NamedTuple):
    """What a recorder reports. All but `print_line` are called in the loop's thread, for the running session only."""

    on_stored: Callable[[], None]
    """The store has the session and its figures, as last written."""
    on_unsaved: Callable[[str], None]
    """The figures cannot be saved, with the reason. They are still counted."""
    on_unusable: Callable[[EffectiveConsent, str], None]
    """The store cannot be used, with the reason: the session under that consent is over and left no trace."""
    print_line: Callable[[str], None]
    """Prints one line for the person. Called in the writer's thread."""


class Recorder:
    """Records what a relay's connections carry, one session at a time.

    `address` is the URL under which clients reach the server, as the store keeps it; `assumed_server` is what the
    server is taken for until it has named itself. `covers` is called in the writer's thread just before a session
    enters the store; it returns whether the consent that the session began under still holds. Must be used in the
    loop's thread.
    """

    def __init__(
        self,
        loop: AbstractEventLoop,
        profile: Profile,
        connections: Connections,
        *,
        address: str,
        assumed_server: str,
        covers: Callable[[EffectiveConsent], bool],
        events: Events,
    ) -> None:
        self._loop = loop
        self._profile = profile
        self._connections = connections
        self._address = address
        self._client_hint = client_from_env(profile.environment)
        self._assumed_server = assumed_server
        self._covers = covers
        self._events = events
        self._worker = Worker(profile, "store writer")
        self._store: StoreWriter | None = None
        self._opened = False
        self._session: MeasuredSession | None = None
        self._stored = False
        self._identity: ServerIdentity | None = None
        self._writing = False
        self._resuming = False
        self._day = ""
        self._day_until = float("-inf")

    @property
    def consent(self) -> EffectiveConsent | None:
        """What the running session began under, None while nothing is measured."""
        return None if self._session is None else self._session.consent

    @property
    def saves(self) -> bool:
        """Whether a session is running, in the store and not paused."""
        return self._session is not None and self._stored and not self._session.paused

    def open(self) -> None:
        """Open the store ahead of `begin`."""
        self._opened = True
        self._in_store(lambda store: store.open())

    def begin(self, consent: EffectiveConsent, *, started: float, startup_ms: int | None) -> None:
        """Begin a session. `started` is the monotonic second at which the server was started, or now."""
        self._identity = None  # what the server said before may no longer be true
        self._begin(MeasuredSession(consent, started, startup_ms))

    def introduce(self, identity: ServerIdentity) -> None:
        """Take what the server said about itself: another server gets a new session, another version does not.

        Which server it is decides who may receive the session. Of several versions the latest is reported.
        """
        exchanged = self._identity is not None and identity.server != self._identity.server
        self._identity = identity
        session = self._session
        if session is None:
            return
        if exchanged:
            # The taps stay: what is under way is answered by the other server.
            self._submit_end(self._finish())
            now = self._profile.clock.monotonic()
            self._begin(MeasuredSession(session.consent, now, None, paused=session.paused))
        else:
            header = self._header(session)
            self._in_store(lambda store: store.introduce(header))

    def new_tap(self) -> Tap | None:
        """Return a tap for a connection that begins, or None while nothing is measured."""
        if self._session is None:
            return None
        return Tap(self._fold, self._hash_model, self._profile.clock.monotonic, self._server)

    def pause(self) -> None:
        """Count nothing until `resume`."""
        self._resuming = False
        if self._session is not None:
            self._session.pause()

    def resume(self) -> None:
        """Count again, once it is known whether the store still has the session; begin anew where it was deleted."""
        session = self._session
        if session is None or not session.paused or self._resuming:
            return
        self._resuming = True

        def count_again(done: Future[bool]) -> None:
            if not self._resuming or self._session is not session:
                return
            self._resuming = False
            session.resume()
            if done.exception() is None and not done.result():
                self._in_store(lambda store: store.withdraw())
                self._begin(MeasuredSession(session.consent, self._profile.clock.monotonic(), None))
            elif self._stored:
                self._events.on_stored()

        kept = self._in_store(lambda store: store.has_session())
        wrap_future(kept, loop=self._loop).add_done_callback(count_again)

    def set_memory(self, size: int | None) -> None:
        """Take the server's resident memory in bytes, None where it is not known."""
        if self._session is not None:
            self._session.set_memory(size)

    def write(self) -> None:
        """Have the figures written, unless the last write is still running (a slow disk)."""
        session = self._session
        if session is not None and not self._writing:
            self._writing = True
            counters = self._snapshot(session)
            written = self._in_store(lambda store: store.write(counters))
            wrap_future(written, loop=self._loop).add_done_callback(lambda done: self._on_written(session, done))

    def stop(self, *, withdrawn: bool) -> None:
        """End the session while the connections go on. If `withdrawn`, its figures are deleted instead of sealed."""
        if self._session is None:
            return
        self._connections.stop_measuring()
        counters = self._finish()
        if withdrawn:
            self._in_store(lambda store: store.withdraw())
            self._in_store(lambda store: store.close())
        else:
            self._submit_end(counters)

    def end(self, seconds: float) -> None:
        """End the session with the server. Wait for at most `seconds`; another process finishes what is left."""
        session = self._session
        if session is None:
            return
        header, counters = self._header(session), self._finish()
        ended = self._submit_end(counters)
        if wait([ended], seconds).done:
            return
        # The disk or the machine is busy. If this process still gets that far, one of the two finds nothing to do.
        from shimmy_metrics.delivery.detach import start_sender
        from shimmy_metrics.delivery.unsealed import Unsealed

        if self._store is None:
            now = self._profile.clock.now()
            unsealed: Unsealed | None = Unsealed(0, counters, None, header.session(counters, now))
        else:
            unsealed = self._store.unsealed(header, counters)
        if unsealed is not None:
            with contextlib.suppress(OSError):
                start_sender(self._profile, ended=unsealed)

    def _begin(self, session: MeasuredSession) -> None:
        self._session = session
        self._stored = False
        self._connections.measure()
        if not self._opened:
            self.open()
        header, counters = self._header(session), self._snapshot(session)
        begun = self._in_store(lambda store: store.begin(header, counters, lambda: self._covers(session.consent)))
        wrap_future(begun, loop=self._loop).add_done_callback(lambda done: self._on_begun(session, done))

    def _on_begun(self, session: MeasuredSession, done: Future[bool]) -> None:
        error = done.exception()
        if self._session is not session:
            return
        if error is not None:
            self._connections.stop_measuring()
            self._finish()
            self._in_store(lambda store: store.close())
            kind = f"{type(error).__name__} ({self._profile.log_file})"
            self._events.on_unusable(session.consent, str(error) if isinstance(error, UserError) else kind)
        elif done.result():
            self._stored = True
            self._events.on_stored()

    def _on_written(self, session: MeasuredSession, done: Future[str]) -> None:
        self._writing = False
        if done.exception() is None and self._session is session and self.saves:
            reason = done.result()
            if reason:
                self._events.on_unsaved(reason)
            else:
                self._events.on_stored()

    def _submit_end(self, counters: Counters) -> "ConcurrentFuture[None]":
        """Have the session sealed and the store closed; return the future of both."""
        self._in_store(lambda store: store.end(counters))
        return self._in_store(lambda store: store.close())

    def _in_store(self, job: "Callable[[StoreWriter], T]") -> "ConcurrentFuture[T]":
        """Have a job done in the writer's thread; return its future."""
        return self._worker.submit(lambda: job(self._load_store()))

    def _load_store(self) -> "StoreWriter":
        """Return the store's writer; it is loaded in its own thread, a fifth of what `serve` loads.

        So is what the loop's thread would otherwise read from the disk at the first answer.
        """
        if self._store is None:
            from shimmy_metrics.serve.store_writer import StoreWriter

            for name in _NEEDED_BY_ANSWERS:
                import_module(name)
            self._store = StoreWriter(self._profile, self._events.print_line)
        return self._store

    def _finish(self) -> Counters:
        """Let go of the session; return its last counters."""
        assert self._session is not None
        counters = self._snapshot(self._session)
        self._session = None
        self._opened = False
        return counters

    def _fold(self, exchange: Exchange) -> None:
        if self._session is None:
            return
        if exchange.ended >= self._day_until:
            self._day = self._profile.clock.local_day().isoformat()
            self._day_until = exchange.ended + _DAY_SECONDS
        self._session.fold(exchange, self._day)

    def _hash_model(self, name: bytes) -> bytes:
        return b"" if self._session is None else self._session.hash_model(name)

    def _server(self) -> str:
        """Return what the server calls itself, which decides how its answers are read."""
        return self._assumed_server if self._identity is None else self._identity.server

    def _header(self, session: MeasuredSession) -> SessionIdentity:
        identity = self._identity or ServerIdentity()
        return SessionIdentity(session.consent, self._address, self._client_hint, identity, session.report_id)

    def _snapshot(self, session: MeasuredSession) -> Counters:
        return session.snapshot(self._profile.clock.monotonic())
