"""What a recorder keeps of a session, and what it reports of it."""

import asyncio
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

from shimmy_metrics.actions.decide import enable
from shimmy_metrics.config.read_consent import read_consent
from shimmy_metrics.consent.effective_consent import EffectiveConsent
from shimmy_metrics.records import Session
from shimmy_metrics.serve.connections import Connections
from shimmy_metrics.serve.health import SHIMMY, ServerIdentity
from shimmy_metrics.serve.recorder import Events, Recorder
from shimmy_metrics.store import sessions
from shimmy_metrics.store.database import opened, transaction
from shimmy_metrics.system.clock import Clock
from shimmy_metrics.system.profile import Profile
from support.queued import LOCAL
from support.samples import profile

SECONDS = 10.0


class Recorded:
    """A recorder under a yes, and what it reported; `covered` is what is said about its consent at the beginning."""

    def __init__(self, profile: Profile, *, covered: bool = True) -> None:
        enable(profile)
        self.profile = profile
        self.consent = read_consent(profile)
        self.reported: list[str] = []
        self.recorder = Recorder(
            asyncio.get_running_loop(),
            profile,
            Connections(),
            address="http://127.0.0.1:11435",
            assumed_server=SHIMMY,
            covers=lambda _: covered,
            events=Events(
                on_stored=lambda: self.reported.append("stored"),
                on_unsaved=lambda reason: self.reported.append(f"unsaved: {reason}"),
                on_unusable=self._on_unusable,
                print_line=self.reported.append,
            ),
        )

    def _on_unusable(self, consent: EffectiveConsent, reason: str) -> None:
        assert consent == self.consent
        self.reported.append(f"unusable: {reason}")

    def begin(self) -> None:
        self.recorder.begin(self.consent, started=0.0, startup_ms=None)

    def count(self) -> None:
        """Have one exchange pass."""
        tap = self.recorder.new_tap()
        assert tap is not None
        tap.client_bytes(b"GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n")
        tap.server_bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    async def until(self, *reported: str) -> None:
        """Wait until so much was reported, and nothing else."""
        async with asyncio.timeout(SECONDS):
            while len(self.reported) < len(reported):  # noqa: ASYNC110 - a thread reports
                await asyncio.sleep(0.01)
        assert tuple(self.reported) == reported

    def stored(self) -> list[Session]:
        with opened(self.profile) as db:
            return sessions.everything(db)


def test_a_session_is_stored_written_and_ended(tmp_path: Path) -> None:
    async def play() -> None:
        recorded = Recorded(profile(tmp_path, SHIMMY_METRICS_ENDPOINT=LOCAL))
        assert recorded.recorder.new_tap() is None
        recorded.begin()
        await recorded.until("stored")
        assert recorded.recorder.saves
        recorded.count()
        recorded.recorder.write()
        recorded.recorder.write()  # not before the first write has come back
        await recorded.until("stored", "stored")
        (session,) = recorded.stored()
        assert (session.counters.requests, session.ended) == (1, None)
        recorded.recorder.pause()
        recorded.count()
        recorded.recorder.resume()
        recorded.recorder.resume()
        await recorded.until("stored", "stored", "stored")
        recorded.recorder.resume()  # it is not paused
        recorded.count()
        recorded.recorder.end(SECONDS)
        assert recorded.recorder.consent is None
        (ended,) = recorded.stored()
        assert ended.counters.requests == 2
        assert ended.ended is not None

    asyncio.run(play())


def test_a_session_that_was_deleted_during_a_pause_begins_anew(tmp_path: Path) -> None:
    async def play() -> None:
        recorded = Recorded(profile(tmp_path, SHIMMY_METRICS_ENDPOINT=LOCAL))
        recorded.begin()
        await recorded.until("stored")
        recorded.count()
        recorded.recorder.pause()
        (before,) = recorded.stored()
        with opened(recorded.profile) as db, transaction(db):
            sessions.remove(db, before.row_id)
        recorded.recorder.resume()
        await recorded.until("stored", "stored")
        recorded.count()
        recorded.recorder.end(SECONDS)
        (ended,) = recorded.stored()
        assert ended.report_id != before.report_id
        assert (ended.counters.requests, ended.counters.startup_ms) == (1, None)

    asyncio.run(play())


