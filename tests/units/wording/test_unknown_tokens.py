"""Where tokens are unknown is said by words of closed lists, in Session and in lines of text alike."""

from typing import Final

import pytest

from shimmy_metrics.app.screens.session.view import session_view
from shimmy_metrics.app.terminal.glyphs import UNICODE
from shimmy_metrics.app.ui.layout import Canvas
from shimmy_metrics.cli.plain_report import plain_report
from shimmy_metrics.wording.unknown_tokens import tokens_unknown
from support import overviews
from support.samples import NOW

CANVAS: Final = Canvas(120, 40, UNICODE, NOW)
SAID: Final = "Tokens unknown for 3 requests: /v1/audio/speech 2, other paths 1."


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        ({}, ""),
        ({"/v1/messages": 1}, "Tokens unknown for 1 request: /v1/messages 1."),
        ({"other": 1, "/v1/audio/speech": 2}, SAID),
        ({"/generate": 5, "/completion": 5}, "Tokens unknown for 10 requests: /completion 5, /generate 5."),
    ],
)
def test_each_place_is_named_with_its_number(counts: dict[str, int], sentence: str) -> None:
    assert tokens_unknown(counts) == sentence


@pytest.mark.parametrize(
    ("sources", "said"),
    [
        ({"reported": 3}, "the server's count"),
        ({"estimated": 3}, "estimated"),
        ({"reported": 3, "counted": 1}, "partly counted"),
        ({"reported": 3, "counted": 1, "estimated": 1}, "partly estimated"),
        ({"reported": 3, "counted": 1, "unknown": 1}, "partly unknown"),
    ],
)
def test_of_several_sources_the_least_certain_is_named(sources: dict[str, int], said: str) -> None:
    shown = overviews.busy()
    (live,) = shown.running
    counters = live.session.counters._replace(sources=sources)
    shown = shown._replace(running=(live._replace(session=live.session._replace(counters=counters)),))
    (row,) = (row for row in session_view(CANVAS, shown, 0).rows if row.key == "total_tokens_generated")
    assert "".join(span.text for span in row.line).endswith(said)


def test_it_is_said_where_the_session_is_shown() -> None:
    known = overviews.busy()
    (live,) = known.running
    counters = live.session.counters._replace(unread={"other": 1, "/v1/audio/speech": 2})
    unknown = known._replace(running=(live._replace(session=live.session._replace(counters=counters)),))
    for shown, expected in ((known, False), (unknown, True)):
        rows = session_view(CANVAS, shown, 0).rows
        assert (SAID in ["".join(span.text for span in row.line).strip() for row in rows]) is expected
        assert (f"  {SAID}" in list(plain_report(shown, NOW))) is expected
