"""The session's place in the store: what another process may be left with at every instant of the end."""

from pathlib import Path

import pytest

from shimmy_metrics.actions.decide import enable
from shimmy_metrics.config.standing import standing
from shimmy_metrics.counters import Counters
from shimmy_metrics.serve.books import Books, Header
from shimmy_metrics.serve.health import SHIMMY, Name
from support.queued import LOCAL
from support.samples import profile


def test_an_end_is_left_to_another_process_until_the_sender_was_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An exit that waits no longer asks for the row's number: with none there nobody would send what was sealed."""
    mine = profile(tmp_path, SHIMMY_METRICS_ENDPOINT=LOCAL)
    enable(mine)
    books = Books(mine, lambda _: None)
    left: list[int] = []
    monkeypatch.setattr("shimmy_metrics.serve.books.start_sender", lambda *_: left.append(books.row_id))
    books.open()
    books.begin(Header(standing(mine), "http://127.0.0.1:11435", "", Name(SHIMMY)), Counters())
    books.end(Counters(requests=1))
    books.close()
    assert left == [1]
    assert books.row_id == 0
