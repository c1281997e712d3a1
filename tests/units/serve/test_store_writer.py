"""The session's place in the store: what another process may be left with at every instant of the end."""

from pathlib import Path

import pytest

from shimmy_metrics.actions.decide import enable
from shimmy_metrics.config.effective import read_consent
from shimmy_metrics.counters import Counters
from shimmy_metrics.delivery.unsealed import Unsealed
from shimmy_metrics.serve.health import SHIMMY, ServerIdentity
from shimmy_metrics.serve.session_header import SessionHeader
from shimmy_metrics.serve.store_writer import StoreWriter
from support.queued import LOCAL, uuid
from support.samples import profile


def test_an_end_is_left_to_another_process_until_the_sender_was_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An exit that waits no longer asks what is left to do: without an answer nobody would send what was sealed."""
    mine = profile(tmp_path, SHIMMY_METRICS_ENDPOINT=LOCAL)
    enable(mine)
    writer = StoreWriter(mine, lambda _: None)
    header = SessionHeader(read_consent(mine), "http://127.0.0.1:11435", "", ServerIdentity(SHIMMY), uuid(1))
    counters = Counters(requests=1)
    left: list[Unsealed | None] = []
    monkeypatch.setattr(
        "shimmy_metrics.serve.store_writer.start_sender", lambda *_: left.append(writer.unsealed(header, counters))
    )
    writer.open()
    assert writer.unsealed(header, counters) == Unsealed(0, counters, None, header.session(counters, mine.clock.now()))
    writer.begin(header, Counters(), lambda: True)
    writer.end(counters)
    writer.close()
    (asked,) = left
    assert asked is not None
    assert (asked.row_id, asked.counters, asked.session) == (1, counters, None)
    assert writer.unsealed(header, counters) is None
