"""Each screen says and looks what is stored; a change of a screen carries its snapshot and its picture."""

import re
from pathlib import Path

import pytest
from rich.style import Style

from support import pictures, scenes
from support.cells import named
from support.renew import RENEW
from support.svg import NAMESPACE
from support.textual_version import compares_drawing


@compares_drawing
@pytest.mark.parametrize(
    ("width", "height"),
    [pytest.param(*size, marks=[] if size == (80, 24) else pytest.mark.thorough) for size in pictures.SIZES],
)
async def test_every_screen_says_and_looks_as_stored_in_colour_in_16_colours_and_without(
    width: int, height: int
) -> None:
    _compare(pictures.SNAPSHOTS, await pictures.snapshots(width, height))


@pytest.mark.thorough
@compares_drawing
@pytest.mark.parametrize(("width", "height"), pictures.LAYOUT_SIZES)
async def test_screens_of_every_layout_say_what_is_stored(width: int, height: int) -> None:
    _compare(pictures.LAYOUTS, await pictures.layouts(width, height))


@compares_drawing
@pytest.mark.parametrize("look", pictures.PICTURE_LOOKS)
@pytest.mark.parametrize(("width", "height"), pictures.PICTURE_SIZES)
async def test_every_picture_is_as_stored(width: int, height: int, look: str) -> None:
    _compare(pictures.PICTURES, await pictures.pictures(width, height, look))


async def test_with_16_colours_words_have_the_terminal_s_own_and_with_none_there_is_none() -> None:
    allowed = {"ansi": {"", "magenta", "green", "red"}, "none": {""}}
    for look, inks in allowed.items():
        met: set[str] = set()
        for scene, shown in await pictures.walks(80, 24, look):
            found = {
                named(Style(color=run.style.color, bgcolor=run.style.bgcolor)) for row in shown.rows for run in row
            }
            assert found <= inks, (scene.name, look)
            met |= found
        assert met == inks, look


def test_nothing_is_stored_that_no_scene_shows() -> None:
    names = {scene.name: scene for walk in scenes.WALKS for scene in walk.scenes}
    folders = (pictures.SNAPSHOTS, pictures.LAYOUTS, pictures.PICTURES)
    for path in (path for folder in folders for path in (*folder.glob("*.txt"), *folder.glob("*.svg"))):
        scene = names.get(re.sub(r"-\d+x\d+(-\w+)?$", "", path.stem))
        assert scene, path.name
        assert scene.drawn or path.suffix == ".txt", path.name
        assert scene.sized or path.parent != pictures.LAYOUTS, path.name


def test_a_picture_loads_nothing_from_elsewhere() -> None:
    for path in pictures.PICTURES.glob("*.svg"):
        drawn = path.read_text(encoding="utf-8").replace(NAMESPACE, "")
        assert not re.search(r"href|url\(|@import|<script|src=", drawn), path.name


def _compare(folder: Path, made: dict[str, str]) -> None:
    changed = [name for name, content in made.items() if _stored(folder / name) != content]
    assert not changed, f"{', '.join(changed)}: {RENEW}"


def _stored(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""
