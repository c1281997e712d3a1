"""Shimmy answers 413 by a request's head and closes without reading its body: the answer must reach the client."""

from pathlib import Path

import pytest

from shimmy_metrics.serve.target import Target
from support.bare_shimmy import bare_shimmy
from support.installed import Home
from support.relays import LOOPS, loop_of, post_too_much, relayed

pytestmark = pytest.mark.real

TRIES = 100
ANSWER = b"HTTP/1.1 413 Payload Too Large\r\n"


@pytest.mark.parametrize("name", LOOPS)
def test_no_answer_to_a_request_that_is_too_large_is_lost(name: str, tmp_path: Path, micro: Path) -> None:
    with bare_shimmy(Home(tmp_path), micro) as (server, _):
        direct = post_too_much(server)
        assert direct.startswith(ANSWER)
        with relayed(loop_of(name), Target("127.0.0.1", server)) as port:
            answers = [post_too_much(port) for _ in range(TRIES)]
    assert sum(not answer.startswith(ANSWER) for answer in answers) == 0
    assert {len(answer) for answer in answers} == {len(direct)}
