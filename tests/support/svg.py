"""A screen as an SVG picture: small, reproducible, and without a font or any other external resource."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

from rich.color import Color
from rich.style import Style

from shimmy_metrics.app.terminal.themes import DARK
from support.cells import SIXTEEN, Rows, Run

CELL: Final = 8.4
LINE: Final = 18
MARGIN: Final = 14
NAMESPACE: Final = 'xmlns="http://www.w3.org/2000/svg"'
FONT: Final = "ui-monospace,'Cascadia Mono','DejaVu Sans Mono',Menlo,Consolas,monospace"

_XTERM: Final = dict(
    zip(
        SIXTEEN,
        (
            *("#000000", "#cd0000", "#00cd00", "#cdcd00", "#0000ee", "#cd00cd", "#00cdcd", "#e5e5e5"),
            *("#7f7f7f", "#ff0000", "#00ff00", "#ffff00", "#5c5cff", "#ff00ff", "#00ffff", "#ffffff"),
        ),
        strict=True,
    )
)

_PIECES: Final = re.compile(r"─+|━+|[▁▂▃▄▅▆▇█]|[!-~](?: ?[!-~])*|[^ ]")
"""What is drawn in one go. A sign outside ASCII stands alone: fonts differ in how wide it is."""

_BLOCKS: Final = "▁▂▃▄▅▆▇█"
_THICKNESS: Final = {"─": 1, "━": 3}


@dataclass(frozen=True, slots=True)
class Ground:
    """What a terminal has of its own: the colours of its text and of its background."""

    ink: str
    paper: str


GROUNDS: Final = {"dark": Ground(str(DARK.foreground), str(DARK.background)), "ansi": Ground("#e5e5e5", "#000000")}
"""With 16 colours those of xterm, which has the least contrast of all that are in use."""


def svg(rows: Rows, look: str) -> str:
    """Return the picture of a screen."""
    ground = GROUNDS[look]
    columns = sum(len(run.text) for run in rows[0])
    width, height = round(columns * CELL + 2 * MARGIN), len(rows) * LINE + 2 * MARGIN
    drawn = [each for y, row in enumerate(rows) for each in _row(row, y, ground)]
    inks = sorted({ink for ink, _ in drawn})
    names = {ink: f"s{index}" for index, ink in enumerate(inks)}
    return "\n".join(
        [
            f'<svg {NAMESPACE} width="{width}" height="{height}" viewBox="0 0 {width} {height}">',
            f"<style>text{{font:14px {FONT};white-space:pre}}",
            *(f".{name}{{{ink}}}" for ink, name in names.items()),
            "</style>",
            f'<rect width="{width}" height="{height}" rx="6" fill="{ground.paper}"/>',
            *(shape.replace("class=?", f'class="{names[ink]}"') for ink, shape in drawn),
            "</svg>",
            "",
        ]
    )


def _row(row: tuple[Run, ...], y: int, ground: Ground) -> Iterator[tuple[str, str]]:
    """Yield each shape of a row with its style."""
    top, column = MARGIN + y * LINE, 0
    for run in row:
        ink, paper = _colours(run.style, ground)
        if paper != ground.paper:
            size = f'width="{len(run.text) * CELL:.4g}" height="{LINE}"'
            yield f"fill:{paper}", f'<rect class=? x="{_x(column)}" y="{top}" {size}/>'
        for piece in _PIECES.finditer(run.text):
            yield _style(run.style, ink), _shape(piece[0], column + piece.start(), top)
        column += len(run.text)


def _shape(text: str, column: int, top: int) -> str:
    x, width = _x(column), len(text) * CELL
    thickness = _THICKNESS.get(text[0])
    if thickness:
        # A rule is drawn as a shape: as characters it would have gaps in some fonts.
        y = top + (LINE - thickness) / 2
        return f'<rect class=? x="{x}" y="{y:g}" width="{width:.4g}" height="{thickness}"/>'
    if text in _BLOCKS:
        high = (_BLOCKS.index(text) + 1) * LINE / len(_BLOCKS)
        return f'<rect class=? x="{x}" y="{top + LINE - high:g}" width="{width:.4g}" height="{high:g}"/>'
    length = f' textLength="{width:.4g}"' if len(text) > 1 else ""
    return f'<text class=? x="{x}" y="{top + 13}"{length}>{escape(text)}</text>'


def _x(column: int) -> str:
    return f"{MARGIN + column * CELL:.5g}"


def _colours(style: Style, ground: Ground) -> tuple[str, str]:
    ink, paper = _hex(style.color, ground.ink), _hex(style.bgcolor, ground.paper)
    return (paper, ink) if style.reverse else (ink, paper)


def _hex(color: Color | None, own: str) -> str:
    if color is None or color.is_default:
        return own
    return color.triplet.hex if color.triplet else _XTERM[SIXTEEN[color.number or 0]]


def _style(style: Style, ink: str) -> str:
    bold = ";font-weight:bold" if style.bold else ""
    underlined = ";text-decoration:underline" if style.underline else ""
    return f"fill:{ink}{bold}{underlined}"
