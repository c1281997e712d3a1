"""What nobody can read is unknown, never an error."""

import os
from pathlib import Path
from typing import NoReturn

import pytest

from shimmy_metrics.machine.facts import Facts
from shimmy_metrics.machine.gather import gather
from shimmy_metrics.machine.region import Offsets
from shimmy_metrics.system.environment import Environment
from shimmy_metrics.vocabulary import ARCHITECTURES, GPU_VENDORS, OTHER, REGIONS, SYSTEMS
from support.trees import meminfo, pci, tree


def _are_words(facts: Facts) -> None:
    assert facts.system in SYSTEMS
    assert facts.architecture in (*ARCHITECTURES, OTHER)
    assert facts.region in REGIONS
    assert facts.gpu_vendor is None or facts.gpu_vendor in GPU_VENDORS
    assert facts.memory_bytes is None or facts.memory_bytes > 0
    assert facts.cores is None or facts.cores > 0


def test_this_machine_s_facts_are_words_of_the_closed_lists() -> None:
    _are_words(gather(Environment()))


def test_a_machine_without_any_of_these_files_is_unknown_not_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shimmy_metrics.machine.gather.clock_offsets", lambda: Offsets(0, None))
    facts = gather(Environment({"TZ": "UTC"}), tmp_path)
    assert (facts.region, facts.gpu_detected, facts.gpu_vendor) == ("unknown", False, None)


_PLACES = (
    "proc/meminfo", "proc/self/cgroup", "proc/self/mountinfo", "proc/device-tree/compatible",
    "sys/fs/cgroup/a/memory.max", "sys/fs/cgroup/a/memory.stat", "sys/fs/cgroup/a/cpu.max", "etc/timezone",
    "sys/bus/pci/devices/0/class", "sys/bus/pci/devices/0/vendor", "sys/class/drm/card0/device/uevent",
)  # fmt: skip


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"9" * 5_000, b"0::/a\x00b\n", b"-1", b"\n\n", b"x" * 200_000])
def test_files_of_nonsense_are_unknown_not_an_error(tmp_path: Path, content: bytes) -> None:
    for place in _PLACES:
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_bytes(content)
    _are_words(gather(Environment(), tmp_path))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs on this system")
def test_what_stands_in_a_file_s_place_cannot_hang_it(tmp_path: Path) -> None:
    for place in _PLACES:
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        os.mkfifo(tmp_path / place)
    (tmp_path / "etc/localtime").symlink_to("localtime")
    _are_words(gather(Environment(), tmp_path))


def test_what_may_not_be_read_is_unknown_not_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree(tmp_path, {**meminfo(8), **pci(("0x10de", "0x030000")), "proc/self/cgroup": "0::/a\n", "dev/nvidiactl": ""})

    def refuse(*_: object, **__: object) -> NoReturn:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:
        for name in ("open", "stat", "listdir", "scandir", "readlink"):
            patched.setattr(os, name, refuse)
        facts = gather(Environment(), tmp_path)
    assert (facts.gpu_detected, facts.gpu_vendor) == (False, None)
