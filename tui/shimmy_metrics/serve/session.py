"""The measured session, seen from the event loop: what is counted, under which decision, and until when.

Counting happens in the loop, in memory; whatever touches a file is given to the clerk's thread (`books`). A withdrawal
ends the session within a second and the bytes go on; another decision than the one it began under never seals it.
"""

import hashlib
import os
from asyncio import AbstractEventLoop, TimerHandle
from collections.abc import Callable
from functools import partial
from typing import Final

from shimmy_metrics.aggregate import Aggregate
from shimmy_metrics.consent import Standing
from shimmy_metrics.counters import Counters
from shimmy_metrics.errors import TroubleError
from shimmy_metrics.exchange import Exchange
from shimmy_metrics.meter.tap import Tap
from shimmy_metrics.serve.address import Place
from shimmy_metrics.serve.books import Books, Clerk, Header, Job, memory_bytes
from shimmy_metrics.serve.health import SHIMMY, Name
from shimmy_metrics.serve.hint import client_hint
from shimmy_metrics.serve.relay import Relay
from shimmy_metrics.serve.watch import LOOK_SECONDS, Watch
from shimmy_metrics.system.profile import Profile

HASH_BYTES: Final = 8
KEY_BYTES: Final = 32


class Measuring:
    """The counters of one session with the key of its model hashes; both live in memory alone.

    `counting` is False while the config cannot be used, and for ever once the session ended.
    """

    def __init__(self, standing: Standing, started: float, startup_ms: int | None) -> None:
        self.standing = standing
        self.counting = True
        self.aggregate = Aggregate(started, startup_ms)
        self._key = os.urandom(KEY_BYTES)

    def fold(self, exchange: Exchange) -> None:
        """Count one exchange."""
        if self.counting:
            self.aggregate.fold(exchange)

    def hash_model(self, name: bytes) -> bytes:
        """Return the keyed hash that stands for a model's name; the key is new each session."""
        return hashlib.blake2b(name, digest_size=HASH_BYTES, key=self._key).digest()


