"""Draws every screen with fixed data, for the test that compares and for `python -m support.renew`, which stores it.

`tests/app/screens/` holds the text and the styles of each scene at three sizes, `tests/app/sizes/` the text of some at
more sizes, `screenshots/` SVG pictures.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from support.cells import text_of
from support.scenes import LOOKS, Scene, Shown, walked
from support.snapshots import snapshot
from support.svg import svg

ROOT: Final = Path(__file__).resolve().parents[2]
PICTURES: Final = ROOT / "screenshots"
SNAPSHOTS: Final = ROOT / "tests/app/screens"
LAYOUTS: Final = ROOT / "tests/app/sizes"

SIZES: Final = ((120, 40), (80, 24), (40, 12))
LAYOUT_SIZES: Final = ((200, 60), (140, 40), (100, 30), (60, 16))
PICTURE_SIZES: Final = ((80, 24), (100, 30))
PICTURE_LOOKS: Final = ("dark", "ansi")


_walked: dict[tuple[int, int, str], list[tuple[Scene, Shown]]] = {}
"""What was walked already: pictures and snapshots of one size and look share their walk."""


async def snapshots(width: int, height: int) -> dict[str, str]:
    """Return the snapshot of every scene at this size, by its file's name."""
    found: dict[str, dict[str, Shown]] = {}
    for look in LOOKS:
        for scene, shown in await walks(width, height, look):
            found.setdefault(f"{scene.name}-{width}x{height}.txt", {})[look] = shown
    return {name: snapshot(looks) for name, looks in found.items()}


async def layouts(width: int, height: int) -> dict[str, str]:
    """Return the text of every scene that is stored at more sizes, by its file's name."""
    return {
        f"{scene.name}-{width}x{height}.txt": f"{text_of(shown.rows)}\n"
        for scene, shown in await walks(width, height, "dark")
        if scene.sized
    }


async def pictures(width: int, height: int, look: str) -> dict[str, str]:
    """Return the picture of every scene that is drawn, by its file's name."""
    return {
        f"{scene.name}-{width}x{height}-{look}.svg": svg(shown.rows, look)
        for scene, shown in await walks(width, height, look)
        if scene.drawn
    }


async def every_snapshot() -> dict[str, str]:
    """Return all snapshots."""
    return {name: text for size in SIZES for name, text in (await snapshots(*size)).items()}


async def every_layout() -> dict[str, str]:
    """Return all texts at more sizes."""
    return {name: text for size in LAYOUT_SIZES for name, text in (await layouts(*size)).items()}


async def every_picture() -> dict[str, str]:
    """Return all pictures."""
    wanted = [(*size, look) for size in PICTURE_SIZES for look in PICTURE_LOOKS]
    return {name: drawn for each in wanted for name, drawn in (await pictures(*each)).items()}


def wanted_at(width: int, height: int) -> Callable[[Scene], bool]:
    """Return which scenes are stored at this size; those that are stored at more sizes are pictures too."""
    if (width, height) in SIZES:
        return lambda _: True
    return (lambda scene: scene.drawn) if (width, height) in PICTURE_SIZES else (lambda scene: scene.sized)


async def walks(width: int, height: int, look: str) -> list[tuple[Scene, Shown]]:
    """Return every scene with what it shows at this size, in this look."""
    key = (width, height, look)
    if key not in _walked:
        _walked[key] = [each async for each in walked(*key, wanted_at(width, height))]
    return _walked[key]
