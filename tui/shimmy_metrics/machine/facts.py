"""What this machine is, as measured; the report coarsens it. Nothing here is a model's or a person's name."""

import platform
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shimmy_metrics.machine.cores import cores
from shimmy_metrics.machine.gpu import gpu
from shimmy_metrics.machine.memory import memory_bytes
from shimmy_metrics.machine.region import region, zone_name
from shimmy_metrics.vocabulary import OTHER

_SYSTEMS: Final = {"linux": "linux", "darwin": "macos", "win32": "windows"}
_ARCHITECTURES: Final = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}


@dataclass(frozen=True, slots=True)
class Facts:
    """Raw facts. `memory_bytes` and `cores` are the machine's or its container's; None where they cannot be read.

    `system`, `architecture`, `gpu_vendor` and `region` are words of closed lists. `zone` is the time zone's name, for
    the person's own screen; it never leaves.
    """

    system: str
    architecture: str
    memory_bytes: int | None
    cores: int | None
    gpu_vendor: str | None
    gpu_detected: bool
    region: str
    zone: str


def gather(zone_variable: str | None = None, root: Path = Path("/")) -> Facts:
    """Return this machine's facts. `zone_variable` is the value of `TZ`; `root` is where the system's files are."""
    zone = zone_name(zone_variable, root)
    card = gpu(root)
    return Facts(
        system=_SYSTEMS.get(sys.platform, OTHER),
        architecture=_ARCHITECTURES.get(platform.machine().lower(), OTHER),
        memory_bytes=memory_bytes(root),
        cores=cores(root),
        gpu_vendor=card.vendor,
        gpu_detected=card.detected,
        region=region(zone),
        zone=zone,
    )
