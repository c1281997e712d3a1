"""A meter that is killed loses at most the last second of its counters, however often and whenever it is killed."""

import json
import random
import time
from functools import partial
from pathlib import Path

import pytest

from shimmy_metrics.demo.toy_server import ToyServer
from shimmy_metrics.report.coarsen import two_digits
from support.installed import Home, announced, wait_until
from support.servers import free_port, wait_for
from support.steady_client import LOST_SECONDS, SteadyClient


def _sealed(home: Home, known: set[str]) -> dict[str, int]:
    """Return the requests of each sealed report that is not known yet, by its id."""
    outbox = json.loads(home.metrics("export").stdout)["outbox"]
    bodies = [json.loads(each["body"]) for each in outbox]
    return {
        body["session_id"]: body["metrics"]["requests_per_session"]
        for body in bodies
        if body["session_id"] not in known
    }


def _has_sealed(home: Home, known: set[str]) -> bool:
    return bool(_sealed(home, known))


@pytest.mark.parametrize(("kills", "within"), [(1, (1.6, 2.0)), pytest.param(200, (0.0, 3.0), marks=pytest.mark.long)])
def test_killing_the_meter_loses_at_most_a_second_of_counters(
    tmp_path: Path, kills: int, within: tuple[float, float]
) -> None:
    home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": "http://127.0.0.1:9/v1/usage"})
    home.agree()
    draw = random.Random(kills)
    known: set[str] = set()
    least = most = 0
    with ToyServer() as toy:
        for turn in range(kills + 1):
            port = free_port()
            with home.started("serve", "--upstream", toy.url, "--bind", f"127.0.0.1:{port}") as process:
                wait_for(port, process)
                if within[0] > LOST_SECONDS:
                    assert announced(process).startswith("shimmy-metrics: measured at ")
                if turn:
                    # The start seals what the killed one left; one killed at its very start may have left nothing.
                    assert wait_until(partial(_has_sealed, home, known)) or not least
                    new = _sealed(home, known)
                    known |= new.keys()
                    assert all(least <= requests <= most for requests in new.values()), (turn, least, new, most)
                client = SteadyClient(port)
                time.sleep(draw.uniform(*within))
                killed = time.monotonic()
                process.kill()
                process.wait()
                client.ended()
            # As a report tells them.
            least = two_digits(sum(came < killed - LOST_SECONDS for came in client.answered))
            if within[0] > LOST_SECONDS:
                assert least, "nothing was answered early enough to be lost"
            most = two_digits(len(client.answered) + 1)  # one may have been asked and not answered
