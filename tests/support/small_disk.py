"""A person's home on a small filesystem of its own, in a mount namespace that ends with the test.

It can run full, out of inodes, read-only or over its quota as a real disk does: ext4 on a loop device, tmpfs where
there is none; for a quota btrfs, since ext4's needs a kernel with its own quota format. Commands enter the namespace by
`nsenter`, which becomes the program: signals and process numbers are the program's own.
"""

import contextlib
import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from support.installed import Home

_MEGABYTES: Final = {"ext4": 6, "btrfs": 120}  # the smallest btrfs there is; its quota makes it as small as ext4
_QUOTA: Final = "3M"
_TMPFS: Final = "size=6m,nr_inodes=96"
_FORMATS: Final = {
    "ext4": ("mkfs.ext4", "-q", "-F", "-m", "0", "-N", "96"),
    "btrfs": ("mkfs.btrfs", "-q", "-M"),
}
_FILL: Final = "fill"
_STEPS: Final = ((65_536, False), (65_536, True), (4_096, True), (512, True))
"""What is written at once, and whether each is synced: what is refused is found out then, and most need not wait."""


class Trouble(StrEnum):
    """What can go wrong with the disk."""

    FULL = "full disk"
    INODES = "no inodes"
    READ_ONLY = "read-only"
    QUOTA = "quota"

    @property
    def filesystem(self) -> str:
        """The filesystem that can have it here."""
        if self is Trouble.QUOTA:
            return "btrfs"
        return "ext4" if os.path.exists("/dev/loop-control") and shutil.which("mkfs.ext4") else "tmpfs"


@dataclass(frozen=True, slots=True)
class SmallDisk:
    """The mounted filesystem: `root` is where, in the namespace of the process `holder`.

    `image` is the file that holds it; a tmpfs has none.
    """

    image: Path | None
    root: Path
    holder: int

    def home(self, **variables: str) -> Home:
        """Return a home whose config and state lie on it."""
        return Home(self.root, variables, ("nsenter", "--target", str(self.holder), "--mount", "--"))

    @property
    def seen(self) -> Path:
        """The same place as seen from outside the namespace."""
        return Path(f"/proc/{self.holder}/root{self.root}")

    def befall(self, trouble: Trouble) -> None:
        """Bring the trouble about. If it is there already, take what has become free since."""
        match trouble:
            case Trouble.FULL | Trouble.QUOTA:
                _write_until_refused(self.seen / _FILL)
                self._sync()  # btrfs accounts for a block only when it writes it
                _write_until_refused(self.seen / _FILL)
            case Trouble.INODES:
                with contextlib.suppress(OSError):
                    (self.seen / _FILL).mkdir(exist_ok=True)
                with contextlib.suppress(OSError):
                    for number in itertools.count():
                        (self.seen / _FILL / str(number)).touch()
            case Trouble.READ_ONLY:
                self._mount("remount,bind,ro")

    def relieve(self, trouble: Trouble) -> None:
        """End the trouble."""
        if trouble is Trouble.READ_ONLY:
            self._mount("remount,bind,rw")
        elif trouble is Trouble.INODES:
            shutil.rmtree(self.seen / _FILL)
        else:
            (self.seen / _FILL).unlink()
            self._sync()

    def befall_but(self, trouble: Trouble, room: int) -> None:
        """Bring the trouble about but for `room` free bytes."""
        spare = self.seen / "spare"
        spare.write_bytes(os.urandom(room))
        self._sync()
        self.befall(trouble)
        spare.unlink()
        self._sync()

    def raw(self) -> bytes:
        """Return every byte of the filesystem, including those that no file holds any more."""
        assert self.image is not None
        self._sync()
        return self.image.read_bytes()

    def _sync(self) -> None:
        subprocess.run(["sync", "--file-system", str(self.seen)], check=True)

    def _mount(self, options: str) -> None:
        subprocess.run([*self.home().before, "mount", "-o", options, str(self.root)], check=True, capture_output=True)


def lacking(trouble: Trouble) -> str:
    """Return what this machine lacks for a disk with this trouble; empty if nothing."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return "only root can mount a small filesystem"
    wanted = ["unshare", "nsenter", "mount", *_FORMATS.get(trouble.filesystem, ())[:1]]
    if trouble is Trouble.QUOTA:
        wanted.append("btrfs")
    missing = [program for program in wanted if shutil.which(program) is None]
    if missing:
        return f"not installed: {', '.join(missing)}"
    with tempfile.TemporaryDirectory() as folder:
        try:
            with small_disk(Path(folder), trouble):
                return ""
        except OSError as error:
            return str(error)


@contextlib.contextmanager
def small_disk(folder: Path, trouble: Trouble) -> Iterator[SmallDisk]:
    """Make and mount a small filesystem that can have this trouble. Raise `OSError` with what was refused."""
    kind, root = trouble.filesystem, folder / "disk"
    root.mkdir()
    image = None if kind == "tmpfs" else _formatted(folder, kind)
    steps = [f"mount -t tmpfs -o {_TMPFS} tmpfs {root}" if image is None else f"mount -t {kind} -o loop {image} {root}"]
    if kind == "btrfs":
        limited = f"{root}/limited"
        steps += [f"btrfs quota enable {root}", f"btrfs subvolume create {limited}"]
        steps += [f"btrfs qgroup limit {_QUOTA} {limited}", f"mount --bind {limited} {root}"]
    else:
        steps += [f"mount --bind {root} {root}"]  # this mount becomes read-only later
    steps += [f"chmod 700 {root}", "echo mounted >&3", "exec cat"]
    script = " && ".join(steps)
    command = ["unshare", "--mount", "--propagation", "private", "sh", "-c", f"exec 3>&1 >/dev/null; {script}"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        assert holder.stderr is not None
        if not holder.stdout.readline():
            raise OSError(f"{kind} cannot be mounted: {holder.stderr.read().decode().strip()}")
        try:
            yield SmallDisk(image, root, holder.pid)
        finally:
            holder.stdin.close()  # its last process ends the namespace, and with it the mount and the loop device


def _formatted(folder: Path, kind: str) -> Path:
    image = folder / "disk.img"
    with open(image, "wb") as file:
        file.truncate(_MEGABYTES[kind] * 2**20)
    made = subprocess.run([*_FORMATS[kind], str(image)], capture_output=True, text=True, check=False)
    if made.returncode:
        raise OSError(f"no {kind} can be made: {made.stderr.strip()}")
    return image


def _write_until_refused(path: Path) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        for size, each_synced in _STEPS:
            with contextlib.suppress(OSError):
                while True:
                    os.write(descriptor, os.urandom(size))
                    if each_synced:
                        os.fsync(descriptor)
    finally:
        os.close(descriptor)
