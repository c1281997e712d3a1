"""What a terminal's answer about its background tells."""

import pytest

from shimmy_metrics.app.terminal.background import is_light


@pytest.mark.parametrize(
    ("answer", "light"),
    [
        ("11;rgb:ffff/ffff/ffff", True),
        ("11;rgb:0000/0000/0000", False),
        ("11;rgb:ff/ff/dd", True),
        ("11;rgba:fdfd/f6f6/e3e3/ffff", True),
        ("11;rgb:f/0/0", False),
        ("11;rgb:0/f/0", True),
        ("10;rgb:ffff/ffff/ffff", None),
        ("11;rgb:ffff/ffff", None),
        ("11;?", None),
        ("11;rgb:fffff/0/0", None),
    ],
)
def test_the_background_is_light_or_dark_or_not_told(answer: str, light: bool | None) -> None:
    assert is_light(f"\x1b]{answer}") is light
