"""Whether there is a graphics processor, and who made it. Never its model; no program is started to find out."""

import platform
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_VENDORS: Final = {0x10DE: "nvidia", 0x1002: "amd", 0x1022: "amd", 0x8086: "intel", 0x106B: "apple"}
"""PCI vendor numbers. Virtual adapters (VMware, virtio, QXL) and server consoles (ASPEED, Matrox) are left out."""

_PREFERRED: Final = ("nvidia", "amd", "apple", "intel")
"""Of several the one that models run on: a discrete card before the processor's own."""

_DISPLAY: Final = 0x03
"""PCI base class of display controllers; 3D controllers without a screen are among them."""


@dataclass(frozen=True, slots=True)
class Gpu:
    """`vendor` is a word of `vocabulary.GPU_VENDORS`, or None for none or one of another maker."""

    detected: bool
    vendor: str | None


def gpu(root: Path = Path("/")) -> Gpu:
    """Return what the operating system's device list says."""
    if sys.platform == "win32":
        return preferred(list(_windows()))
    if sys.platform == "darwin":
        return preferred(["apple"] if platform.machine() == "arm64" else [])
    return preferred(list(_linux(root)))


def preferred(vendors: list[str]) -> Gpu:
    """Return the vendor that counts among those found."""
    found = next((vendor for vendor in _PREFERRED if vendor in vendors), None)
    return Gpu(found is not None, found)


def _linux(root: Path) -> Iterator[str]:
    if (root / "proc/driver/nvidia/version").exists() or (root / "dev/nvidiactl").exists():
        yield "nvidia"  # also in containers and under WSL, where no PCI device shows
    with suppress(OSError):
        for device in sorted((root / "sys/bus/pci/devices").iterdir()):
            kind = _number(device / "class")
            vendor = _VENDORS.get(_number(device / "vendor") or 0)
            if kind is not None and kind >> 16 == _DISPLAY and vendor:
                yield vendor
    with suppress(OSError):
        for card in (root / "sys/class/drm").glob("card[0-9]*/device/vendor"):  # Arm boards without PCI have it as well
            vendor = _VENDORS.get(_number(card) or 0)
            if vendor:
                yield vendor


def _number(path: Path) -> int | None:
    with suppress(OSError, ValueError):
        return int(path.read_text().strip(), 16)
    return None


if sys.platform == "win32":
    import re
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
