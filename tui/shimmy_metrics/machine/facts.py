"""What this machine is, as a value; `gather` finds it out and the report coarsens it.

Nothing here is a model's or a person's name.
"""

from typing import NamedTuple


class Facts(NamedTuple):
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
