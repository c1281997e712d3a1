"""The version of Textual whose drawing is stored: pictures, snapshots and byte counts are compared under no other.

It is named once, in the extra `test` of `pyproject.toml`, so that the README's test command always compares them. What
the app needs is a range, in the dependencies there.
"""

import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Final

import pytest

PROJECT: Final = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]

STORED: Final = next(
    each.removeprefix("textual==") for each in PROJECT["optional-dependencies"]["test"] if each.startswith("textual==")
)
INSTALLED: Final = version("textual")

compares_drawing = pytest.mark.skipif(
    INSTALLED != STORED, reason=f"what is stored was drawn by Textual {STORED}, and {INSTALLED} is installed"
)


def insist() -> None:
    """Raise `SystemExit` where another version would draw what is to be stored."""
    if INSTALLED != STORED:
        raise SystemExit(
            f"Textual {INSTALLED} is installed; what is stored is drawn by {STORED} (pyproject.toml, test)"
        )
