"""The one line that a person is told when something cannot be used, and ways to bring that about."""

import os
import shutil
import subprocess

import pytest

from support.installed import BIN, Home

Ended = subprocess.CompletedProcess[str]


def assert_one_line(ended: Ended, where: object, code: int = 2, *, remedy: str = "") -> None:
    assert ended.stdout == ""
    assert_trouble_line(ended, where, code, remedy=remedy)


def assert_trouble_line(ended: Ended, where: object, code: int = 2, *, remedy: str = "") -> None:
    """Check the line on standard error, whatever an answer stands on standard output; `remedy` is its end, if given."""
    assert ended.returncode == code
    (line,) = ended.stderr.splitlines()
    assert line.startswith(f"shimmy-metrics: {where}")
    what, _, advice = line.removeprefix(f"shimmy-metrics: {where}").partition(". ")
    assert what
    assert advice == remedy if remedy else advice
    assert "internal error" not in line


def unprivileged(home: Home, *arguments: str, before: str = "") -> Ended:
    """Run a command for which permissions count, also where the tests run as root; `before` is shell that prepares."""
    program = [str(BIN / "shimmy"), *arguments]
    if os.geteuid() == 0:
        program = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", *program]
    script = f'{before}\nexec "$@"'
    return home.run_program(["/bin/sh", "-c", script, "sh", *program])


needs_setpriv = pytest.mark.skipif(
    os.geteuid() == 0 and shutil.which("setpriv") is None, reason="as root permissions count only without capabilities"
)


def can_mount() -> bool:
    probe = ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return (
        shutil.which("unshare") is not None and subprocess.run(probe, capture_output=True, check=False).returncode == 0
    )
