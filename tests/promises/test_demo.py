"""The demo tells the whole story in a sandbox, and however it is left, nothing of it stays."""

import json
import re
import signal
import subprocess
from pathlib import Path

import pytest

from shimmy_metrics.report.check import check_body
from support.installed import BIN, LONGEST, Home, wait_until
from support.servers import listening


@pytest.fixture
def home(tmp_path: Path) -> Home:
    (tmp_path / "tmp").mkdir()
    return Home(tmp_path, {"TMPDIR": str(tmp_path / "tmp")})


def test_without_a_terminal_it_is_told_in_lines_and_everything_is_deleted(home: Home) -> None:
    # Switches of the person's own say nothing about a sandbox; and a script's background ignores SIGINT.
    switched = home.having(DO_NOT_TRACK="1", CI="1", SHIMMY_METRICS_ENDPOINT="https://elsewhere.example/")
    script = "trap '' INT; exec \"$0\" demo"
    told = subprocess.run(
        ["/bin/sh", "-c", script, str(BIN / "shimmy")],
        env=switched.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    assert (told.returncode, told.stderr) == (0, "")
    lines = told.stdout.splitlines()
    assert "sandbox" in lines[0]
    arrived = next(index for index, line in enumerate(lines) if "The receiver got" in line and "answered 200" in line)
    body = lines[arrived + 1].strip()
    assert check_body(body.encode()) == []
    answered = re.search(r"after ([0-9,]+) answered request", told.stdout)
    assert answered is not None
    assert json.loads(body)["metrics"]["requests_per_session"] >= int(answered[1])
    assert [path.name for path in home.root.iterdir()] == ["tmp"]
    assert list((home.root / "tmp").iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_left_in_the_middle_it_leaves_neither_a_folder_nor_a_meter(home: Home, number: signal.Signals) -> None:
    with home.started("demo") as process:
        assert process.stdout is not None
        line = ""
        while not line.startswith("2."):
            line = process.stdout.readline()
            assert line
        port = re.search(r"meter before it at http://127.0.0.1:(\d+)", line)
        assert port is not None
        assert listening(int(port[1]))
        process.send_signal(number)
        assert process.wait(LONGEST) == 128 + number
        assert wait_until(lambda: not listening(int(port[1])))
    assert list((home.root / "tmp").iterdir()) == []
