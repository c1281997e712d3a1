"""Draws every screen with fixed data, for the test that compares and for `python -m support.renew`, which stores it.

`tests/app/screens/` holds the text and the styles of each scene at three sizes, `screenshots/` SVG pictures of some.
"""

from pathlib import Path
from typing import Final

from support.scenes import LOOKS, Scene, Shown, walked
from support.snapshots import snapshot
from support.svg import svg

ROOT: Final = Path(__file__).resolve().parents[2]
PICTURES: Final = ROOT / "screenshots"
SNAPSHOTS: Final = ROOT / "tests/app/screens"

SIZES: Final = ((120, 40), (80, 24), (40, 12))
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


async def every_picture() -> dict[str, str]:
    """Return all pictures."""
    wanted = [(*size, look) for size in PICTURE_SIZES for look in PICTURE_LOOKS]
    return {name: drawn for each in wanted for name, drawn in (await pictures(*each)).items()}


async def walks(width: int, height: int, look: str) -> list[tuple[Scene, Shown]]:
    """Return every scene with what it shows at this size, in this look."""
    key = (width, height, look)
    if key not in _walked:
        drawn = (width, height) not in SIZES
        _walked[key] = [each async for each in walked(*key, drawn=drawn)]
    return _walked[key]
