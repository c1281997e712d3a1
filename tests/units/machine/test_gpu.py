"""Who made the graphics processor: what the system's device list says, and what is read out of it."""

from pathlib import Path

import pytest

from shimmy_metrics.machine.gpu import Gpu, gpu, of_mac, preferred
from shimmy_metrics.machine.gpu_vendors import PREFERRED, VENDORS, Card
from shimmy_metrics.vocabulary import GPU_VENDORS
from support.trees import pci, tree

_LENT = {"dev/dxg": "", "usr/lib/wsl/lib/libdxcore.so": ""}


def _board(maker: str) -> dict[str, str]:
    return {"sys/class/drm/card0/device/uevent": f"DRIVER=x\nOF_NAME=gpu\nOF_COMPATIBLE_0={maker}\nOF_COMPATIBLE_N=1\n"}


@pytest.mark.parametrize(
    ("files", "vendor"),
    [
        ({}, None),
        (pci(("0x8086", "0x030000")), "intel"),
        (pci(("0x8086", "0x030000"), ("0x10de", "0x030200")), "nvidia"),  # a laptop with two
        (pci(("0x8086", "0x030000"), ("0x1002", "0x038000")), "amd"),
        (pci(("0x1002", "0x030000"), ("0x10de", "0x030000")), "nvidia"),
        (pci(("0x1a03", "0x030000"), ("0x10de", "0x030200"), ("0x10de", "0x030200")), "nvidia"),  # a server with cards
        (pci(("0x1a03", "0x030000")), None),  # a server's console, ASPEED
        (pci(("0x102b", "0x030000")), None),  # the same, Matrox
        (pci(("0x1af4", "0x030000")), None),  # virtio
        (pci(("0x15ad", "0x030000")), None),  # VMware
        (pci(("0x1b36", "0x030000")), None),  # QXL
        (pci(("0x1234", "0x030000")), None),  # bochs
        (pci(("0x1414", "0x030000")), None),  # Hyper-V
        (pci(("0x80ee", "0x030000")), None),  # VirtualBox
        (pci(("0x1af4", "0x030000"), ("0x10de", "0x030200")), "nvidia"),  # a virtual machine with a card passed through
        (pci(("0x10de", "0x040300")), None),  # an NVIDIA sound device
        (pci(("0x8086", "0x020000")), None),  # an Intel network card
        ({"sys/class/drm/card0-HDMI-A-1/device/vendor": "0x1002\n"}, None),  # a connector
        ({"sys/class/drm/renderD128/device/vendor": "0x1002\n"}, None),
        ({"proc/driver/nvidia/version": "NVRM\n"}, "nvidia"),  # its nodes are made at first use
        ({"dev/nvidiactl": ""}, "nvidia"),
        (_board("apple,agx-t6000"), "apple"),  # a Mac under Linux
        (_board("nvidia,tegra234-display"), "nvidia"),  # a Jetson
        (_board("brcm,2711-v3d"), None),  # a Raspberry Pi
        (_board("applesauce,gpu"), None),
        ({**_LENT, "usr/lib/wsl/lib/libcuda.so.1": ""}, "nvidia"),
        (pci(("nonsense", "0x030000")), None),
        (pci(("0x10de", "")), None),
        (pci(("9" * 5_000, "0x030000")), None),
    ],
)
def test_the_graphics_processor_s_maker_is_read_from_the_device_list(
    tmp_path: Path, files: dict[str, str], vendor: str | None
) -> None:
    assert gpu(tree(tmp_path, files)) == Gpu(vendor is not None, vendor)


def test_windows_lends_a_gpu_to_its_linux_without_saying_whose(tmp_path: Path) -> None:
    assert gpu(tree(tmp_path, {**_LENT, **pci(("0x1414", "0x030200"))})) == Gpu(detected=True, vendor=None)


@pytest.mark.parametrize(
    ("found", "vendor"),
    [
        ([Card("intel", integrated=False), Card("amd", integrated=False), Card("nvidia", integrated=False)], "nvidia"),
        ([Card("intel", integrated=True), Card("amd", integrated=False)], "amd"),
        ([Card("amd", integrated=True), Card("intel", integrated=False)], "intel"),
        ([Card("intel", integrated=True), Card("apple", integrated=True)], "apple"),
        ([], None),
    ],
)
def test_of_several_the_one_that_models_run_on_counts(found: list[Card], vendor: str | None) -> None:
    assert preferred(found) == Gpu(vendor is not None, vendor)
    assert preferred(found[::-1]) == preferred(found)


def test_every_vendor_has_a_word() -> None:
    assert {*VENDORS.values()} == {*PREFERRED} == {*GPU_VENDORS}


@pytest.mark.parametrize(
    ("kernel", "vendor"),
    [
        ("Darwin Kernel Version 24.1.0: Thu Oct 10 21:03:15 2024; root:xnu-11215.41.3~2/RELEASE_ARM64_T6000", "apple"),
        ("Darwin Kernel Version 22.6.0: Wed Jul  5 22:21:56 PDT 2023; root:xnu-8796.141.3~6/RELEASE_X86_64", None),
    ],
)  # fmt: skip
def test_every_mac_has_a_gpu(kernel: str, vendor: str | None) -> None:
    assert of_mac(kernel) == Gpu(detected=True, vendor=vendor)
