"""Whole machines, made up from their files; and what nobody can read is unknown, never an error."""

import os
from pathlib import Path
from typing import NoReturn

import pytest

from shimmy_metrics.machine.facts import Facts
from shimmy_metrics.machine.gather import gather
from shimmy_metrics.machine.region import Offsets
from shimmy_metrics.vocabulary import ARCHITECTURES, GPU_VENDORS, OTHER, REGIONS, SYSTEMS
from support.trees import GB, meminfo, pci, tree

_ROOT_GROUP = {"proc/self/cgroup": "0::/user.slice/user-1000.slice/session-2.scope\n"}
_V1 = "12:memory:/docker/a1\n11:cpu,cpuacct:/docker/a1\n1:name=systemd:/docker/a1\n"

_MACHINES: dict[str, tuple[dict[str, str], int, bool, str | None]] = {
    "desktop": (
        {**meminfo(32_768_000), **_ROOT_GROUP, **pci(("0x8086", "0x060000"), ("0x1002", "0x030000"))},
        32_768_000 * 1024, True, "amd",
    ),
    "laptop with two": (
        {**meminfo(16_112_000), **_ROOT_GROUP, **pci(("0x8086", "0x030000"), ("0x10de", "0x030200"))},
        16_112_000 * 1024, True, "nvidia",
    ),
    "headless server": (
        {**meminfo(131_900_000), **_ROOT_GROUP, **pci(("0x1a03", "0x030000"), ("0x8086", "0x020000"))},
        131_900_000 * 1024, False, None,
    ),
    "virtual machine": (
        {**meminfo(4_000_000), **_ROOT_GROUP, **pci(("0x1af4", "0x030000"), ("0x1af4", "0x020000"))},
        4_000_000 * 1024, False, None,
    ),
    "container, version 2": (
        {**meminfo(32_768_000), "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": f"{2 * GB}\n"},
        2 * GB, False, None,
    ),
    "container, version 1": (
        {**meminfo(32_768_000), "proc/self/cgroup": _V1, "sys/fs/cgroup/memory/memory.limit_in_bytes": f"{GB}\n"},
        GB, False, None,
    ),
    "container with a card": (
        {**meminfo(64_000_000), "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "max\n", "dev/nvidiactl": ""},
        64_000_000 * 1024, True, "nvidia",
    ),
    "pod in a node's slice": (
        {
            **meminfo(32_768_000),
            "proc/self/cgroup": "0::/kubepods.slice/pod7.slice/box.scope\n",
            "sys/fs/cgroup/kubepods.slice/pod7.slice/box.scope/memory.max": "max\n",
            "sys/fs/cgroup/kubepods.slice/pod7.slice/memory.max": f"{3 * GB}\n",
            "sys/fs/cgroup/kubepods.slice/memory.max": f"{30 * GB}\n",
        },
        3 * GB, False, None,
    ),
    "Raspberry Pi": (
        {**meminfo(7_900_000), "sys/class/drm/card0/device/uevent": "DRIVER=v3d\nOF_COMPATIBLE_0=brcm,2712-v3d\n"},
        7_900_000 * 1024, False, None,
    ),
    "Mac under Linux": (
        {**meminfo(15_700_000), "sys/class/drm/card1/device/uevent": "OF_COMPATIBLE_0=apple,agx-g13g\n"},
        15_700_000 * 1024, True, "apple",
    ),
    "WSL with NVIDIA's driver": (
        {**meminfo(8_000_000), **pci(("0x1414", "0x030200")), "dev/dxg": "", "usr/lib/wsl/lib/libcuda.so.1": ""},
        8_000_000 * 1024, True, "nvidia",
    ),
    "WSL": (
        {**meminfo(8_000_000), **pci(("0x1414", "0x030200")), "dev/dxg": "", "usr/lib/wsl/lib/libdxcore.so": ""},
        8_000_000 * 1024, True, None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("machine", _MACHINES)
def test_a_machine_is_told_by_its_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, machine: str) -> None:
    monkeypatch.setattr("shimmy_metrics.machine.gather.clock_offsets", lambda: Offsets(60, 120))
    files, memory, detected, vendor = _MACHINES[machine]
    facts = gather("Europe/Berlin", tree(tmp_path, files))
    assert (facts.memory_bytes, facts.gpu_detected, facts.gpu_vendor) == (memory, detected, vendor)
    assert (facts.region, facts.zone) == ("emea", "Europe/Berlin")


def _are_words(facts: Facts) -> None:
    assert facts.system in SYSTEMS
    assert facts.architecture in (*ARCHITECTURES, OTHER)
    assert facts.region in REGIONS
    assert facts.gpu_vendor is None or facts.gpu_vendor in GPU_VENDORS
    assert facts.memory_bytes is None or facts.memory_bytes > 0
    assert facts.cores is None or facts.cores > 0


def test_this_machine_s_facts_are_words_of_the_closed_lists() -> None:
    _are_words(gather())


def test_a_machine_without_any_of_these_files_is_unknown_not_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shimmy_metrics.machine.gather.clock_offsets", lambda: Offsets(0, None))
    facts = gather("UTC", tmp_path)
    assert (facts.region, facts.gpu_detected, facts.gpu_vendor) == ("unknown", False, None)


_PLACES = (
    "proc/meminfo", "proc/self/cgroup", "sys/fs/cgroup/a/memory.max", "sys/fs/cgroup/a/cpu.max", "etc/timezone",
    "sys/bus/pci/devices/0/class", "sys/bus/pci/devices/0/vendor", "sys/class/drm/card0/device/uevent",
)  # fmt: skip


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"9" * 5_000, b"0::/a\x00b\n", b"-1", b"\n\n", b"x" * 200_000])
def test_files_of_nonsense_are_unknown_not_an_error(tmp_path: Path, content: bytes) -> None:
    for place in _PLACES:
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_bytes(content)
    _are_words(gather(None, tmp_path))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs on this system")
def test_what_stands_in_a_file_s_place_cannot_hang_it(tmp_path: Path) -> None:
    for place in _PLACES:
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        os.mkfifo(tmp_path / place)
    (tmp_path / "etc/localtime").symlink_to("localtime")
    _are_words(gather(None, tmp_path))


def test_what_may_not_be_read_is_unknown_not_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree(tmp_path, {**meminfo(8), **pci(("0x10de", "0x030000")), "proc/self/cgroup": "0::/a\n", "dev/nvidiactl": ""})

    def refuse(*_: object, **__: object) -> NoReturn:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:
        for name in ("open", "stat", "listdir", "scandir", "readlink"):
            patched.setattr(os, name, refuse)
        facts = gather(None, tmp_path)
    assert (facts.gpu_detected, facts.gpu_vendor) == (False, None)
