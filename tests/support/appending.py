"""A receiver's two processes that store reports, and tell of each once it is durable.

    python -m support.appending DATA SEED REPORTS TIMES

It appends reports 0 to REPORTS - 1 in a random order, each TIMES times, in requests of 1 to 32 of which many wait at
once. For each report that was answered it prints a line: its number and the outcome.
"""

import asyncio
import os
import random
import sys
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Final
from uuid import UUID

from shimmy_metrics.receiver.accepted import accept
from shimmy_metrics.receiver.folder import Folder
from shimmy_metrics.receiver.row import stored_row
from shimmy_metrics.receiver.store import StoredRow, StoreError
from shimmy_metrics.receiver.writer import Writer
from shimmy_metrics.receiver.writing_process import start
from shimmy_metrics.report.seal import seal
from support.stored import DAY, HASHING, report

_AT_ONCE: Final = 64


def numbered(number: int) -> StoredRow:
    """Return the row of a report that is the same in each process."""
    made = report(str(UUID(int=random.Random(number).getrandbits(128), version=4)))
    return stored_row(accept(made, seal(made).body), HASHING)


def outcomes(said: bytes) -> Counter[tuple[int, str]]:
    """Return how often each report got which outcome, of what a process printed; a line that was cut is none."""
    lines = said.decode().splitlines(keepends=True)
    return Counter((int(line.split()[0]), line.split()[1]) for line in lines if line.endswith("\n"))


async def _append(writer: Writer, numbers: list[int], turn: asyncio.Semaphore) -> None:
    rows = [numbered(number) for number in numbers]
    while True:
        try:
            results = await writer.submit(rows)
        except StoreError:
            await asyncio.sleep(0.05)  # as a sender comes again
        else:
            break
    lines = "".join(f"{number} {result.value}\n" for number, result in zip(numbers, results, strict=True))
    os.write(1, lines.encode())
    turn.release()


async def _all(folder: Folder, draw: random.Random, numbers: list[int]) -> None:
    turn = asyncio.Semaphore(_AT_ONCE)
    async with Writer(lambda: start(folder), lambda: DAY) as writer, asyncio.TaskGroup() as tasks:
        rest = iter(numbers)
        while some := list(islice(rest, draw.randint(1, 32))):
            await turn.acquire()
            tasks.create_task(_append(writer, some, turn))


def main() -> None:
    data, seed, reports, times = sys.argv[1], *map(int, sys.argv[2:])
    draw = random.Random(seed)
    numbers = list(range(reports)) * times
    draw.shuffle(numbers)
    asyncio.run(_all(Folder(Path(data)), draw, numbers))


if __name__ == "__main__":
    main()
