"""Each key that the list of keys names does something where it is named, or says why it cannot."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import pytest
from textual.screen import Screen

from shimmy_metrics.actions.overview import Overview
from support import opened, overviews

MOVES: Final = (
    "app.",
    "page.down",
    "page.up",
    "page.leaf",
    "page.first",
    "page.last",
    "page.button",
    "page.before",
    "page.beside",
    "report.lens",
)
"""What goes to another screen, or to what is beside: at an end there is nothing beside."""

APART: Final = ("consent.", "report.copy")
"""What waits for a moment without another key; the tests of answers and of copying hold what it does."""

SCREENS: Final = (
    ("1",),
    ("2",),
    ("2", "right_square_bracket"),
    ("2", "w"),
    ("3",),
    ("3", "enter"),
    ("4",),
    ("c",),
    ("c", "w"),
    ("u",),
)
"""The keys that lead to each."""


def _listed(screen: Screen[object]) -> dict[str, str]:
    """Return a key for each thing that the list of keys names for this screen alone, by its id."""
    bindings = {key: active.binding for key, active in screen.active_bindings.items() if active.enabled}
    named = {each.id: key for key, each in bindings.items() if each.id and each.description}
    return {name: key for name, key in named.items() if not name.startswith((*MOVES, *APART))}


async def _after(root: Path, shown: Overview, keys: Sequence[str]) -> tuple[dict[str, str], str]:
    """Return what the list of keys names, and what stands on the screen, after these keys."""
    app = opened.still(root, shown)
    async with app.run_test(size=(160, 50)) as pilot:
        await opened.press(pilot, *keys)
        await opened.settled(pilot)
        return _listed(app.screen), f"{len(app.screen_stack)}\n{opened.text(app)}"


@pytest.mark.thorough
@pytest.mark.parametrize("keys", SCREENS, ids="-".join)
@pytest.mark.parametrize(
    "shown",
    [
        overviews.undecided,
        overviews.idle,
        overviews.declined,
        overviews.only_for_me,
        overviews.busy,
        overviews.batch,
        overviews.failing,
        overviews.receipts_deleted,
        overviews.switched_off_here,
    ],
)
async def test_each_listed_key_does_something(
    tmp_path: Path, shown: Callable[[], Overview], keys: tuple[str, ...]
) -> None:
    listed, before = await _after(tmp_path, shown(), keys)
    new = {name: key for name, key in listed.items() if key not in keys}  # the others were just pressed
    silent = [name for name, key in new.items() if (await _after(tmp_path, shown(), (*keys, key)))[1] == before]
    assert not silent
