"""What the app sends over a slow line: each step within its budget, and none above what it took when last measured.

`bytes.json` holds the measured figures; `python -m support.renew bytes`, from `tests/`, measures anew.
"""

import json
import sys
import time
from pathlib import Path

import pytest

from support import bytes_sent
from support.bytes_sent import LOOKS, PROGRAM, SPLIT_BYTES, STEPS, TABLE
from support.renew import RENEW
from support.terminal import terminal
from support.textual_version import compares_drawing

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no pty")

IDLE_SECONDS = 10.0
BLINKS_SECONDS = 2.5


@compares_drawing
@pytest.mark.parametrize("look", LOOKS)
def test_every_step_stays_within_its_budget_and_rises_nowhere(tmp_path: Path, look: str) -> None:
    # On a machine that stalls, a frame may come in two: never twice alike.
    over = _over(tmp_path / "once", look) and _over(tmp_path / "again", look)
    assert not over, f"if more is meant, {RENEW}"


def _over(root: Path, look: str) -> list[str]:
    """Return the steps that took more than they may, or more than they did."""
    known = json.loads(TABLE.read_text(encoding="utf-8"))
    assert list(known) == [name for name, _, _ in STEPS], RENEW
    over: list[str] = []
    for (name, keys, budget), took in zip(STEPS, bytes_sent.measured(look, root).values(), strict=True):
        count, writes = took.count, took.writes
        if budget.before and count - took.last > (step := budget.before.bytes(look)):
            over.append(f"{name}: {count - took.last:,} bytes before its explanation, the budget is {step:,}")
        if count > budget.bytes(look):
            over.append(f"{name}: {count:,} bytes, the budget of a {budget.name} is {budget.bytes(look):,}")
        if count > known[name][look] + SPLIT_BYTES * (count > 0):
            over.append(f"{name}: {count:,} bytes, they were {known[name][look]:,}")
        if budget.frames is not None and writes != budget.frames:
            over.append(f"{name}: in {writes} frames, not in {budget.frames}")
        if keys and budget not in {bytes_sent.ALT_TAB, bytes_sent.NOTHING} and not count:
            over.append(f"{name}: nothing was drawn")
    return over


def test_while_nothing_changes_nothing_is_sent(tmp_path: Path) -> None:
    with terminal(PROGRAM.format(root=str(tmp_path), variables={})) as made:
        bytes_sent.sent(made)
        begun = time.monotonic()
        assert made.read_for(IDLE_SECONDS) == b""
        assert time.monotonic() - begun >= IDLE_SECONDS


@pytest.mark.parametrize("keys", [b":", b"4 /", b"x p \x1b[D", b"c"], ids=["palette", "search", "path", "question"])
def test_no_cursor_blinks(tmp_path: Path, keys: bytes) -> None:
    variables = {"COLORTERM": ""}  # in 256 colours the cell of Textual's cursor differs
    with terminal(PROGRAM.format(root=str(tmp_path), variables=variables), **variables) as made:
        bytes_sent.sent(made)
        for key in keys.split():
            made.press(key)
            bytes_sent.sent(made)
        assert made.read_for(BLINKS_SECONDS) == b""
