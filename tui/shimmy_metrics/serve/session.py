"""The measured session, seen from the event loop: what is counted, under which decision, and until when.

Counting happens in the loop, in memory; whatever touches a file is given to the clerk's thread (`books`), and what is
said of it comes back from there. A withdrawal ends the session within a second and the bytes go on; another decision
than the one it began under never seals it.
"""

import contextlib
from asyncio import AbstractEventLoop, TimerHandle
from collections.abc import Callable
from functools import partial
from typing import Final

from shimmy_metrics.consent.effective import EffectiveConsent
from shimmy_metrics.counters import Counters
from shimmy_metrics.delivery.detach import start_sender
from shimmy_metrics.errors import UserError
from shimmy_metrics.exchange import Exchange
from shimmy_metrics.meter.tap import Tap
from shimmy_metrics.serve.announcement import Announcement, Measured
from shimmy_metrics.serve.client_from_env import client_from_env
from shimmy_metrics.serve.consent_watch import POLL_SECONDS, ConsentWatch
from shimmy_metrics.serve.health import SHIMMY, HealthPoll, ServerIdentity
from shimmy_metrics.serve.listen_address import ListenAddress
from shimmy_metrics.serve.measured_session import MeasuredSession, still_covers
from shimmy_metrics.serve.relay import Relay
from shimmy_metrics.serve.store_writer import Header, StoreWriter, memory_bytes
from shimmy_metrics.serve.worker import Worker
from shimmy_metrics.system.profile import Profile

_STORE_SECONDS: Final = 2.0
"""How long after the address is known a store that does not answer is waited for before that is said."""

_FAILED_WRITES: Final = 2
"""How many writes in a row must fail before it is said: one may have met another program at the store."""

_NEXT_START: Final = "your new answer counts from the server's next start"


