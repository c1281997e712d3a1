"""Hostile bodies by the thousand (by the million: `-m long`): each is answered by rule, none crashes or grows it."""

import json
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import count, islice
from pathlib import Path
from typing import Final

import pytest

from support.hostile_bodies import PLANTED, hostile_bodies
from support.installed import Home
from support.receive_process import Process, receive
from support.receiving import Answer, post_request, read_answer

pytestmark = pytest.mark.thorough

SEED: Final = 18
GROWTH_MB: Final = 40
AT_ONCE: Final = 16


@pytest.mark.parametrize("bodies", [3_000, pytest.param(1_000_000, marks=pytest.mark.long)])
def test_hostile_bodies_are_answered_by_rule_and_take_no_memory(tmp_path: Path, bodies: int) -> None:
    statuses: Counter[int] = Counter()
    confirmed = 0
    warm = 0.0
    with receive(Home(tmp_path), "--trusted-proxy", "127.0.0.1") as running:
        for number, (body, answer) in enumerate(_answers(running, bodies), 1):
            statuses[answer.status] += 1
            assert PLANTED.encode() not in answer.body
            assert answer.status in (200, 400, 413, 422, 503), (answer, body)
            assert answer.status != 503 or answer.headers["retry-after"] == "86400"
            if answer.status in (200, 422):
                told = answer.json
                assert {*told} == {"sha256", "stored", "refused"}
                assert bool(told["refused"]) == (answer.status == 422)
                assert all({*each} == {"id", "field", "rule"} for each in told["refused"])
                confirmed += len(told["stored"])
            elif answer.status == 400:
                assert {*json.loads(answer.body)} == {"rule"}
            if number == bodies // 10:
                warm = _memory_mb(running)
        grown = _memory_mb(running) - warm
        assert len(running.said.read_text().splitlines()) == 1
        assert running.stop() == 0
    assert {*statuses} >= {200, 400, 413, 422}
    assert min(statuses[status] for status in (200, 400, 422)) > bodies / 20
    assert running.held() == confirmed
    assert warm > 0
    assert grown < GROWTH_MB


def _answers(running: Process, number: int) -> Iterator[tuple[bytes, Answer]]:
    """Yield each body with its answer: some at once, each for another network, over connections that are kept."""
    bodies = islice(hostile_bodies(random.Random(SEED), datetime.now(UTC).date()), number)
    networks = count()
    with ExitStack() as stack:
        connections = [stack.enter_context(running.connect()) for _ in range(AT_ONCE)]
        while together := [*islice(bodies, AT_ONCE)]:
            for connection, body in zip(connections, together, strict=False):
                network = next(networks)
                sender = f"10.{network >> 8 & 255}.{network & 255}.{network >> 16}"
                connection.sendall(post_request(body, ("x-forwarded-for", sender)))
            for connection, body in zip(connections, together, strict=False):
                yield body, read_answer(connection)


def _memory_mb(running: Process) -> float:
    status = Path(f"/proc/{running.process.pid}/status").read_text()
    (resident,) = (line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(resident) / 1_024
