"""Charts as one SVG: small, reproducible, without a font or a script, in the reader's light or dark. Pure."""

import math
from collections.abc import Iterator, Sequence
from typing import Final
from xml.sax.saxutils import escape

from benchmarks.figures import Chart, Series

_NAMESPACE: Final = 'xmlns="http://www.w3.org/2000/svg"'
_COLUMNS: Final = 3
_WIDTH, _HEIGHT = 310, 230
"""Of one chart, in pixels."""

_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 22, 58, 42
"""What is beside the lines of a chart, for its words."""

_STYLE: Final = """text{font:12px system-ui,sans-serif;fill:#1f2328}
.title{font-weight:600}
.paper{fill:#ffffff}
.rule{stroke:#d1d9e0}
.line{fill:none;stroke-width:2}
.n{text-anchor:end}
.m{text-anchor:middle}
.s0{stroke:#0969da}.f0{fill:#0969da}
.s1{stroke:#bc4c00}.f1{fill:#bc4c00}
.s2{stroke:#1a7f37}.f2{fill:#1a7f37}
.s3{stroke:#8250df}.f3{fill:#8250df}
.s4{stroke:#57606a}.f4{fill:#57606a}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.paper{fill:#0d1117}.rule{stroke:#3d444d}
.s0{stroke:#4493f8}.f0{fill:#4493f8}
.s1{stroke:#f0883e}.f1{fill:#f0883e}
.s2{stroke:#3fb950}.f2{fill:#3fb950}
.s3{stroke:#ab7df8}.f3{fill:#ab7df8}
.s4{stroke:#9198a1}.f4{fill:#9198a1}}"""

_COLOURS: Final = 5


def svg(charts: Sequence[Chart]) -> str:
    """Return the picture: all charts, three in a row; x is logarithmic, y begins with 0."""
    rows = math.ceil(len(charts) / _COLUMNS)
    width, height = _COLUMNS * _WIDTH, rows * _HEIGHT
    drawn = [
        line
        for index, chart in enumerate(charts)
        for line in (
            f'<g transform="translate({index % _COLUMNS * _WIDTH},{index // _COLUMNS * _HEIGHT})">',
            *_chart(chart),
            "</g>",
        )
    ]
    return "\n".join(
        (
            f'<svg {_NAMESPACE} width="{width}" height="{height}" viewBox="0 0 {width} {height}">',
            f"<style>{_STYLE}</style>",
            f'<rect class="paper" width="{width}" height="{height}" rx="6"/>',
            *drawn,
            "</svg>",
            "",
        )
    )


def top_of(most: float) -> float:
    """Return the end of an axis: the next 1, 2, 3, 5 or 10 times a power of ten that is not below `most` (above 0)."""
    power = 10.0 ** math.floor(math.log10(most))
    return next((step * power for step in (1, 2, 3, 5) if step * power >= most), 10 * power)


def _chart(chart: Chart) -> Iterator[str]:
    xs = sorted({x for line in chart.lines for x, _ in line.points})
    top = top_of(max(y for line in chart.lines for _, y in line.points))
    bottom, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    yield f'<text class="title" x="14" y="20">{escape(chart.title)}</text>'
    yield f'<text x="14" y="36">{escape(chart.y)}</text>'
    for part in (0.0, 0.5, 1.0):
        y = bottom - part * (bottom - _TOP)
        yield f'<path class="rule" d="M{_LEFT} {y:g}H{right}"/>'
        yield f'<text class="n" x="{_LEFT - 6}" y="{y + 4:g}">{_short(part * top)}</text>'
    for x in _apart(xs):
        yield f'<text class="m" x="{_across(x, xs):.4g}" y="{bottom + 16}">{_short(x)}</text>'
    yield f'<text class="m" x="{(_LEFT + right) / 2:g}" y="{bottom + 33}">{escape(chart.x)}</text>'
    for number, line in enumerate(chart.lines):
        yield from _line(line, number, xs, top)
    yield from _legend(chart.lines)


def _line(line: Series, number: int, xs: Sequence[float], top: float) -> Iterator[str]:
    bottom, colour = _HEIGHT - _BOTTOM, number % _COLOURS
    points = [(_across(x, xs), bottom - y / top * (bottom - _TOP)) for x, y in line.points]
    path = "L".join(f"{x:.4g} {y:.4g}" for x, y in points)
    yield f'<path class="line s{colour}" d="M{path}"/>'
    yield from (f'<circle class="f{colour}" cx="{x:.4g}" cy="{y:.4g}" r="3"/>' for x, y in points)


def _legend(lines: Sequence[Series]) -> Iterator[str]:
    at = _LEFT
    for number, line in enumerate(lines):
        yield f'<circle class="f{number % _COLOURS}" cx="{at + 4}" cy="48" r="4"/>'
        yield f'<text x="{at + 12}" y="52">{escape(line.name)}</text>'
        at += 22 + 7 * len(line.name)


def _across(x: float, xs: Sequence[float]) -> float:
    first, last = math.log10(xs[0]), math.log10(xs[-1])
    part = (math.log10(x) - first) / (last - first) if last > first else 0.5
    return _LEFT + 8 + part * (_WIDTH - _RIGHT - _LEFT - 16)


def _apart(xs: Sequence[float]) -> Iterator[float]:
    """Yield those whose words do not touch one another."""
    end = -math.inf
    for x in xs:
        if _across(x, xs) - end >= 30:
            end = _across(x, xs)
            yield x


def _short(number: float) -> str:
    """Return 1,500 as 1.5k, 1,000,000 as 1M."""
    for size, word in ((1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:g}{word}"
    return f"{number:g}"
