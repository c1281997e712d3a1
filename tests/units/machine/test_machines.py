"""Whole machines, made up from their files: whose GPU serves there, how much memory there is, which tier that is."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from shimmy_metrics.machine.gather import gather
from shimmy_metrics.report.coarsen import hardware_tier
from shimmy_metrics.system.environment import Environment
from support.trees import GB, meminfo, tree

MACHINES: dict[str, dict[str, Any]] = {
    machine["name"]: machine
    for machine in tomllib.loads(Path(__file__).with_name("machines.toml").read_text())["machine"]
}

OWN_DEV = "22 1 0:6 / /dev rw,nosuid - devtmpfs udev rw,size=1k"
CONTAINER_DEV = "22 1 0:52 / /dev rw,nosuid - tmpfs tmpfs rw,size=64k"


def _pci(root: Path, line: str) -> None:
    address, kind, identity, *more = line.split()
    device = root / "sys/bus/pci/devices" / (address if address.count(":") == 2 else f"0000:{address}")
    vendor, _, model = identity.partition(":")
    tree(device, {"class": f"0x{kind[:4]}00\n", "vendor": f"0x{vendor}\n", "device": f"0x{model}\n"})
    for word in more:
        if word.startswith("driver="):
            (device / "driver").symlink_to(f"../../../bus/pci/drivers/{word.removeprefix('driver=')}")
        else:
            (device / "drm" / word).mkdir(parents=True)


def _made(root: Path, machine: dict[str, Any]) -> Path:
    dev = CONTAINER_DEV if machine.get("container") else OWN_DEV
    tree(
        root,
        {
            **meminfo(machine["memory_gb"] * GB // 1024),
            "proc/self/mountinfo": "\n".join([dev, *machine.get("mounts", ())]),
            "proc/self/cgroup": machine.get("cgroup", ""),
            **{f"dev/{node}": "" for node in machine.get("dev", ())},
            **machine.get("files", {}),
        },
    )
    for line in machine.get("pci", ()):
        _pci(root, line)
    return root


@pytest.mark.parametrize("name", MACHINES)
def test_a_machine_is_told_by_its_files(tmp_path: Path, name: str) -> None:
    machine = MACHINES[name]
    facts = gather(Environment({"TZ": "UTC"}), _made(tmp_path, machine))
    vendor = facts.gpu_vendor or ("unnamed" if facts.gpu_detected else "none")
    assert vendor == machine["gpu"]
    assert facts.memory_bytes == machine.get("limit_gb", machine["memory_gb"]) * GB
    assert hardware_tier(facts.memory_bytes, gpu_detected=facts.gpu_detected) == machine["tier"]


def test_there_are_eighty_of_them_each_by_its_own_name() -> None:
    assert len(MACHINES) == 80


def test_a_container_that_was_given_nothing_has_no_gpu(tmp_path: Path) -> None:
    """Each machine with a /dev of its own, seen by a container that was given none of it: no GPU is left."""
    for index, machine in enumerate(MACHINES.values()):
        root = _made(tmp_path / str(index), {**machine, "container": True, "dev": [], "mounts": []})
        facts = gather(Environment({"TZ": "UTC"}), root)
        lent = any("wsl/lib/libcuda" in path for path in machine.get("files", {}))  # mounted by the driver alone
        assert facts.gpu_detected == lent, machine["name"]
