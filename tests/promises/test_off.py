"""Off means off: to the kernel, a server that is not measured is the real binary from its first moment."""

import re
import shutil
from pathlib import Path
from typing import Final

import pytest

from support.installed import BIN, Home

STRACE: Final = shutil.which("strace")
SERVED: Final = "served"

pytestmark = pytest.mark.skipif(STRACE is None, reason="strace is not installed")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Return a home whose real binary is a shell script that says so and ends."""
    binary = tmp_path / "elsewhere" / "shimmy"
    binary.parent.mkdir()
    binary.write_text(f"#!/bin/sh\necho {SERVED} $$\n")
    binary.chmod(0o755)
    person = tmp_path / "person"
    person.mkdir()
    # Where pip compiled nothing (an editable install), the first import would write Python's own cache.
    return Home(person, {"SHIMMY_BIN": str(binary), "PYTHONDONTWRITEBYTECODE": "1"})


def _calls(home: Home) -> list[str]:
    """Serve under strace; return the system calls from our start to the real binary's."""
    trace = home.root.parent / "trace"
    wanted = "trace=network,process,openat,creat,mkdir,mkdirat,rename,renameat2,unlink,unlinkat"
    traced = [str(STRACE), "-f", "-qq", "-e", wanted, "-o", str(trace)]
    served = home.run_program([*traced, str(BIN / "shimmy"), "serve"])
    assert (served.returncode, served.stderr) == (0, "")
    assert served.stdout.startswith(SERVED)
    lines = trace.read_text().splitlines()
    handed_over = next(number for number, line in enumerate(lines) if "execve(" in line and "elsewhere/shimmy" in line)
    # The process that we were is the one that serves.
    assert {line.split()[0] for line in lines[: handed_over + 1]} == {served.stdout.split()[1]}
    return lines[:handed_over]


@pytest.mark.parametrize("answer", ["undecided", "disable", "switched off"])
def test_no_socket_no_child_and_nothing_written_before_the_real_binary(home: Home, answer: str) -> None:
    if answer == "disable":
        assert home.metrics("disable").returncode == 0
    if answer == "switched off":
        assert home.metrics("enable").returncode == 0
        home = home.having(DO_NOT_TRACK="1")
    before = {path: path.stat().st_mtime_ns for path in home.root.rglob("*")}
    calls = _calls(home)
    for forbidden in (
        r"\b(socket|socketpair|connect|bind)\(",
        r"\b(clone3?|fork|vfork)\(",
        r"\b(creat|mkdir|mkdirat|rename|renameat2|unlink|unlinkat)\(",
        r"O_(CREAT|WRONLY|RDWR)",
    ):
        assert [call for call in calls if re.search(forbidden, call)] == []
    assert {path: path.stat().st_mtime_ns for path in home.root.rglob("*")} == before
