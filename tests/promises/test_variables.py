"""PRIVACY.md names every variable of the environment that is read, also by Python and the packages beside ours."""

import re
import sys
from pathlib import Path

import pytest

from support.home_terminal import terminal
from support.installed import LONGEST, Home
from support.queue_report import end_session, queue_report
from support.reads_variables import recording_names
from support.receiver import Receiver

PRIVACY = (Path(__file__).parents[2] / "PRIVACY.md").read_text(encoding="utf-8")


@pytest.mark.skipif(sys.platform == "win32", reason="a pseudo-terminal is POSIX's")
def test_what_python_and_the_packages_read_is_told_as_well(tmp_path: Path) -> None:
    variables, names = recording_names(tmp_path)
    with Receiver(tmp_path) as receiver:
        home = Home(tmp_path, {**variables, **receiver.variables})
        for action in ("enable", "status", "preview", "export", "validate"):
            assert home.metrics(action).returncode == 0
        queue_report(home)
        end_session(home)
        assert len(receiver.received) == 1
    with terminal(home, "shimmy", "tui") as app:
        assert app.shows("No measured server is running.")
        app.type("q")
        app.process.wait(LONGEST)
    read = set(names.read_text().split())
    assert {"HOME", "TEXTUAL_DRIVER", "COLUMNS"} <= read  # commands and app told theirs
    said = set(re.findall(r"`([A-Za-z_]+\*?)`", PRIVACY))
    stems = tuple(each.removesuffix("*") for each in said if each.endswith("*"))
    assert {name for name in read - said if not name.startswith(stems)} == set()
