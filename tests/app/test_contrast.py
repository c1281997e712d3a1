"""Everybody can read it: each word has 4.5:1 on its ground in every theme, no state is colour alone, none blinks."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.color import Color
from rich.segment import Segment
from rich.style import Style

from shimmy_metrics.app.app import ShimmyApp
from support import overviews
from support.contrast import LEAST, Rgb, contrast
from support.simulated_time import Timed, key, quiet, send

MAGENTA = 5
MAGENTA_ON_BLACK = 4.48
"""The one of the 16 that comes near on both grounds in xterm's palette (the other is 4.69)."""

XTERM = {1: (205, 0, 0), 2: (0, 205, 0), MAGENTA: (205, 0, 205)}
BLACK, WHITE = (0, 0, 0), (255, 255, 255)

TOUR = ("1", "2", "l", "l", "w", "d", "n", "3", "m", "enter", "q", "4", "slash", "x", "z", "q", "escape", "G", "enter")
MORE = ("question_mark", "q", "c", "tab", "enter", "n", "x", "p", "escape", "n", "v", "colon", "d", "e", "escape")


def drawn(app: ShimmyApp) -> Iterator[tuple[str, Style]]:
    """Yield every piece of text on the screen with its style; rules are lines, not text."""
    update = app.screen._compositor.render_update(full=True, screen_stack=app._background_screens)
    assert update is not None
    for segment in app.console.render(update):
        assert isinstance(segment, Segment)
        text = segment.text.strip(" \n─━▁▂▃▄▅▆▇█╸")
        if text and not segment.control:
            yield text, segment.style or Style.null()


def _rgb(colour: Color | None) -> Rgb:
    assert colour is not None
    assert not colour.is_default
    return tuple(colour.get_truecolor())  # type: ignore[return-value]  # Rich types three numbers as any


async def _toured(app: Timed, monkeypatch: pytest.MonkeyPatch) -> set[tuple[str, Style]]:
    monkeypatch.setattr("textual.screen.UPDATE_PERIOD", 0.0005)
    met: set[tuple[str, Style]] = set()
    async with app.run_test(size=(80, 24)) as pilot:
        for pressed in (*TOUR, *MORE):
            await send(pilot, key(pressed))
            await quiet(pilot)
            met |= set(drawn(app))
    assert len(met) > 100
    return met


@pytest.mark.parametrize(
    ("grey", "ratio"),
    [(0, 21.0), (0x76, 4.54), (0x77, 4.48), (255, 1.0)],
    ids=["black", "enough", "too little", "none"],
)
def test_the_contrast_on_white_is_the_published_one(grey: int, ratio: float) -> None:
    assert round(contrast((grey, grey, grey), WHITE), 2) == ratio
    assert round(contrast(WHITE, (grey, grey, grey)), 2) == ratio


@pytest.mark.parametrize("background", ["15;0", "0;15"], ids=["dark", "light"])
async def test_every_word_of_our_own_themes_has_contrast(
    tmp_path: Path, background: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = Timed(tmp_path, overviews.busy(), {"COLORFGBG": background})
    assert app.theme == ("shimmy-dark" if background == "15;0" else "shimmy-light")
    for text, style in await _toured(app, monkeypatch):
        assert not style.dim
        assert not style.blink
        ratio = contrast(_rgb(style.color), _rgb(style.bgcolor))
        assert ratio >= LEAST, (text, style, round(ratio, 2))


@pytest.mark.parametrize("terminal", [{"TERM": "xterm", "COLORTERM": ""}, {"NO_COLOR": "1"}], ids=["16", "none"])
async def test_with_few_colours_every_word_has_the_terminals_own(
    tmp_path: Path, terminal: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for text, style in await _toured(Timed(tmp_path, overviews.busy(), terminal), monkeypatch):
        assert style.bgcolor is None, text
        assert not style.dim
        assert not style.blink
        if style.color is None:
            continue
        assert "NO_COLOR" not in terminal
        assert style.color.number is not None
        hue = XTERM[style.color.number]
        if any(each.isalnum() for each in text):  # green and red stand on glyphs alone, with a word beside each
            assert style.color.number == MAGENTA, (text, style)
            assert contrast(hue, WHITE) >= LEAST
            assert round(contrast(hue, BLACK), 2) >= MAGENTA_ON_BLACK
