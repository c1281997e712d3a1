"""Filesystems on which the store may lie: those of this machine, whose locks hold."""

import os
import sys
from pathlib import Path

import pytest

from shimmy_metrics.errors import UserError
from shimmy_metrics.store import location
from shimmy_metrics.store.location import check_location, filesystem, locks_hold


@pytest.mark.parametrize(
    "kind",
    [
        "",
        "apfs",
        "bcachefs",
        "btrfs",
        "exfat",
        "ext4",
        "f2fs",
        "fuse.cryfs",
        "fuse.encfs",
        "fuse.exfat",
        "fuse.fuse-overlayfs",
        "fuse.gocryptfs",
        "fuse.ntfs-3g",
        "fuse.securefs",
        "fuseblk",
        "lxfs",
        "ntfs3",
        "overlay",
        "tmpfs",
        "vfat",
        "xfs",
        "zfs",
    ],
)
def test_a_filesystem_of_this_machine_is_taken(kind: str) -> None:
    assert locks_hold(kind)


@pytest.mark.parametrize(
    "kind",
    [
        "9p",
        "acfs",
        "afs",
        "auristorfs",
        "beegfs",
        "beegfs_nodev",
        "ceph",
        "cifs",
        "coda",
        "davfs",
        "drvfs",
        "fakeowner",
        "fuse",
        "fuse.ceph-fuse",
        "fuse.davfs",
        "fuse.fakeowner",
        "fuse.gcsfuse",
        "fuse.grpcfuse",
        "fuse.juicefs",
        "fuse.mfs",
        "fuse.of-next-year",
        "fuse.osxfs",
        "fuse.portal",
        "fuse.prl_fsd",
        "fuse.rclone",
        "fuse.sshfs",
        "fuse.virtiofs",
        "fuse.vmhgfs-fuse",
        "fuse.wekafs",
        "gfs",
        "gfs2",
        "glusterfs",
        "gpfs",
        "grpcfuse",
        "hmdfs",
        "juicefs",
        "lustre",
        "moosefs",
        "ncpfs",
        "nfs",
        "nfs4",
        "ocfs2",
        "orangefs",
        "osxfs",
        "panfs",
        "prl_fs",
        "pvfs2",
        "smb2",
        "smb3",
        "smbfs",
        "vboxsf",
        "virtiofs",
        "vmhgfs",
        "wekafs",
    ],
)
def test_a_filesystem_that_others_have_open_too_is_refused(kind: str) -> None:
    assert not locks_hold(kind)


def test_the_filesystem_is_that_of_the_nearest_mount(tmp_path: Path) -> None:
    spaced = tmp_path / "with space\nand line"
    spaced.mkdir()
    escaped = str(spaced).replace(" ", "\\040").replace("\n", "\\012")
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
        f"2 1 0:40 / {tmp_path} rw - nfs4 server:/home rw\n"
        f"3 2 0:41 / {tmp_path}/local rw - tmpfs tmpfs rw\n"
        f"4 2 0:42 / {escaped} rw - virtiofs home rw\n"
    )
    (tmp_path / "local").mkdir()
    assert filesystem(tmp_path / "state/shimmy", mounts) == "nfs4"
    assert filesystem(tmp_path / "local/shimmy", mounts) == "tmpfs"
    assert filesystem(spaced / "shimmy", mounts) == "virtiofs"
    assert filesystem(Path("/nowhere/at/all"), mounts) == "ext4"
    assert filesystem(tmp_path, tmp_path / "missing") == ""


def test_a_folder_on_such_a_filesystem_is_refused_with_a_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_location(tmp_path / "shimmy")
    monkeypatch.setattr("shimmy_metrics.store.location.filesystem", lambda path: "virtiofs")
    with pytest.raises(UserError, match=r"locks cannot be relied on \(virtiofs\)\. .*local disk in XDG_STATE_HOME"):
        check_location(tmp_path / "shimmy")


def test_only_linux_tells_its_filesystems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Path] = []

    def shared(path: Path) -> str:
        asked.append(path)
        return "nfs"

    monkeypatch.setattr(location, "filesystem", shared)
    state = tmp_path / "shimmy"
    with pytest.raises(UserError) as caught:
        check_location(state)
    assert str(caught.value) == (
        f"{state}: lies where locks cannot be relied on (nfs). Nothing is sent from here; name a folder on a local "
        "disk in XDG_STATE_HOME"
    )
    assert asked == [state]
    monkeypatch.setattr(sys, "platform", "darwin")
    check_location(state)


def test_of_two_mounts_on_the_same_point_the_later_one_counts(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_bytes(
        b"1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
        + f"2 1 0:40 / {tmp_path} rw shared:1 - nfs4 server:/home rw\n".encode()
        + f"3 1 0:41 / {tmp_path} rw shared:2 - xfs /dev/sdb - rw\n".encode()
        + b"4 1 0:42 / /\xff rw - 9p share rw\n"  # a name that is no text is passed over
        + f"5 1 0:43 / {tmp_path}/below rw - cifs share rw\n".encode()
    )
    assert filesystem(tmp_path, mounts) == "xfs"
    link = tmp_path / "link"
    (tmp_path / "below").mkdir()
    link.symlink_to(tmp_path / "below")
    assert filesystem(link, mounts) == "cifs"  # where it really lies
    link.unlink()
    link.symlink_to(tmp_path / "below/absent")
    assert filesystem(link / "shimmy", mounts) == "cifs"  # where it would be made
    assert filesystem(tmp_path / "belowed", mounts) == "xfs"


def test_what_goes_while_it_is_looked_at_is_no_trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Entry:
        path = str(tmp_path / "session-1.lock")

        def __init__(self, name: str) -> None:
            self.name = name

        def stat(self, *, follow_symlinks: bool) -> os.stat_result:
            assert not follow_symlinks
            raise FileNotFoundError

    location._check_file(Entry("session-1.lock"))  # type: ignore[arg-type]  # as one in all that is used
    location._check_file(Entry("notes"))  # type: ignore[arg-type]  # see above

    def unlisted(_: Path) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "scandir", unlisted)
    check_location(tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_this_machine_s_own_mounts_are_read(tmp_path: Path) -> None:
    assert filesystem(Path("/proc/self")) == "proc"
    (tmp_path / "mountinfo").touch()
    assert filesystem(tmp_path, tmp_path / "mountinfo") == ""


def test_a_table_of_mounts_that_stays_the_same_is_searched_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text("1 0 0:1 / / rw - ext4 none rw\n", encoding="ascii")
    assert filesystem(tmp_path, mounts) == "ext4"
    monkeypatch.setattr(location, "re", None)
    assert filesystem(tmp_path, mounts) == "ext4"


def test_what_is_mounted_later_under_the_same_device_number_is_seen(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text("1 0 0:1 / / rw - ext4 device rw\n")
    assert filesystem(tmp_path, mounts) == "ext4"
    mounts.write_text("1 0 0:1 / / rw - nfs4 server rw\n")
    assert filesystem(tmp_path, mounts) == "nfs4"
