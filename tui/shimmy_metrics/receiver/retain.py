"""Retention: reports are held for 8 days, at most 14, and what was dropped is proved to be gone.

A report's age counts from its day of arrival. Before the first day of a closed week is dropped, the week's aggregate is
kept; if that fails, its days wait for it until they are 14 days old, and are dropped all the same then.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple

from shimmy_metrics.receiver.folder import Folder
from shimmy_metrics.receiver.keys import delete_old_hashing_keys, lost_keys
from shimmy_metrics.receiver.programme import k_between
from shimmy_metrics.receiver.retention_log import checked
from shimmy_metrics.receiver.small_groups import rounded
from shimmy_metrics.receiver.sqlite.seen import SEEN_DAYS, delete_before
from shimmy_metrics.receiver.sqlite.turn import turn
from shimmy_metrics.receiver.store import Health, Store, StoreError
from shimmy_metrics.receiver.unlogged import Said, log, note, unlogged
from shimmy_metrics.receiver.week import week_name, week_of
from shimmy_metrics.receiver.week_file import keep_week

LIVE_DAYS: Final = 8
HARD_DAYS: Final = 14

_GRACE: Final = timedelta(hours=2)
"""How long after midnight UTC a day that is old enough may still be there: a large week takes long to aggregate."""

_AGAIN: Final = timedelta(seconds=50)
"""What failed is tried again after this long, so at the next look: another process may only have been at work."""


class Retained(NamedTuple):
    """What was done: the days that were dropped, and one line for each thing that could not be done."""

    dropped: tuple[date, ...] = ()
    failed: tuple[str, ...] = ()


def due(now: datetime, last: datetime | None, *, failed: bool) -> bool:
    """Whether `retain` is to run: once in each day (UTC), and at the next look again where something `failed`.

    `now` and `last`, when it last ran, are aware; None: not yet.
    """
    if last is None or now.astimezone(UTC).date() != last.astimezone(UTC).date():
        return True
    return failed and now - last >= _AGAIN


class DailyRetention:
    """Runs `run` when it is due. `failed` is told where something could not be done; `now` gives aware times."""

    def __init__(
        self,
        run: Callable[[datetime], Retained],
        failed: Callable[[], None],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._run = run
        self._tell_failure = failed
        self._now = now
        self._last: datetime | None = None
        self._failed = False

    def look(self) -> None:
        """Run it if it is due. Call this every minute, from one thread."""
        now = self._now()
        if not due(now, self._last, failed=self._failed):
            return
        self._last = now
        try:
            self._failed = bool(self._run(now).failed)
        except Exception:  # noqa: BLE001 - the thread must live: the promise hangs on it, and `status` tells of days too old
            self._failed = True
        if self._failed:
            self._tell_failure()


def overdue(day: date, now: datetime) -> bool:
    """Whether what arrived on `day` should be gone by now (an aware time)."""
    return now >= datetime.combine(day + timedelta(days=LIVE_DAYS), datetime.min.time(), UTC) + _GRACE


def retain(store: Store, folder: Folder, now: datetime) -> Retained:
    """Drop what is old enough, verify that it is gone, and write that into the log. `now` is an aware time.

    Several processes may do so at once: they take turns.
    """
    today = now.astimezone(UTC).date()
    dropped: list[date] = []
    failed: list[str] = []
    try:
        with turn(folder.retain_turn):
            failed += _delete_old_ids(folder, today)
            health = store.health()
            failed += _unknown(health)
            held = health.reports
            still = {day.isoformat() for day in held}
            for day_name, said in unlogged(folder).items():
                failed += log(folder, said) if day_name not in still else []
            for day in sorted(each for each in held if each + timedelta(days=LIVE_DAYS) <= today):
                obstacle = _obstacle(store, folder, day)
                waits = bool(obstacle) and day + timedelta(days=HARD_DAYS) > today
                becomes = "waits" if waits else "could wait no longer"
                failed += [f"what arrived on {day} {becomes}: {each}" for each in obstacle]
                if waits:
                    continue
                try:
                    failed += _drop(store, folder, day, held[day], now)
                    dropped.append(day)
                except StoreError as error:
                    failed.append(f"{day} could not be dropped: {error}")
            delete_old_hashing_keys(folder, today)
    except (StoreError, OSError) as error:
        failed.append(str(error))
    return Retained(tuple(dropped), tuple(failed))


def verify(store: Store, folder: Folder, now: datetime) -> list[str]:
    """Return what is wrong, a line each: days that are too old, what is left of dropped days, the log's lines."""
    health = store.health()
    held = {day.isoformat() for day in health.reports}
    found = [f"what arrived on {day} is still held" for day in health.reports if overdue(day, now)]
    found += _unknown(health)
    read = checked(folder)
    found += [f"{folder.retention_log.name}: {each}" for each in read.wrong]
    found += [f"{day} was dropped, and the log does not say so" for day in unlogged(folder) if day not in held]
    return found + [line for each in read.dropped for line in _left(store, each.day, each.canary)]


def _unknown(health: Health) -> list[str]:
    """Return that of some days the age is not known, a line for each server that does not answer."""
    return [f"whether a day is too old cannot be told: {each}" for each in health.silent]


def _delete_old_ids(folder: Folder, today: date) -> list[str]:
    """Delete the ids that no sender can have any more; return what went wrong.

    On a full disk that takes room, which dropping a day makes.
    """
    try:
        delete_before(folder, today - timedelta(days=SEEN_DAYS))
    except StoreError as error:
        return [f"ids older than {SEEN_DAYS} days could not be forgotten: {error}"]
    return []


def _obstacle(store: Store, folder: Folder, day: date) -> list[str]:
    """Keep the weeks that `day` may hold reports of, and see that its end can be signed; return what went wrong."""
    for monday in (week_of(day) - timedelta(days=7), week_of(day)):
        try:
            keep_week(store, folder, monday)
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not keep the day beyond the last limit
            return [f"{week_name(monday)} could not be aggregated: {error}"]
    return [str(error) for error in lost_keys(folder)]


def _drop(store: Store, folder: Folder, day: date, reports: int, now: datetime) -> list[str]:
    """Drop a day, write that into the log, look for what is left of it; return what is wrong. Raise `StoreError`."""
    told = rounded(reports, k_between(folder, day, day))
    # Of a cluster's day that could not go whole before, what is still held is a part.
    before = unlogged(folder).get(day.isoformat(), {}).get("reports", 0)
    said: Said = {
        "day": day.isoformat(),
        "reports": max(told, before),
        "dropped_at": f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "canary": "",
    }
    note(folder, said)
    canary = store.drop_day(day)
    said["canary"] = canary.hex()
    note(folder, said)
    return log(folder, said) + _left(store, said["day"], canary)


def _left(store: Store, day: str, canary: bytes) -> list[str]:
    """Return what is left of a dropped day, or that this cannot be told, a line each."""
    if not canary:
        return []  # its file was damaged: there is nothing to look for
    try:
        places = store.find_canary(canary)
    except StoreError as error:
        return [f"{day} was dropped, and whether it is gone cannot be told: {error}"]
    return [f"{day} was dropped, and something of it is still in {place}" for place in places]
