"""Whether there is a graphics processor, and who made it. Never its model; no program is started to find out."""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from shimmy_metrics.machine.reading import text

_VENDORS: Final = {0x10DE: "nvidia", 0x1002: "amd", 0x1022: "amd", 0x8086: "intel", 0x106B: "apple"}
"""PCI vendor numbers. Virtual adapters (VMware, virtio, QXL) and server consoles (ASPEED, Matrox) are left out."""

_BOARDS: Final = ("apple", "nvidia")
"""Makers in a device tree's `compatible`: Macs under Linux, Jetson. VideoCore, Mali and Adreno have no word and are not
counted: `gpu_detected` tells whether there is one of the makers that inference engines are built for."""

_PREFERRED: Final = ("nvidia", "amd", "apple", "intel")
"""Of several the one that models run on: a discrete card before the processor's own."""

_DISPLAY: Final = 0x03
"""PCI base class of display controllers; 3D controllers without a screen are among them."""


class Gpu(NamedTuple):
    """`vendor` is a word of `vocabulary.GPU_VENDORS`; None for no GPU, or one whose maker the system does not tell."""

    detected: bool
    vendor: str | None


def gpu(root: Path = Path("/")) -> Gpu:
    """Return what the operating system's device list says."""
    if sys.platform == "win32":
        return preferred(list(_windows()))
    if sys.platform == "darwin":
        return of_mac(os.uname().version)
    return _linux(root)


def preferred(vendors: list[str]) -> Gpu:
    """Return the vendor that counts among those found."""
    found = next((vendor for vendor in _PREFERRED if vendor in vendors), None)
    return Gpu(detected=found is not None, vendor=found)


def of_mac(kernel: str) -> Gpu:
    """Return a Mac's, from its kernel's version (`... RELEASE_ARM64_T6000`, also for a translated x64 interpreter).

    Every Mac has a GPU. One with an Intel processor has Intel's or AMD's, and does not tell which in a file.
    """
    return Gpu(detected=True, vendor="apple" if "ARM64" in kernel else None)


def _linux(root: Path) -> Gpu:
    found = preferred([*_drivers(root), *_pci(root), *_drm(root)])
    # WSL lends the Windows machine's GPU as a device that does not say whose it is.
    return found if found.detected else Gpu(detected=os.path.exists(root / "dev/dxg"), vendor=None)


def _drivers(root: Path) -> Iterator[str]:
    # Containers may hide the device; WSL has no device of NVIDIA's, but the library that its Windows driver brings.
    marks = ("proc/driver/nvidia/version", "dev/nvidiactl", "usr/lib/wsl/lib/libcuda.so.1")
    if any(os.path.exists(root / mark) for mark in marks):
        yield "nvidia"


def _pci(root: Path) -> Iterator[str]:
    for device in _entries(root / "sys/bus/pci/devices"):
        kind = _hexadecimal(device / "class")
        if kind is not None and kind >> 16 == _DISPLAY:
            yield from _of_pci(device)


def _drm(root: Path) -> Iterator[str]:
    for card in _entries(root / "sys/class/drm"):
        if re.fullmatch(r"card\d+", card.name):
            yield from _of_pci(card / "device")
            match = re.search(r"^OF_COMPATIBLE_0=(\w+),", text(card / "device/uevent"), re.MULTILINE)
            if match and match[1] in _BOARDS:
                yield match[1]


def _of_pci(device: Path) -> Iterator[str]:
    vendor = _VENDORS.get(_hexadecimal(device / "vendor") or 0)
    if vendor:
        yield vendor


def _entries(folder: Path) -> list[Path]:
    with suppress(OSError):
        return sorted(folder.iterdir())
    return []


def _hexadecimal(path: Path) -> int | None:
    with suppress(ValueError):
        return int(text(path), 16)
    return None


if sys.platform == "win32":
    import winreg

    _ADAPTERS: Final = r"SYSTEM\CurrentControlSet\Control\Class\{4d36e968-e325-11ce-bfc1-08002be10318}"

    def _windows() -> Iterator[str]:
        with suppress(OSError), winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, _ADAPTERS) as adapters:
            for index in range(winreg.QueryInfoKey(adapters)[0]):
                with suppress(OSError), winreg.OpenKey(adapters, winreg.EnumKey(adapters, index)) as adapter:
                    identity = str(winreg.QueryValueEx(adapter, "MatchingDeviceId")[0])
                    match = re.search(r"ven_([0-9a-f]{4})", identity.lower())
                    vendor = _VENDORS.get(int(match[1], 16)) if match else None
                    if vendor:
                        yield vendor
else:

    def _windows() -> Iterator[str]:
        return iter(())
