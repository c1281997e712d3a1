"""A yes is looked at once more after a moment; here the moment is a short one, so that a test may say yes often."""

import pytest

from shimmy_metrics.config import change


@pytest.fixture(autouse=True)
def soon_looked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a yes be looked at again after 10 ms."""
    monkeypatch.setattr(change, "RECHECK_SECONDS", 0.01)
