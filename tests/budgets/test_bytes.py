"""What the app sends over a slow line, counted on the far side of a pty of 80 x 24. Bytes, so the machine is no matter.

The measured figures (November 2026) stand beside the budgets.
"""

import sys
from pathlib import Path

import pytest

from support.terminal import terminal

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no pty")

PROGRAM = """
from pathlib import Path
from support import opened, overviews
opened.still(Path({root!r}), overviews.busy(), {variables!r}).run(mouse=False)
"""

LOOKS = {
    "true colour": {},
    "16 colours": {"TERM": "xterm", "COLORTERM": ""},
}

BUDGETS = (
    # what, keys, seconds to wait, bytes in true colour and with 16 colours (measured: beside)
    ("first paint", b"", 2.5, 5_000, 3_000),  # 4,283 and 2,705
    ("list step with its explanation", b"j", 0.4, 550, 350),  # 293 and 208
    ("another list step", b"j", 0.4, 550, 350),  # 311 and 207
    ("focus to a button", b"\t", 0.4, 150, 90),  # 85 and 40
    ("focus to the next", b"\t", 0.4, 150, 90),  # 140 and 62
    ("terminal focus out", b"\x1b[O", 0.4, 32, 32),  # 0 and 0
    ("terminal focus in", b"\x1b[I", 0.4, 32, 32),  # 0 and 0
    ("idle", b"", 3.0, 0, 0),  # 0 and 0
    ("another view", b"2", 0.8, 3_500, 2_200),  # 3,069 and 1,450
    ("another lens", b"l", 0.8, 3_500, 2_200),  # 2,071 and 1,313
    ("the page of consent", b"c", 0.8, 3_500, 2_200),  # 2,300 and 1,764
)


@pytest.mark.parametrize("look", LOOKS)
def test_bytes_stay_within_their_budgets(tmp_path: Path, look: str) -> None:
    over: list[str] = []
    variables = LOOKS[look]
    with terminal(PROGRAM.format(root=str(tmp_path), variables=variables), **variables) as made:
        for what, keys, seconds, rich, few in BUDGETS:
            if keys:
                made.press(keys)
            sent = len(made.read_for(seconds))
            budget = rich if look == "true colour" else few
            if sent > budget:
                over.append(f"{what}: {sent:,} of {budget:,} bytes")
            if keys not in {b"", b"\x1b[O", b"\x1b[I"}:
                assert sent > 0, what
    assert not over
