"""Where a person's things lie, also for somebody without a home."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shimmy_metrics.system.places import tidy
from shimmy_metrics.system.profile import Profile


def _no_home() -> Path:
    raise RuntimeError


@pytest.mark.parametrize("home", ["", "somewhere/relative", None])
def test_without_a_home_there_is_still_a_place_and_it_is_an_absolute_one(
    monkeypatch: pytest.MonkeyPatch, home: str | None
) -> None:
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    if home is None:  # a container's user whom the system's list of users does not know
        monkeypatch.setattr(Path, "home", _no_home)
        monkeypatch.setattr("os.path.expanduser", lambda path: path)
    else:
        monkeypatch.setenv("HOME", home)
    mine = Profile.current()
    assert mine.config_path.is_absolute()
    assert mine.state_path.is_absolute()


@given(st.text("a./ ", max_size=20))
@example("/a/./b//c/../d/")
def test_a_path_is_as_tidy_as_pathlib_makes_it(below: str) -> None:
    path = f"/home/{below}"
    assert tidy(path) == str(Path(path))
