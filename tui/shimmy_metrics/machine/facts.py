"""Facts about this machine, as a value: `gather` collects them, and the report coarsens them.

None of them names a model or a person.
"""

from typing import NamedTuple


class Facts(NamedTuple):
    """Raw facts. `memory_bytes` and `cores` are the machine's or its container's, at least 1; None where unreadable.

    `system`, `architecture`, `region` and `gpu_vendor` are words of `vocabulary`; `gpu_vendor` is None without a GPU,
    or where its maker is unknown. `zone` is the time zone's name, or without one the clock's offset (`UTC-05:00`); it
    is shown to the person and never sent.
    """

    system: str
    architecture: str
    memory_bytes: int | None
    cores: int | None
    gpu_vendor: str | None
    gpu_detected: bool
    region: str
    zone: str
