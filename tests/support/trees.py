"""Made-up /proc, /sys and /etc: what they would contain on another machine."""

from pathlib import Path
from typing import Final

GB: Final = 2**30
MEMINFO: Final = "MemTotal:       16384000 kB\nMemFree:         1000 kB\n"
WHOLE: Final = 16_384_000 * 1024


def tree(root: Path, files: dict[str, str]) -> Path:
    """Write the files, by their paths below `root`, and return it."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def meminfo(kilobytes: int) -> dict[str, str]:
    """Return /proc/meminfo of a machine."""
    return {"proc/meminfo": f"MemTotal:       {kilobytes} kB\nMemFree:         1000 kB\n"}


def pci(*devices: tuple[str, str]) -> dict[str, str]:
    """Return the PCI devices, each by its vendor and class."""
    files = {}
    for index, (vendor, kind) in enumerate(devices):
        files[f"sys/bus/pci/devices/0000:{index:02x}:00.0/vendor"] = f"{vendor}\n"
        files[f"sys/bus/pci/devices/0000:{index:02x}:00.0/class"] = f"{kind}\n"
    return files
