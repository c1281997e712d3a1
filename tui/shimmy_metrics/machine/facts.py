"""What this machine is, as measured; the report coarsens it. Nothing here is a model's or a person's name."""

from dataclasses import dataclass
from pathlib import Path

from shimmy_metrics.machine.cores import cores
from shimmy_metrics.machine.gpu import gpu
from shimmy_metrics.machine.memory import memory_bytes
from shimmy_metrics.machine.platform import architecture, system
from shimmy_metrics.machine.region import clock_offsets, locate, zone_name


@dataclass(frozen=True, slots=True)
class Facts:
    """Raw facts. `memory_bytes` and `cores` are the machine's or its container's, at least 1; None where unreadable.

    `system`, `architecture` and `region` are words of `vocabulary`; `gpu_vendor` is one too, or None for none or one of
    a maker that cannot be told. `zone` is the time zone's name, or the clock's offset (`UTC-05:00`) where there is no
    name, for the person's own screen; it never leaves.
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
    """Return this machine's facts; never raises. `zone_variable` is the value of `TZ`, `root` where /proc, /sys are."""
    place = locate(zone_name(zone_variable, root), clock_offsets())
    card = gpu(root)
    return Facts(
        system=system(),
        architecture=architecture(),
        memory_bytes=memory_bytes(root),
        cores=cores(root),
        gpu_vendor=card.vendor,
        gpu_detected=card.detected,
        region=place.region,
        zone=place.zone,
    )
