"""An app that nobody touches: what wakes it, and what it draws."""

import sys
import time
from pathlib import Path

import pytest

from support import opened, overviews
from support.app_idle import undrawn
from support.home_terminal import terminal
from support.installed import Home

SECONDS = 2.0
WAKES_A_SECOND = 6
"""The thread that polls the files wakes twice a second; Textual's own input thread would wake ten times."""


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells how often a thread woke")
@pytest.mark.parametrize(("key", "shown"), [("", "Quit"), (":", "Do it")], ids=["screen", "palette"])
def test_no_thread_wakes_often_while_nobody_types(tmp_path: Path, key: str, shown: str) -> None:
    home = Home(tmp_path)
    assert home.metrics("disable").returncode == 0
    with terminal(home, "shimmy", "tui") as there:
        assert there.shows("Quit")
        there.type(key)
        assert there.shows(shown)
        # Not at once: the start leaves something to do, on a busy machine for longer.
        assert any(_rests(there.process.pid) for _ in range(5))


def _rests(process: int) -> bool:
    """Whether no thread wakes often for a while."""
    before = _wakes(process)
    time.sleep(SECONDS)
    after = _wakes(process)
    woke = sorted(after[thread] - before[thread] for thread in before.keys() & after.keys())
    assert len(woke) >= 3  # the app's own thread, the input's, the poller's
    return woke[-1] <= WAKES_A_SECOND * SECONDS


def _wakes(process: int) -> dict[str, int]:
    """Return how often each thread of a process went to sleep by itself."""
    found = {}
    for task in Path(f"/proc/{process}/task").iterdir():
        lines = (task / "status").read_text(encoding="ascii", errors="replace").splitlines()
        found[task.name] = next(int(line.split()[1]) for line in lines if line.startswith("voluntary_ctxt_switches"))
    return found


async def test_drawing_what_is_shown_already_sets_no_timer_and_draws_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.settled(pilot)
        await opened.until(pilot, lambda: app._cursor_timer is None)
        app._previous_cursor_position = app.cursor_position  # as after a frame; without a terminal there is none
        set_for: list[float] = []
        monkeypatch.setattr(app, "set_timer", lambda delay, *_, **__: set_for.append(delay))
        await app._draw()
        assert not any(undrawn(app))
        await opened.settled(pilot)
        assert set_for == []
