"""Who makes GPUs: their PCI numbers, and whose card counts where there are several."""

from typing import Final, NamedTuple

VENDORS: Final = {0x10DE: "nvidia", 0x1002: "amd", 0x1022: "amd", 0x8086: "intel", 0x106B: "apple"}
"""PCI vendor numbers. Virtual adapters (VMware, virtio, QXL) and server consoles (ASPEED, Matrox) are left out."""

PREFERRED: Final = ("nvidia", "amd", "apple", "intel")
"""Which of several GPUs counts, since models run on it: a discrete one first, then in this order. Each maker of
`vocabulary.GPU_VENDORS` stands here."""


class Card(NamedTuple):
    """One GPU. `integrated`: it is part of the processor, or may be."""

    vendor: str
    integrated: bool
