"""What the real servers tell the official client by themselves: the ground that the other tests stand on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.bare_shimmy import bare_shimmy
from support.installed import Home
from support.official_client import official_client, streamed, whole

pytestmark = pytest.mark.real

LENGTH = 5


@pytest.fixture(params=["shimmy", "llama.cpp"])
def port(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[int]:
    if request.param == "llama.cpp":
        yield request.getfixturevalue("llama")
    else:
        with bare_shimmy(Home(tmp_path), request.getfixturevalue("micro")) as (at, _):
            yield at


def test_usage_comes_with_a_whole_answer_and_in_a_stream_only_if_asked_for(port: int) -> None:
    with official_client(port) as client:
        at_once = whole(client, LENGTH)
        with_usage = streamed(client, LENGTH, stream_options={"include_usage": True})
        without = streamed(client, LENGTH)
    for told in (at_once, with_usage):
        assert told.usage is not None
        assert 0 < told.usage <= LENGTH
    assert without.usage is None
    assert 0 < without.pieces <= LENGTH