class Session:
    """What is measured of one relay's connections.

    `place` is where clients reach the server; `pid` the server's process, None where it is
    not ours. `again`: a decision that comes while nothing is measured begins a session at once. `say` prints one line
    for the person. Must be used in the loop's thread.
    """

    def __init__(
        self,
        loop: AbstractEventLoop,
        profile: Profile,
        relay: Relay,
        *,
        place: Place,
        pid: int | None,
        again: bool,
        say: Callable[[str], None],
    ) -> None:
        self._loop = loop
        self._profile = profile
        self._relay = relay
        self._address = _address(place)
        self._hint = client_hint(profile.environment)
        self._pid = pid
        self._again = again
        self._say = say
        self._clerk = Clerk(profile)
        self._books = Books(profile)
        self._watch = Watch(profile)
        self._measuring: Measuring | None = None
        # Before it has said so itself, our own child is taken for a Shimmy where that helps to read its answers.
        self._read_as = "" if pid is None else SHIMMY
        self._name = Name()
        self._announced = False
        self._looking = False
        self._looks = 0
        self._timer: TimerHandle | None = None
        relay.new_tap = self.new_tap

    def open(self) -> None:
        """Open the store, behind the server's start. What cannot be used is said, and then nothing is measured."""
        self._clerk.give(partial(self._needed, self._books.open))

    def begin(self, standing: Standing, *, started: float, startup_ms: int | None) -> None:
        """Measure from now on. `started` is the monotonic second at which the server was started, or now."""
        self._measuring = Measuring(standing, started, startup_ms)
        self._relay.measure_open()
        begin = partial(self._books.begin, self._header(standing), self._picture(self._measuring))
        self._clerk.give(partial(self._needed, begin))

    def announce(self, where: str) -> None:
        """Say where clients reach the server, and whether it is measured there."""
        self._announced = True
        self._say(f"{'measured' if self._measuring is not None else 'not measured, passed on'} at {where}")

    def watch(self) -> None:
        """Look at the config and write the counters, from now until the end."""
        self._timer = self._loop.call_later(LOOK_SECONDS, self._look)

    def introduce(self, name: Name) -> None:
        """Take what the server said of itself."""
        self._name = name
        self._read_as = name.server
        if self._measuring is not None:
            self._clerk.give(partial(self._books.introduce, self._header(self._measuring.standing)))

    def new_tap(self) -> Tap | None:
        """Return a tap for a connection that begins, or None where nothing is measured."""
        now = self._measuring
        return None if now is None else Tap(now.fold, now.hash_model, self._profile.clock.monotonic, self._read_as)

    def end(self, seconds: float) -> None:
        """End the session with the server. Waits at most so long; what was not done is done at the next start."""
        if self._timer is not None:
            self._timer.cancel()
        if self._measuring is None:
            return
        self._clerk.give(partial(self._books.end, self._stopped(self._measuring)))
        self._clerk.give(self._books.close)
        self._clerk.finish(seconds)

    def _look(self) -> None:
        self._timer = self._loop.call_later(LOOK_SECONDS, self._look)
        if not self._looking:  # a slow disk: no second job before the first came back
            self._looking = True
            self._clerk.give(self._look_at_files)

    def _look_at_files(self) -> None:
        """Do what touches files, in the clerk's thread."""
        standing = self._watch.look()
        memory = None if self._pid is None else memory_bytes(self._pid)
        self._loop.call_soon_threadsafe(self._looked, standing, memory)

    def _looked(self, standing: Standing | None, memory: int | None) -> None:
        self._looking = False
        self._looks += 1
        self._judge(standing)
        now = self._measuring
        if now is not None:
            now.aggregate.memory_bytes = memory
            if self._looks % 2 == 0:
                self._clerk.give(partial(self._books.write, self._picture(now)))

    def _judge(self, standing: Standing | None) -> None:
        """Act on what is in force now, None for a config that cannot be used: it decides nothing and nothing counts."""
        now = self._measuring
        if now is not None and (standing is None or self._goes_on(now.standing, standing)):
            now.counting = standing is not None
            return
        if now is not None and standing is not None:
            self._stop(now, standing)
        if self._again and standing is not None and standing.measures:
            self.open()
            self.begin(standing, started=self._profile.clock.monotonic(), startup_ms=None)

    def _goes_on(self, began: Standing, standing: Standing) -> bool:
        """Whether a session that began under one decision is measured on under another."""
        if not standing.measures:
            return False
        then, now = began.decision, standing.decision
        if (then.grant, then.consent, then.local) == (now.grant, now.consent, now.local):
            return True
        # Only for the person before, and now a yes: it goes on for the person; the yes counts from the next start,
        # or from a session of its own where one can begin at once.
        return then.local and not now.local and not self._again

    def _stop(self, now: Measuring, standing: Standing) -> None:
        self._relay.measure_none()
        counters = self._stopped(now)
        self._clerk.give(partial(self._books.end, counters) if standing.measures else self._books.withdraw)
        self._clerk.give(self._books.close)
        if not self._again and self._timer is not None:
            self._timer.cancel()

    def _stopped(self, now: Measuring) -> Counters:
        now.counting = False
        self._measuring = None
        return self._picture(now)

    def _needed(self, step: Job) -> None:
        """Do a step without which there is no session, in the clerk's thread."""
        try:
            step()
        except Exception as error:
            self._loop.call_soon_threadsafe(self._unusable, error)
            raise

    def _unusable(self, error: Exception) -> None:
        """Go on without measuring: the store cannot be used."""
        self._again = False
        if self._measuring is not None:
            self._measuring.counting = False
            self._measuring = None
        self._relay.measure_none()
        if self._timer is not None:
            self._timer.cancel()
        if isinstance(error, TroubleError):
            word = "no longer measured" if self._announced else "not measured"
            self._say(f"{word}: {error}")

    def _header(self, standing: Standing) -> Header:
        return Header(standing, self._address, self._hint, self._name)

    def _picture(self, now: Measuring) -> Counters:
        return now.aggregate.picture(self._profile.clock.monotonic())


def _address(place: Place) -> str:
    """Return the address for the store, which holds none of the machine's own: those stand there as any."""
    if place.loopback:
        return f"http://{place}"
    return f"http://{Place('::' if place.six else '0.0.0.0', place.port)}"  # noqa: S104 - a word, not a bind
