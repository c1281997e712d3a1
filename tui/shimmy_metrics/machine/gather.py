"""Collect facts about this machine from the operating system. No program is started, no network is used."""

from shimmy_metrics.machine.cores import cores
from shimmy_metrics.machine.facts import Facts
from shimmy_metrics.machine.gpu import gpu
from shimmy_metrics.machine.memory import memory_bytes
from shimmy_metrics.machine.platform import architecture, system
from shimmy_metrics.machine.region import clock_offsets, locate, zone_name
from shimmy_metrics.system.environment import Environment
from shimmy_metrics.system.places import StrPath


def gather(environment: Environment, root: StrPath = "/") -> Facts:
    """Return this machine's facts. Never raises. `root` is the folder of /proc and /sys."""
    place = locate(zone_name(environment.get("TZ") or None, root), clock_offsets())
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
