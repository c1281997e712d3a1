"""The real Shimmy's start, as it is measured and as somebody else sees it."""

import time
from pathlib import Path

import pytest

from support.installed import Home, stop
from support.observed_start import first_of_all, measured_ms, see_start
from support.real_parts import SHIMMY, SMOLLM2
from support.servers import free_port, wait_for

pytestmark = pytest.mark.real

STARTS = 20


@pytest.mark.skipif(SMOLLM2 is None or not SHIMMY.is_file(), reason="no real Shimmy, or no model; .ci/run fetches both")
def test_the_start_that_is_measured_is_the_one_that_others_see(tmp_path: Path) -> None:
    apart = []
    with first_of_all() as before:
        for index in range(STARTS):
            home = Home(tmp_path / str(index), {"SHIMMY_BIN": str(SHIMMY)}, before)
            home.root.mkdir()
            home.metrics("enable")
            port = free_port()
            words = ("serve", "--bind", f"127.0.0.1:{port}", "--model-path", str(SMOLLM2))
            began = time.monotonic()
            with home.started(*words) as process:
                seen = see_start(process, SHIMMY, began)
                wait_for(port, process)
                own = measured_ms(home)
                stop(process)
            if not seen.agrees(own):
                apart.append((own, seen))
    assert apart == []
