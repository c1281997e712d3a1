"""What the server adds to uvicorn's: a look at what the operator says, shared by the requests of one turn."""

import asyncio
from itertools import count

from shimmy_metrics.receiver.server import once_a_turn


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
