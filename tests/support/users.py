"""Two real users of one machine, to try what one can do to the other; only where the tests may change the user."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from support.installed import BIN, LONGEST, Home

VICTIM: Final = 61_234
OTHER: Final = 61_235

Ended = subprocess.CompletedProcess[str]


def command_as(user: int, *words: str) -> list[str]:
    return ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--", *words]


def run_as(user: int, home: Home, *words: str) -> Ended:
    """Run a command as that user in this home."""
    return subprocess.run(
        command_as(user, *words),
        env=home.environment,
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )


def metrics_as(user: int, home: Home, *words: str) -> Ended:
    return run_as(user, home, str(BIN / "shimmy"), "config", "--metrics", *words)


@contextmanager
def home_of(user: int, **variables: str) -> Iterator[Home]:
    """Make a home for this user, in a place that everybody can reach."""
    root = Path(tempfile.mkdtemp(dir="/tmp"))
    try:
        root.chmod(0o755)
        os.chown(root, user, user)
        yield Home(root, dict(variables))
    finally:
        shutil.rmtree(root)


def _missing() -> str:
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return "only root can become two other users"
    if shutil.which("setpriv") is None:
        return "setpriv (util-linux) is not installed"
    tried = subprocess.run(
        command_as(VICTIM, str(BIN / "shimmy-metrics"), "--version"), capture_output=True, check=False, cwd="/"
    )
    return "" if tried.returncode == 0 else "another user cannot reach the installed commands"


needs_users = pytest.mark.skipif(bool(_missing()), reason=f"a second real user: {_missing()}")
