"""The measured session under the person's consent: when it begins, pauses and ends, and what `serve` prints about it.

The config is polled in a thread of its own. A withdrawal ends the session within a second while the bytes still pass; a
session is sealed only under the decision that it began under. Its figures belong to `recorder`.
"""

from asyncio import AbstractEventLoop, Future, TimerHandle, wrap_future
from collections.abc import Callable
from typing import Final, NamedTuple

from shimmy_metrics.consent.effective_consent import EffectiveConsent
from shimmy_metrics.errors import UserError
from shimmy_metrics.meter.tap import Tap
from shimmy_metrics.serve.announcement import Announcement, Measured
from shimmy_metrics.serve.connections import Connections
from shimmy_metrics.serve.consent_watch import POLL_SECONDS, ConsentWatch, still_covered
from shimmy_metrics.serve.health import HealthPoll
from shimmy_metrics.serve.recorder import Events, Recorder
from shimmy_metrics.serve.worker import Worker
from shimmy_metrics.system.profile import Profile

_STORE_SECONDS: Final = 2.0
"""How long after the address is known a store that does not answer is reported."""

_POLLS_PER_WRITE: Final = 2

_NEXT_START: Final = "your new answer counts from the server's next start"


class Polled(NamedTuple):
    """What one poll found: the effective consent, or why the config cannot be used; the server's memory in bytes."""

    consent: EffectiveConsent | UserError
    memory_bytes: int | None


class Session:
    """Decides, of one relay's connections, what is measured.

    `address` is the URL under which clients reach the server, as the store keeps it. `health` is asked for the server's
    name while it is measured; `assumed_server` is what it is taken for until then. `memory_bytes` returns the server's
    resident memory, None where it is not known; it is called in the polling thread. `restartable`: a decision that
    comes while nothing is measured begins a session at once. `print_line` prints one line for the person. Must be used
    in the loop's thread.
    """

    def __init__(
        self,
        loop: AbstractEventLoop,
        profile: Profile,
        connections: Connections,
        *,
        address: str,
        health: HealthPoll,
        assumed_server: str,
        memory_bytes: Callable[[], int | None],
        restartable: bool,
        print_line: Callable[[str], None],
    ) -> None:
        self._loop = loop
        self._profile = profile
        self._health = health
        self._memory_bytes = memory_bytes
        self._restartable = restartable
        self._announcement = Announcement(print_line)
        self._watch = ConsentWatch(profile)
        self._recorder = Recorder(
            loop,
            profile,
            connections,
            address=address,
            assumed_server=assumed_server,
            covers=self._covers,
            events=Events(self._on_stored, self._on_unsaved, self._report_failure, self._announcement.print_line),
        )
        # A store that another program holds must not hold up a withdrawal: the writer's thread is another.
        self._poller = Worker(profile, "consent watch")
        # A consent under which the store could not be used, and why: it is tried again only under another one.
        self._refused: tuple[EffectiveConsent, str] | None = None
        self._polling = False
        self._polls = 0
        self._timer: TimerHandle | None = None

    def open(self) -> None:
        """Open the store while the server starts."""
        self._recorder.open()

    def begin(self, consent: EffectiveConsent, *, started: float, startup_ms: int | None) -> None:
        """Measure from now on. `started` is the monotonic second at which the server was started, or now.

        If the store cannot be used, that is reported, and nothing is measured.
        """
        self._refused = None
        self._recorder.begin(consent, started=started, startup_ms=startup_ms)
        self._health.ask(self._recorder.introduce)

    def announce(self, where: str) -> None:
        """Report from now on where clients reach the server, and whether it is measured."""
        self._announcement.set_address(where)
        self._loop.call_later(_STORE_SECONDS, self._announcement.report_overdue)

    def watch(self) -> None:
        """Poll the config and write the counters, from now until the end."""
        self._timer = self._loop.call_later(POLL_SECONDS, self._poll)

    def new_tap(self) -> Tap | None:
        """Return a tap for a connection that begins, or None while nothing is measured."""
        return self._recorder.new_tap()

    def on_connected(self) -> None:
        """Ask who the server is if its last answer is old: another may have taken its place."""
        if self._restartable and self._recorder.consent is not None:
            self._health.ask_again(self._recorder.introduce)

    def end(self, seconds: float) -> None:
        """End the session with the server. Wait for at most `seconds`; another process finishes what is left."""
        self._stop_polling()
        self._health.stop()
        self._recorder.end(seconds)

    def apply_consent(self, consent: EffectiveConsent | UserError) -> None:
        """Act on the effective consent.

        While the config cannot be used, or its answer does not count, nothing is decided, and nothing is counted.
        """
        if isinstance(consent, UserError) or consent.pauses:
            self._recorder.pause()
            reason = str(consent) if isinstance(consent, UserError) else consent.distrust
            self._announcement.set_state(Measured.NO, reason)
            return
        began = self._recorder.consent
        if began is not None:
            if still_covered(began, consent, restartable=self._restartable):
                self._recorder.resume()
                return
            self._stop(withdrawn=not consent.measures)
        if not consent.measures:
            self._announcement.set_state(Measured.NO)
        elif not self._restartable:
            self._announcement.set_state(Measured.NO, _NEXT_START)
        elif self._refused is None or self._refused[0] != consent:
            self.begin(consent, started=self._profile.clock.monotonic(), startup_ms=None)
        else:
            self._announcement.set_state(Measured.NO, self._refused[1])

    def _stop(self, *, withdrawn: bool) -> None:
        self._recorder.stop(withdrawn=withdrawn)
        self._health.stop()
        if not self._restartable:
            self._stop_polling()

    def _poll(self) -> None:
        self._timer = self._loop.call_later(POLL_SECONDS, self._poll)
        if not self._polling:  # the disk is slow: the last poll has not come back
            self._polling = True
            polled = wrap_future(self._poller.submit(self._look), loop=self._loop)
            polled.add_done_callback(self._on_polled)

    def _look(self) -> Polled:
        """Poll, in the polling thread."""
        return Polled(self._watch.poll(), self._memory_bytes())

    def _on_polled(self, done: "Future[Polled]") -> None:
        self._polling = False
        if done.exception() is not None:
            return  # the worker has noted it
        self._polls += 1
        self.apply_consent(done.result().consent)
        self._recorder.set_memory(done.result().memory_bytes)
        if self._polls % _POLLS_PER_WRITE == 0:
            self._recorder.write()

    def _stop_polling(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _covers(self, began: EffectiveConsent) -> bool:
        """Whether a session may enter the store, in the writer's thread: opening the store may have taken a while."""
        consent = self._watch.poll()
        return isinstance(consent, UserError) or still_covered(began, consent, restartable=self._restartable)

    def _on_stored(self) -> None:
        if self._recorder.saves:
            self._announcement.set_state(Measured.YES)

    def _on_unsaved(self, reason: str) -> None:
        self._announcement.set_state(Measured.UNSAVED, reason)

    def _report_failure(self, consent: EffectiveConsent, reason: str) -> None:
        """Go on without measuring: the store cannot be used under that consent."""
        self._refused = (consent, reason)
        if not self._restartable:
            self._stop_polling()
        self._announcement.set_state(Measured.NO, reason)
