"""What the server adds to uvicorn's: a look at what the operator says, shared by the requests of one turn.

Of uvicorn's own settings the environment says nothing.
"""

import asyncio
from itertools import count

import pytest

from shimmy_metrics.receiver.server import Server, once_a_turn


async def test_the_requests_of_one_turn_share_a_look_and_those_of_the_next_look_anew() -> None:
    read = once_a_turn(count().__next__)
    seen: list[list[int]] = []

    async def request(turn: list[int]) -> None:
        turn.append(read())

    for _ in range(3):
        seen.append([])
        tasks = [asyncio.create_task(request(seen[-1])) for _ in range(4)]
        await asyncio.gather(*tasks)
    assert seen == [[0] * 4, [1] * 4, [2] * 4]


def test_no_variable_of_uvicorn_s_changes_it_or_keeps_it_from_starting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEB_CONCURRENCY", "as many as there are cores")
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
    made = Server(lambda: None, None, lambda: None, lambda _: None).config
    assert (made.workers, made.forwarded_allow_ips) == (1, "")
