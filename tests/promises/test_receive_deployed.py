"""The unit and the container's file at work: a Debian of their own, the program installed there, reports taken.

As root, with debootstrap, systemd-container, buildah, podman, runc, and a network that reaches Debian and PyPI.
"""

import http.client
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final
from uuid import uuid4

import pytest

from shimmy_metrics.receiver import deploy
from support.debian_root import MISSING, Machine, booted, chroot, make
from support.installed import wait_until
from support.samples import sealed

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(bool(MISSING), reason=f"not installed, so NEITHER FILE WAS TRIED: {', '.join(MISSING)}"),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may boot a machine: NEITHER FILE WAS TRIED"),
]

PORT: Final = 8787
PEER: Final = "127.77.0.9"
SENDER: Final = "203.0.113.77"
DATA: Final = "/var/lib/shimmy-receiver"
ANSWERS: Final = [200, 200, 422, 400, 204]
LONGEST: Final = 60


@pytest.fixture(scope="module")
def root() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="shimmy-root-", dir="/var/tmp", ignore_cleanup_errors=True) as folder:
        assert not _listens(), f"another receiver has the port {PORT}"
        made = Path(folder, "root")
        make(made)
        yield made


def _ask(method: str, path: str, body: bytes = b"") -> int:
    made = http.client.HTTPConnection("127.0.0.1", PORT, timeout=10, source_address=(PEER, 0))
    with closing(made) as connection:
        connection.request(method, path, body, {"content-type": "application/json", "x-forwarded-for": SENDER})
        return connection.getresponse().status


def _listens() -> bool:
    try:
        return _ask("GET", "/") == 404
    except OSError:
        return False


def _statuses() -> list[int]:
    """Return the answers to a report, the same again, two bodies that are none, and a recall."""
    assert wait_until(_listens, LONGEST)
    good = sealed(str(uuid4()), moment=datetime.now(UTC)).body
    posted = [_ask("POST", "/v1/usage", each) for each in (good, good, b"{}", b"no JSON")]
    return [*posted, _ask("DELETE", f"/v1/usage/{uuid4()}")]


def _holding_address(*folders: Path) -> list[str]:
    """Return the files that hold an address of who has sent."""
    files = [each for folder in folders for each in folder.rglob("*") if each.is_file() and not each.is_symlink()]
    return [str(each) for each in files if any(address.encode() in each.read_bytes() for address in (PEER, SENDER))]


def test_the_unit_runs_the_receiver_and_its_journal_holds_no_address(root: Path) -> None:
    chroot(root, "pip", "install", "--quiet", "shimmy-metrics[receive]")
    unit = deploy.text("systemd")
    (root / "etc/systemd/system/shimmy-receiver.service").write_text(unit)
    (add_user,) = re.findall(r"^# Before its first start: (.+)$", unit, re.MULTILINE)
    chroot(root, *add_user.split())
    chroot(root, "systemctl", "enable", "shimmy-receiver")
    with booted(root) as machine:
        assert _statuses() == ANSWERS, _act(machine, "status")
        assert "Reports held: 1;" in _act(machine, "status")
        (held,) = (root / DATA[1:] / "days").glob("*.db")
        machine.run("systemctl", "stop", "shimmy-receiver")
        assert machine.run("systemctl", "show", "--property=Result", "shimmy-receiver").strip() == "Result=success"
        # A day that is too old is dropped by the running receiver, in spite of all that the unit forbids.
        machine.run("mv", f"{DATA}/days/{held.name}", f"{DATA}/days/2026-01-01.db")
        machine.run("systemctl", "start", "shimmy-receiver")
        log = root / DATA[1:] / "retention.log"
        assert wait_until(lambda: log.exists() and "2026-01-01" in log.read_text(), LONGEST)
        assert "It holds" in _act(machine, "verify-retention")
        machine.run("systemctl", "stop", "shimmy-receiver")
        journal = machine.run("journalctl", "--no-pager", "--unit", "shimmy-receiver", "--output", "export")
        assert "Receiving at 127.0.0.1:8787" in journal
        assert PEER not in journal
        assert SENDER not in journal
        assert _holding_address(root / "var/log", root / DATA[1:]) == []


def _act(machine: Machine, action: str) -> str:
    command = ("shimmy-metrics", "receive", action, "--data", DATA)
    return machine.run("runuser", "-u", "shimmy-receiver", "--", *command)


def test_the_container_is_built_and_runs_the_receiver(root: Path) -> None:
    folder = root.parent
    places = ["--storage-driver", "vfs", "--root", str(folder / "images"), "--runroot", str(folder / "run")]
    podman = ["podman", *places, "--runtime", "runc", "--cgroup-manager", "cgroupfs", "--events-backend", "file"]
    podman += ["--volumepath", str(folder / "volumes")]
    file = folder / "Containerfile"
    file.write_text(deploy.text("container"))
    (base,) = re.findall(r"^FROM (\S+)$", file.read_text(), re.MULTILINE)
    with subprocess.Popen(["tar", "-C", str(root), "-c", "."], stdout=subprocess.PIPE) as packed:
        _run(*podman, "import", "-", base, stdin=packed.stdout)
    options = ["--isolation", "chroot", "--pull-never", "--tag", "receiver", "--file", str(file)]
    said = _run("buildah", *places, "bud", *options, str(folder / "run"))
    assert "useradd warning" not in said
    (named,) = re.findall(r"^# podman run -d (.+) -p \S+ shimmy-receiver$", file.read_text(), re.MULTILINE)
    few = ["--ulimit", "nofile=4096:4096", "--ulimit", "nproc=4096:4096"]
    here = ["--name", "receiver", "--network", "host", "--log-driver", "k8s-file", *few]
    try:
        _run(*podman, "run", "-d", *here, *named.split(), "localhost/receiver")
        assert _statuses() == ANSWERS
        _run(*podman, "stop", "--time", "30", "receiver")
        assert _run(*podman, "ps", "-a", "--format", "{{.Status}}").startswith("Exited (0)")
        _run(*podman, "start", "receiver")
        assert wait_until(_listens, LONGEST)
        status = _run(*podman, "exec", "receiver", "shimmy-metrics", "receive", "status", "--data", "/data")
        assert "Reports held: 1;" in status
        _run(*podman, "stop", "--time", "30", "receiver")
        said = _run(*podman, "logs", "receiver")
        assert "Receiving at 0.0.0.0:8787" in said
        assert PEER not in said
        assert SENDER not in said
        assert _holding_address(folder / "volumes", folder / "run") == []
    finally:
        subprocess.run([*podman, "rm", "--all", "--force"], capture_output=True, check=False)
        for each in ("images", "run"):
            shutil.rmtree(folder / each, ignore_errors=True)


def _run(*command: str, stdin: IO[bytes] | None = None) -> str:
    done = subprocess.run(command, stdin=stdin, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stdout[-2_000:]}{done.stderr[-2_000:]}"
    return f"{done.stdout}{done.stderr}"
