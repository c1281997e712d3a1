"""The process that writes is killed in the middle of a load: the receiver says so, goes on, and what it said is so."""

import asyncio
import os
import random
import signal
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final

import pytest

from support.installed import LONGEST, Home, wait_until
from support.processes import kill, processes
from support.receive_process import receive
from support.report_load import Result, Sent, plain, run

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the process is found in /proc")

KILLS: Final = 5
REQUESTS: Final = 500
CONNECTIONS: Final = 32
WRITING: Final = "spawn_main"
"""In the command line of the process that writes."""


async def _load(port: int, sent: list[Sent], answered: int, act: Callable[[], Awaitable[None]]) -> Result:
    """Send a load, and do something once so many requests were answered."""
    result = Result()
    load = asyncio.create_task(run(port, sent, CONNECTIONS, into=result))
    while len(result.seconds) < answered:  # noqa: ASYNC110 - what it waits for says nothing
        await asyncio.sleep(0)
    await act()
    return await load


async def _kill_it(home: Home) -> None:
    """Kill the process that writes where it stands, with requests under way to it."""
    for process in processes(home, WRITING):
        os.kill(process, signal.SIGSTOP)
    await asyncio.sleep(0.1)  # requests go on meanwhile
    kill(home, WRITING)


def test_what_was_acknowledged_is_stored_once_though_the_process_that_writes_is_killed_in_mid_load(
    tmp_path: Path,
) -> None:
    home, draw = Home(tmp_path), random.Random(18)
    load = plain(18, datetime.now(UTC).date())
    statuses: set[int] = set()
    expected = 0
    with receive(home, "--trusted-proxy", "127.0.0.1") as running:
        for _ in range(KILLS):
            assert wait_until(lambda: processes(home, WRITING) != [], LONGEST)
            sent = list(islice(load, REQUESTS))
            answered = draw.randint(1, REQUESTS // 2)
            result = asyncio.run(_load(running.port, sent, answered, partial(_kill_it, home)))
            assert set(result.statuses) <= {200, 503}
            statuses |= set(result.statuses)
            acknowledged = set(result.acknowledged)
            again = [each for each in sent if each.expected[0] not in acknowledged]
            assert asyncio.run(run(running.port, again, CONNECTIONS)).statuses == ({200: len(again)} if again else {})
            expected += len(sent)
        assert statuses == {200, 503}
        assert running.stop() == 0
        assert running.held() == expected
        assert len(running.said.read_text().splitlines()) == 1


def test_a_signal_ends_both_processes_once_what_is_under_way_is_answered(tmp_path: Path) -> None:
    home = Home(tmp_path)
    sent = list(islice(plain(18, datetime.now(UTC).date()), 2_000))
    with receive(home, "--trusted-proxy", "127.0.0.1") as running:

        async def end_it() -> None:
            running.process.terminate()

        result = asyncio.run(_load(running.port, sent, 500, end_it))
        assert set(result.statuses) == {0, 200}  # 0 where nobody listens any more
        assert running.process.wait(LONGEST) == 0
        assert not processes(home, WRITING)
        assert running.held() == len(result.acknowledged) >= 500
