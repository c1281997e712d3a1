"""Each screen looks as its stored text and picture say; a change of a screen carries its picture."""

import pytest

from support import pictures


@pytest.mark.parametrize(("width", "height"), pictures.SIZES)
async def test_every_screen_reads_as_stored(width: int, height: int) -> None:
    for name, content in (await pictures.texts(width, height)).items():
        stored = (pictures.TEXTS / name).read_text(encoding="utf-8")
        assert content == stored, f"{name}: run python -m support.pictures and look at what changed"


@pytest.mark.parametrize("look", pictures.LOOKS)
@pytest.mark.parametrize(("width", "height"), pictures.PICTURE_SIZES)
async def test_every_picture_is_as_stored(width: int, height: int, look: str) -> None:
    for name, content in (await pictures.pictures(width, height, look)).items():
        stored = (pictures.PICTURES / name).read_text(encoding="utf-8")
        assert content == stored, f"{name}: run python -m support.pictures and look at what changed"
