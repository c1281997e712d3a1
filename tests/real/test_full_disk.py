"""The real Shimmy before a full disk on which a killed session left its journal, or an older program its log."""

import subprocess
import time
from pathlib import Path

import pytest

from support.installed import stop
from support.left_behind import PROGRAM
from support.real_parts import SHIMMY
from support.servers import ask, free_port, wait_for
from support.small_disk import Trouble, lacking, small_disk

pytestmark = pytest.mark.real
TESTS = Path(__file__).parent.parent


@pytest.mark.parametrize("left", ["journal", "log"])
def test_it_answers_all_the_while_and_ends_by_its_signal(tmp_path: Path, micro: Path, left: str) -> None:
    if lacking(Trouble.FULL):
        pytest.skip(lacking(Trouble.FULL))
    with small_disk(tmp_path, Trouble.FULL) as disk:
        home = disk.home(
            SHIMMY_BIN=str(SHIMMY), SHIMMY_METRICS_ENDPOINT="http://127.0.0.1:9/v1/usage", PYTHONPATH=str(TESTS)
        )
        assert home.metrics("enable").returncode == 0
        subprocess.run([*home.before, *PROGRAM, left], env=home.environment, cwd="/", check=False)
        disk.befall(Trouble.FULL)
        port = free_port()
        arguments = ["--ctx", "256", "serve", "--bind", f"127.0.0.1:{port}", "--model-path", str(micro)]
        with home.started(*arguments) as process:
            wait_for(port, process)
            end = time.monotonic() + 3
            while time.monotonic() < end:
                assert ask(port)[0] == 200
                time.sleep(0.05)
            code, _, said = stop(process)
        assert code == -2
        # A journal that is rolled back gives its room to the session; beside an old log nothing can be written.
        assert ("the disk is full" in said) or (left == "journal" and "measured at" in said)
        assert "Traceback" not in said