def test_what_is_paused_again_before_the_store_has_answered_stays_paused(tmp_path: Path) -> None:
    async def play() -> None:
        recorded = Recorded(profile(tmp_path, SHIMMY_METRICS_ENDPOINT=LOCAL))
        recorded.begin()
        await recorded.until("stored")
        recorded.recorder.pause()
        recorded.recorder.resume()
        recorded.recorder.pause()
        recorded.recorder.write()
        while recorded.recorder._writing:  # noqa: ASYNC110 - a thread writes, after it has answered
            await asyncio.sleep(0.01)
        assert not recorded.recorder.saves
        recorded.recorder.end(SECONDS)

    asyncio.run(play())


def test_an_answer_counts_for_the_day_on_which_it_ended_to_the_second(tmp_path: Path) -> None:
    async def play() -> None:
        now, seconds = [datetime(2026, 11, 27, 12, tzinfo=UTC)], [100.0]
        clock = Clock(lambda: now[0], lambda: seconds[0])
        recorded = Recorded(Profile.under(tmp_path, {"SHIMMY_METRICS_ENDPOINT": LOCAL}, clock))
        recorded.begin()
        await recorded.until("stored")
        recorded.count()
        now[0] += timedelta(days=1)
        for second in (100.9, 101.0, 101.5, 500.0):  # the day is looked up once a second
            seconds[0] = second
            recorded.count()
        now[0] += timedelta(days=1)
        seconds[0] = 501.0
        recorded.count()
        recorded.recorder.end(SECONDS)
        (ended,) = recorded.stored()
        days = {day: sums.requests for day, sums in ended.counters.days.items()}
        assert days == {"2026-11-27": 2, "2026-11-28": 3, "2026-11-29": 1}

    asyncio.run(play())


def test_a_withdrawn_session_leaves_nothing(tmp_path: Path) -> None:
    async def play() -> None:
        recorded = Recorded(profile(tmp_path, SHIMMY_METRICS_ENDPOINT=LOCAL))
        recorded.begin()
        await recorded.until("stored")
        assert len(recorded.stored()) == 1
        recorded.recorder.stop(withdrawn=True)
        assert recorded.recorder.new_tap() is None
        async with asyncio.timeout(SECONDS):
            while recorded.stored():  # noqa: ASYNC110 - a thread deletes
                await asyncio.sleep(0.01)

    asyncio.run(play())


def test_a_session_whose_consent_has_gone_never_enters_the_store(tmp_path: Path) -> None:
    async def play() -> None:
        recorded = Recorded(profile(tmp_path, SHIMMY_METRICS_ENDPOINT=LOCAL), covered=False)
        recorded.begin()
        recorded.recorder.write()
        await asyncio.sleep(0.1)
        recorded.recorder.stop(withdrawn=False)
        await asyncio.sleep(0.1)
        assert recorded.reported == []
        assert recorded.stored() == []

    asyncio.run(play())


def test_another_server_gets_a_session_of_its_own_and_another_version_does_not(tmp_path: Path) -> None:
    async def play() -> None:
        recorded = Recorded(profile(tmp_path, SHIMMY_METRICS_ENDPOINT=LOCAL))
        recorded.begin()
        await recorded.until("stored")
        recorded.recorder.introduce(ServerIdentity(SHIMMY, "2.6.5"))
        recorded.recorder.introduce(ServerIdentity(SHIMMY, "2.7.0"))
        recorded.count()
        recorded.recorder.introduce(ServerIdentity())
        await recorded.until("stored", "stored")
        recorded.recorder.end(SECONDS)
        found = [(each.server, each.version, each.counters.requests) for each in recorded.stored()]
        assert found == [(SHIMMY, "2.7.0", 1), ("", "", 0)]

    asyncio.run(play())


def test_a_store_that_cannot_be_used_ends_the_session_and_another_begins_once_it_can(tmp_path: Path) -> None:
    async def play() -> None:
        mine = profile(tmp_path, SHIMMY_METRICS_ENDPOINT=LOCAL)
        recorded = Recorded(mine)
        shutil.rmtree(mine.state_path, ignore_errors=True)
        mine.state_path.parent.mkdir(parents=True, exist_ok=True)
        mine.state_path.write_text("in its place")
        recorded.begin()
        async with asyncio.timeout(SECONDS):
            while not recorded.reported:  # noqa: ASYNC110 - a thread reports
                await asyncio.sleep(0.01)
        (line,) = recorded.reported
        assert line.startswith(f"unusable: {mine.state_path}: is not a folder")
        assert recorded.recorder.consent is None
        mine.state_path.unlink()
        recorded.begin()
        await recorded.until(line, "stored")
        recorded.recorder.end(SECONDS)

    asyncio.run(play())
