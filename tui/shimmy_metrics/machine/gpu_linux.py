"""The GPUs that a Linux system lists and that this process can reach.

A container sees the whole /sys of its machine, but in its own /dev only the devices that it was given: there a device
without a node does not count.
"""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from shimmy_metrics.machine.gpu_vendors import VENDORS, Card
from shimmy_metrics.machine.mounts import mounts
from shimmy_metrics.machine.text_file import read_text

_ATI: Final = 0x1002
_AMD: Final = 0x1022
_CONSOLES: Final = frozenset([0x515E, 0x5969, 0x4752, 0x5159])
"""ATI's own server consoles: ES1000, Rage XL, Radeon 7000."""

_DISPLAY: Final = 0x03
_ACCELERATOR: Final = 0x12
"""PCI base classes. 3D controllers without a screen are displays; AMD's Instinct cards are accelerators, as are the
neural units of other makers, which are no GPUs."""

_LENT: Final = ("vfio-pci", "pci-stub")
"""Drivers that reserve a device for a virtual machine."""

_BOARDS: Final = (
    ("apple", r"apple,(?:arm-platform|agx-.+)"),
    ("nvidia", r"nvidia,tegra(?:124|132|186|194|21\d|23\d|26\d)(?:-.+)?"),
)
"""Makers by a device tree's `compatible`: Macs under Linux, Jetson. VideoCore, Mali and Adreno have no word and do not
count: `gpu_detected` means a GPU that inference engines are built for."""

_NVIDIA_NODES: Final = ("nvidiactl", "nvidia0", "nvhost-gpu", "nvgpu", "nvmap")
"""Device nodes of NVIDIA's drivers, the last three on a Jetson."""


def cards(root: Path) -> list[Card]:
    """Return the GPUs whose makers have a word. Never raises."""
    return list(_Machine(root).cards())


class _Machine:
    def __init__(self, root: Path) -> None:
        self._root = root
        self._dev = root / "dev"
        kinds = [mount.kind for mount in mounts(root) if mount.point == "/dev"]
        self._own_dev = not kinds or kinds[-1] == "devtmpfs"

    def cards(self) -> Iterator[Card]:
        yield from self._by_node()
        for device in _entries(self._root / "sys/bus/pci/devices"):
            yield from self._of_pci(device)
        yield from self._by_drm()
        if self._own_dev:
            yield from _boards(read_text(self._root / "proc/device-tree/compatible").split("\0"))

    def _by_node(self) -> Iterator[Card]:
        marks = [self._dev / name for name in _NVIDIA_NODES]
        # WSL has no NVIDIA node, but the library that its Windows driver installs.
        marks.append(self._root / "usr/lib/wsl/lib/libcuda.so.1")
        if self._own_dev:
            marks.append(self._root / "proc/driver/nvidia/version")  # a container sees the host's
        if any(map(os.path.exists, marks)):
            yield Card("nvidia", integrated=False)
        if os.path.exists(self._dev / "kfd"):
            yield Card("amd", integrated=True)  # the PCI list says which, where it can be read

    def _of_pci(self, device: Path) -> Iterator[Card]:
        number = _hexadecimal(device / "vendor") or 0
        vendor = VENDORS.get(number)
        base = (_hexadecimal(device / "class") or 0) >> 16
        if vendor is None or not (base == _DISPLAY or (base == _ACCELERATOR and number == _ATI)):
            return
        if number == _ATI and _hexadecimal(device / "device") in _CONSOLES:
            return
        if os.path.basename(_link(device / "driver")) not in _LENT and self._reaches(device, vendor):
            yield Card(vendor, _integrated(device))

    def _reaches(self, device: Path, vendor: str) -> bool:
        if self._own_dev or (vendor == "amd" and os.path.exists(self._dev / "kfd")):
            return True
        return any(os.path.exists(self._dev / "dri" / node.name) for node in _entries(device / "drm"))

    def _by_drm(self) -> Iterator[Card]:
        """Yield GPUs that are no PCI devices, but parts of a system on a chip."""
        for card in _entries(self._root / "sys/class/drm"):
            if self._own_dev or os.path.exists(self._dev / "dri" / card.name):
                match = re.search(r"^OF_COMPATIBLE_0=(\S+)", read_text(card / "device/uevent"), re.MULTILINE)
                yield from _boards([match[1]] if match else [])


def _boards(compatible: list[str]) -> Iterator[Card]:
    for vendor, form in _BOARDS:
        if any(re.fullmatch(form, each) for each in compatible):
            yield Card(vendor, integrated=True)


def _integrated(device: Path) -> bool:
    """Whether a PCI device is part of the processor: on the first bus, or in one slot with AMD's controllers."""
    slot = device.name.rpartition(".")[0]
    if slot.startswith("0000:00:"):
        return True
    beside = (each for each in _entries(device.parent) if each.name.startswith(f"{slot}."))
    return any(_hexadecimal(each / "vendor") == _AMD for each in beside)


def _entries(folder: Path) -> list[Path]:
    with suppress(OSError):
        return sorted(folder.iterdir())
    return []


def _link(path: Path) -> str:
    with suppress(OSError):
        return os.readlink(path)
    return ""


def _hexadecimal(path: Path) -> int | None:
    with suppress(ValueError):
        return int(read_text(path), 16)
    return None
