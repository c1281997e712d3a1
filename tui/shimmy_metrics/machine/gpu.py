"""Whether there is a GPU, and who made it. Its model is never read, and no program is started."""

import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Final, NamedTuple

from shimmy_metrics.machine.gpu_linux import cards
from shimmy_metrics.machine.gpu_vendors import PREFERRED, VENDORS, Card
from shimmy_metrics.system.places import StrPath


class Gpu(NamedTuple):
    """`vendor` is a word of `vocabulary.GPU_VENDORS`; None without a GPU, or where its maker is unknown."""

    detected: bool
    vendor: str | None


def gpu(root: StrPath = "/") -> Gpu:
    """Return the GPU in the operating system's list of devices."""
    if sys.platform == "win32":
        return preferred(list(_windows()))
    if sys.platform == "darwin":
        return of_mac(os.uname().version)
    found = preferred(cards(root))
    # WSL exposes the Windows GPU as a device that does not name its maker.
    return found if found.detected else Gpu(detected=os.path.exists(os.path.join(root, "dev/dxg")), vendor=None)


def preferred(found: Sequence[Card]) -> Gpu:
    """Return the GPU that counts among those found."""
    ordered = sorted(found, key=lambda card: (card.integrated, PREFERRED.index(card.vendor)))
    return Gpu(detected=bool(ordered), vendor=ordered[0].vendor if ordered else None)


def of_mac(kernel: str) -> Gpu:
    """Return a Mac's GPU, by its kernel's version, such as `Darwin Kernel Version 24.0.0: ...; RELEASE_ARM64_T6000`.

    Every Mac has one. A kernel for ARM64 runs on Apple's own chips alone, and their GPU is on the chip. It says so to
    an x64 interpreter under Rosetta as well, to which `platform.machine` says x86_64. On Intel Macs the GPU is Intel's
    or AMD's, and no file says which.
    """
    return Gpu(detected=True, vendor="apple" if "ARM64" in kernel else None)


if sys.platform == "win32":
    import winreg

    _ADAPTERS: Final = r"SYSTEM\CurrentControlSet\Control\Class\{4d36e968-e325-11ce-bfc1-08002be10318}"

    def _windows() -> Iterator[Card]:
        with suppress(OSError), winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, _ADAPTERS) as adapters:
            for index in range(winreg.QueryInfoKey(adapters)[0]):
                with suppress(OSError), winreg.OpenKey(adapters, winreg.EnumKey(adapters, index)) as adapter:
                    identity = str(winreg.QueryValueEx(adapter, "MatchingDeviceId")[0])
                    match = re.search(r"ven_([0-9a-f]{4})", identity.lower())
                    vendor = VENDORS.get(int(match[1], 16)) if match else None
                    if vendor:
                        yield Card(vendor, integrated=False)  # the registry does not say
else:

    def _windows() -> Iterator[Card]:
        return iter(())
