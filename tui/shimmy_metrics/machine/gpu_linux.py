"""The GPUs that a Linux system lists and that this process can reach.

A container sees the whole /sys of its machine, but in its own /dev only the devices that it was given: there a device
without a node does not count.
"""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from shimmy_metrics.machine.gpu_vendors import VENDORS, Card
from shimmy_metrics.machine.mounts import mounts
from shimmy_metrics.machine.text_file import read_text
from shimmy_metrics.system.places import StrPath

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


def cards(root: StrPath) -> list[Card]:
    """Return the GPUs whose makers have a word. Never raises."""
    return list(_Machine(root).cards())


class _Machine:
    def __init__(self, root: StrPath) -> None:
        self._root = root
        self._dev = os.path.join(root, "dev")
        kinds = [mount.kind for mount in mounts(root) if mount.point == "/dev"]
        self._own_dev = not kinds or kinds[-1] == "devtmpfs"

    def cards(self) -> Iterator[Card]:
        yield from self._by_node()
        for device in _entries(self._in_root("sys/bus/pci/devices")):
            yield from self._of_pci(device)
        yield from self._by_drm()
        if self._own_dev:
            yield from _boards(read_text(self._in_root("proc/device-tree/compatible")).split("\0"))

    def _by_node(self) -> Iterator[Card]:
        marks = [self._node(name) for name in _NVIDIA_NODES]
        # WSL has no NVIDIA node, but the library that its Windows driver installs.
        marks.append(self._in_root("usr/lib/wsl/lib/libcuda.so.1"))
        if self._own_dev:
            marks.append(self._in_root("proc/driver/nvidia/version"))  # a container sees the host's
        if any(map(os.path.exists, marks)):
            yield Card("nvidia", integrated=False)
        if os.path.exists(self._node("kfd")):
            yield Card("amd", integrated=True)  # the PCI list says which, where it can be read

    def _of_pci(self, device: str) -> Iterator[Card]:
        number = _hexadecimal(device, "vendor") or 0
        vendor = VENDORS.get(number)
        base = (_hexadecimal(device, "class") or 0) >> 16
        if vendor is None or not (base == _DISPLAY or (base == _ACCELERATOR and number == _ATI)):
            return
        if number == _ATI and _hexadecimal(device, "device") in _CONSOLES:
            return
        if os.path.basename(_link(os.path.join(device, "driver"))) not in _LENT and self._reaches(device, vendor):
            yield Card(vendor, _integrated(device))

    def _reaches(self, device: str, vendor: str) -> bool:
        if self._own_dev or (vendor == "amd" and os.path.exists(self._node("kfd"))):
            return True
        return any(os.path.exists(self._screen(node)) for node in _entries(os.path.join(device, "drm")))

    def _by_drm(self) -> Iterator[Card]:
        """Yield GPUs that are no PCI devices, but parts of a system on a chip."""
        for card in _entries(self._in_root("sys/class/drm")):
            if self._own_dev or os.path.exists(self._screen(card)):
                event = read_text(os.path.join(card, "device/uevent"))
                match = re.search(r"^OF_COMPATIBLE_0=(\S+)", event, re.MULTILINE)
                yield from _boards([match[1]] if match else [])

    def _in_root(self, path: str) -> str:
        return os.path.join(self._root, path)

    def _node(self, name: str) -> str:
        return os.path.join(self._dev, name)

    def _screen(self, device: str) -> str:
        """Return the node of a device in `sys`, by its name there."""
        return os.path.join(self._dev, "dri", os.path.basename(device))


def _boards(compatible: list[str]) -> Iterator[Card]:
    for vendor, form in _BOARDS:
        if any(re.fullmatch(form, each) for each in compatible if each):  # a PC has no device tree
            yield Card(vendor, integrated=True)


def _integrated(device: str) -> bool:
    """Whether a PCI device is part of the processor: on the first bus, or in one slot with AMD's controllers."""
    bus, name = os.path.split(device)
    slot = name.rpartition(".")[0]
    if slot.startswith("0000:00:"):
        return True
    beside = (each for each in _entries(bus) if os.path.basename(each).startswith(f"{slot}."))
    return any(_hexadecimal(each, "vendor") == _AMD for each in beside)


def _entries(folder: str) -> list[str]:
    with suppress(OSError):
        return [os.path.join(folder, name) for name in sorted(os.listdir(folder))]
    return []


def _link(path: str) -> str:
    with suppress(OSError):
        return os.readlink(path)
    return ""


def _hexadecimal(device: str, name: str) -> int | None:
    with suppress(ValueError):
        return int(read_text(os.path.join(device, name)), 16)
    return None