class Session:
    """What is measured of one relay's connections.

    `place` is where clients reach the server; `health` asks it for its name while it is measured; `pid` is its process,
    None where it is not ours. `again`: a decision that comes while nothing is measured begins a session at once. `say`
    prints one line for the person. Must be used in the loop's thread.
    """

    def __init__(
        self,
        loop: AbstractEventLoop,
        profile: Profile,
        relay: Relay,
        *,
        place: ListenAddress,
        health: HealthPoll,
        pid: int | None,
        again: bool,
        say: Callable[[str], None],
    ) -> None:
        self._loop = loop
        self._profile = profile
        self._relay = relay
        self._address = place.kept
        self._health = health
        self._hint = client_from_env(profile.environment)
        self._pid = pid
        self._again = again
        self._announcement = Announcement(say)
        self._writer = Worker(profile)
        self._poller = Worker(profile)  # a store that another program holds must not hold up a withdrawal
        self._store = StoreWriter(profile, self._announcement.remark)
        self._watch = ConsentWatch(profile)
        self._measuring: MeasuredSession | None = None
        self._name: ServerIdentity | None = None
        # A store that could not be used, why, and under which decision: it is tried again under another one.
        self._refused: tuple[EffectiveConsent, str] | None = None
        # These two belong to the clerk's thread.
        self._failure: Exception | None = None
        self._failed_writes = 0
        # A slow disk: no second job before the first came back.
        self._looking = False
        self._writing = False
        self._looks = 0
        self._timer: TimerHandle | None = None
        relay.new_tap = self.new_tap
        relay.on_connected = self._ask_again
        relay.on_unreachable = health.doubt

    def open(self) -> None:
        """Open the store, behind the server's start."""
        self._writer.submit(self._open)

    def begin(self, consent: EffectiveConsent, *, started: float, startup_ms: int | None) -> None:
        """Measure from now on. `started` is the monotonic second at which the server was started, or now.

        Where the store cannot be used that is said, and nothing is measured.
        """
        self._name = None  # what was told before nothing was measured may hold no more
        self._measure(consent, started, startup_ms)
        self._health.ask(self.introduce)

    def _measure(self, consent: EffectiveConsent, started: float, startup_ms: int | None) -> MeasuredSession:
        self._refused = None
        now = self._measuring = MeasuredSession(consent, started, startup_ms)
        self._relay.measure_open()
        self._writer.submit(partial(self._begin, now, self._header(now), self._snapshot(now)))
        return now

    def announce(self, where: str) -> None:
        """Say from now on where clients reach the server, and whether it is measured there."""
        self._announcement.at(where)
        self._loop.call_later(_STORE_SECONDS, self._announcement.overdue)

    def watch(self) -> None:
        """Look at the config and write the counters, from now until the end."""
        self._timer = self._loop.call_later(POLL_SECONDS, self._look)

    def introduce(self, name: ServerIdentity) -> None:
        """Take what the server said of itself: another one has a session of its own, another version has not.

        Whose a session is decides to whom it may go. Of versions it bears the latest.
        """
        exchanged = self._name is not None and name.server != self._name.server
        self._name = name
        now = self._measuring
        if now is None:
            return
        if exchanged:
            counting = now.counting
            self._end(now, now.consent)  # the taps go on: what is under way is the other server's
            self.open()
            self._measure(now.consent, self._profile.clock.monotonic(), None).counting = counting
        else:
            self._writer.submit(partial(self._store.introduce, self._header(now)))

    def new_tap(self) -> Tap | None:
        """Return a tap for a connection that begins, or None where nothing is measured."""
        now = self._measuring
        return None if now is None else Tap(self._fold, self._hash, self._profile.clock.monotonic, self._read_as)

    def _fold(self, exchange: Exchange) -> None:
        if self._measuring is not None:
            self._measuring.fold(exchange)

    def _hash(self, name: bytes) -> bytes:
        return b"" if self._measuring is None else self._measuring.hash_model(name)

    def _ask_again(self) -> None:
        if self._again and self._measuring is not None:
            self._health.ask_again(self.introduce)

    def _read_as(self) -> str:
        """Return the name by which answers are read: our own child is taken for a Shimmy before it has said so."""
        if self._name is not None:
            return self._name.server
        return "" if self._pid is None else SHIMMY

    def end(self, seconds: float) -> None:
        """End the session with the server. Waits at most so long; what was not done is done at the next start."""
        if self._timer is not None:
            self._timer.cancel()
        now = self._measuring
        if now is None:
            return
        header, counters = self._header(now), self._stopped(now)
        self._writer.submit(partial(self._store.end, counters))
        self._writer.submit(self._store.close)
        if self._writer.finish(seconds):
            return
        # A disk or a machine that is busy: a process that outlives this one does it. Where the clerk is at it at this
        # very moment, one of the two finds nothing to do.
        unsealed = self._store.unsealed(header, counters)
        if unsealed is not None:
            with contextlib.suppress(OSError):
                start_sender(self._profile, ended=unsealed)

    def _look(self) -> None:
        self._timer = self._loop.call_later(POLL_SECONDS, self._look)
        if not self._looking:
            self._looking = True
            self._poller.submit(self._look_at_files)

    def _look_at_files(self) -> None:
        """Look at the config and the server's process, in a thread of its own."""
        consent = self._watch.look()
        memory = None if self._pid is None else memory_bytes(self._pid)
        self._loop.call_soon_threadsafe(self._looked, consent, memory)

    def _looked(self, consent: EffectiveConsent | UserError, memory: int | None) -> None:
        self._looking = False
        self._looks += 1
        self.judge(consent)
        now = self._measuring
        if now is not None:
            now.aggregate.memory_bytes = memory
            if self._looks % 2 == 0 and not self._writing:
                self._writing = True
                self._writer.submit(partial(self._write, now, self._snapshot(now)))

    def judge(self, consent: EffectiveConsent | UserError) -> None:
        """Act on what is in force now. A config that cannot be used decides nothing, and nothing counts meanwhile."""
        now = self._measuring
        if isinstance(consent, UserError):
            if now is not None:
                now.counting = False
            self._announcement.state(Measured.NO, str(consent))
            return
        if now is not None and still_covers(now.consent, consent, again=self._again):
            if not now.counting:
                now.counting = True
                self._announce_measured(now)
            return
        if now is not None:
            self._stop(now, consent)
        if not consent.measures:
            self._announcement.state(Measured.NO)
        elif not self._again:
            self._announcement.state(Measured.NO, _NEXT_START)
        elif self._refused is None or self._refused[0] != consent:
            self.open()
            self.begin(consent, started=self._profile.clock.monotonic(), startup_ms=None)
        else:
            self._announcement.state(Measured.NO, self._refused[1])

    def _stop(self, now: MeasuredSession, consent: EffectiveConsent) -> None:
        self._relay.measure_none()
        self._end(now, consent)

    def _end(self, now: MeasuredSession, consent: EffectiveConsent) -> None:
        counters = self._stopped(now)
        self._writer.submit(partial(self._store.end, counters) if consent.measures else self._store.withdraw)
        self._writer.submit(self._store.close)
        if not self._again and self._timer is not None:
            self._timer.cancel()

    def _stopped(self, now: MeasuredSession) -> Counters:
        now.counting = False
        self._measuring = None
        self._health.stop()
        return self._snapshot(now)

    def _open(self) -> None:
        """Open the store, in the clerk's thread."""
        self._failure = None
        try:
            self._store.open()
        except Exception as error:
            self._failure = error
            raise

    def _begin(self, now: MeasuredSession, header: Header, counters: Counters) -> None:
        """Add the session to the store, in the clerk's thread, if the answer is still the one that was read."""
        try:
            if self._failure is not None:
                raise self._failure
            consent = self._watch.look()
            if isinstance(consent, UserError) or still_covers(now.consent, consent, again=self._again):
                self._store.begin(header, counters)
        except Exception as error:
            self._loop.call_soon_threadsafe(self._unusable, now, error)
            raise
        self._loop.call_soon_threadsafe(self._begun, now, consent)

    def _begun(self, now: MeasuredSession, consent: EffectiveConsent | UserError) -> None:
        if self._measuring is now:
            now.stored = True
            self._announce_measured(now)
            self.judge(consent)

    def _unusable(self, now: MeasuredSession, error: Exception) -> None:
        """Go on without measuring: the store cannot be used."""
        if self._measuring is not now:
            return
        reason = str(error) if isinstance(error, UserError) else f"{type(error).__name__} ({self._profile.log_path})"
        now.counting = False
        self._measuring = None
        self._refused = (now.consent, reason)
        self._relay.measure_none()
        if not self._again and self._timer is not None:
            self._timer.cancel()
        self._announcement.state(Measured.NO, reason)

    def _write(self, now: MeasuredSession, counters: Counters) -> None:
        """Write the counters, in the clerk's thread; the newest win where a write before them failed."""
        try:
            self._store.write(counters)
        except UserError as error:
            self._failed_writes += 1
            if self._failed_writes >= _FAILED_WRITES:
                self._loop.call_soon_threadsafe(self._announce_unsaved, now, str(error))
            if self._failed_writes == _FAILED_WRITES:
                raise
        else:
            if self._failed_writes >= _FAILED_WRITES:
                self._loop.call_soon_threadsafe(self._announce_measured, now)
            self._failed_writes = 0
        finally:
            self._loop.call_soon_threadsafe(self._written)

    def _written(self) -> None:
        self._writing = False

    def _announce_measured(self, now: MeasuredSession) -> None:
        if self._measuring is now and now.stored and now.counting:
            self._announcement.state(Measured.YES)

    def _announce_unsaved(self, now: MeasuredSession, reason: str) -> None:
        if self._measuring is now and now.counting:
            self._announcement.state(Measured.UNSAVED, reason)

    def _header(self, now: MeasuredSession) -> Header:
        return Header(now.consent, self._address, self._hint, self._name or ServerIdentity(), now.session_id)

    def _snapshot(self, now: MeasuredSession) -> Counters:
        return now.aggregate.snapshot(self._profile.clock.monotonic())
