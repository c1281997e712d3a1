"""A plugin for trials: it leaves out what watches over a whole run, for which each trial would wait half a second.

Without it the run's last test would also be taken for one that takes long.
"""

from typing import Any, Final

import pytest

_WATCH: Final = "no_thread_left_at_work"
"""The fixture in `conftest.py` that waits at the end."""


@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest) -> bool | None:
    """Set the watch up as nothing; leave every other fixture to pytest."""
    if fixturedef.argname != _WATCH:
        return None
    key = fixturedef.cache_key(request)  # type: ignore[arg-type]  # what it takes is not public
    fixturedef.cached_result = (None, key, None)
    return True
