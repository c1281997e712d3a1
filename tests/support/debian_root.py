"""A Debian of its own in a folder, with what the program is installed from, and a systemd that boots it."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from support.installed import wait_until
from support.renew import ROOT

TOOLS: Final = ("debootstrap", "systemd-nspawn", "nsenter", "buildah", "podman", "runc")
MISSING: Final = [each for each in TOOLS if shutil.which(each, path=f"{os.environ['PATH']}:/usr/sbin") is None]

_PACKAGES: Final = "systemd,systemd-sysv,dbus,ca-certificates,python3-pip"
_AUTHORITIES: Final = Path("etc/ssl/certs/ca-certificates.crt")
_HALT: Final = signal.SIGRTMIN + 4
"""Tells systemd to end the machine."""


def make(root: Path) -> None:
    """Install Debian into a folder, with wheels of the program and of all that it needs in `/wheels`."""
    _run("debootstrap", "--variant=minbase", f"--include={_PACKAGES}", "bookworm", str(root))
    for file in (_AUTHORITIES, Path("etc/resolv.conf")):
        shutil.copy(Path("/") / file, root / file)
    _run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(root / "wheels"), str(ROOT))
    chroot(root, "pip", "wheel", "--quiet", "-f", "/wheels", "-w", "/wheels", "shimmy-metrics[receive]")
    # An index has no release of this very state: the image's own command finds it here.
    settings = "[global]\nno-index = true\nfind-links = /wheels\nbreak-system-packages = true\n"
    (root / "etc/pip.conf").write_text(settings)


def chroot(root: Path, *command: str) -> str:
    """Run a command in there; return what it printed."""
    return _run("chroot", str(root), *command)


class Machine:
    """A machine that systemd has booted in there, in the network of this one."""

    def __init__(self, root: Path, nspawn: int) -> None:
        self.root = root
        self._nspawn = nspawn

    @property
    def _init(self) -> str:
        return Path(f"/proc/{self._nspawn}/task/{self._nspawn}/children").read_text().split()[0]

    def run(self, *command: str) -> str:
        """Run a command in it; return what it printed."""
        return _run("nsenter", "-t", self._init, "-a", *command)

    def halt(self) -> None:
        """End it; by force where it does not. With `systemd-nspawn` killed instead, all that runs in it would go on."""
        init = int(self._init)
        os.kill(init, _HALT)
        if not wait_until(lambda: not Path(f"/proc/{init}").exists(), 60):
            os.kill(init, signal.SIGKILL)


@contextmanager
def booted(root: Path) -> Iterator[Machine]:
    """Boot the machine, and halt it at the end."""
    command = ["systemd-nspawn", "--quiet", "--directory", str(root), "--register=no", "--keep-unit", "--boot"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as nspawn:
        machine = Machine(root, nspawn.pid)
        try:
            assert wait_until(lambda: _answers(machine), 120)
            yield machine
        finally:
            machine.halt()


def _answers(machine: Machine) -> bool:
    try:
        return "systemd" in machine.run("systemctl", "show", "--property=Version", "--value") or True
    except (AssertionError, OSError, IndexError):
        return False


def _run(*command: str) -> str:
    path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    # Nothing of this machine's settings: in there they would name files that are not.
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={"PATH": path, "LC_ALL": "C.UTF-8"})
    assert done.returncode == 0, f"{command}: {done.stdout[-2_000:]}{done.stderr[-2_000:]}"
    return done.stdout
