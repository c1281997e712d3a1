"""Whether a sender is at work, and waiting until it is not."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from shimmy_metrics.delivery import sender_lock
from shimmy_metrics.delivery.sender_lock import lock_path, sending, wait_until_gone
from shimmy_metrics.system.locks import Lock
from support.samples import profile


def test_it_is_at_work_while_its_lock_is_held(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    assert not sending(mine)
    mine.state_path.mkdir(parents=True)
    assert lock_path(mine) == str(mine.state_path / "sender.lock")
    lock = Lock(lock_path(mine))
    lock.take()
    assert sending(mine)
    lock.release()
    assert not sending(mine)


@pytest.mark.parametrize(
    ("ends_after", "gone", "waited"), [(0, True, 0), (3, True, 3), (200, True, 200), (201, False, 200)]
)
def test_it_is_waited_for_no_longer_than_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ends_after: int, gone: bool, waited: int
) -> None:
    ticks = 0

    def sleep(seconds: float) -> None:
        nonlocal ticks
        assert seconds == 0.005
        ticks += 1

    mine = profile(tmp_path)
    monkeypatch.setattr(sender_lock, "sending", lambda of: of is mine and ticks < ends_after)
    monkeypatch.setattr(sender_lock, "time", SimpleNamespace(monotonic=lambda: ticks * 0.005, sleep=sleep))
    assert wait_until_gone(mine, 199.5 * 0.005) is gone
    assert ticks == waited
