"""Each machine fact with a table of samples: what the system's files say, and what is read out of them."""

import zoneinfo
from pathlib import Path

import pytest

from shimmy_metrics.machine.cgroup import cores_limit, memory_limit
from shimmy_metrics.machine.cores import least
from shimmy_metrics.machine.facts import gather
from shimmy_metrics.machine.gpu import Gpu, gpu, preferred
from shimmy_metrics.machine.memory import memory_bytes
from shimmy_metrics.machine.region import region, region_of, region_of_offset, zone_name
from shimmy_metrics.vocabulary import ARCHITECTURES, GPU_VENDORS, OTHER, REGIONS, SYSTEMS

GB = 2**30


def _tree(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


MEMINFO = "MemTotal:       16384000 kB\nMemFree:         1000 kB\n"
WHOLE = 16_384_000 * 1024


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"proc/meminfo": MEMINFO}, WHOLE),
        ({"proc/meminfo": MEMINFO, "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "max\n"}, WHOLE),
        ({"proc/meminfo": MEMINFO, "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": f"{4 * GB}\n"}, 4 * GB),
        (
            {
                "proc/meminfo": MEMINFO,
                "proc/self/cgroup": "0::/kube/pod/box\n",
                "sys/fs/cgroup/kube/pod/box/memory.max": "max\n",
                "sys/fs/cgroup/kube/pod/memory.max": f"{2 * GB}\n",
                "sys/fs/cgroup/kube/memory.max": f"{8 * GB}\n",
            },
            2 * GB,
        ),
        (
            {
                "proc/meminfo": MEMINFO,
                "proc/self/cgroup": "5:cpu,cpuacct:/d/x\n7:memory:/d/x\n0::/d/x\n",
                "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
                "sys/fs/cgroup/memory/d/x/memory.limit_in_bytes": f"{GB}\n",
            },
            GB,
        ),
        # A container sees its group's path on the host, which is not mounted: the root of the mount counts.
        (
            {
                "proc/meminfo": MEMINFO,
                "proc/self/cgroup": "0::/../../host/only\n",
                "sys/fs/cgroup/memory.max": f"{3 * GB}\n",
            },
            3 * GB,
        ),
        ({"proc/meminfo": MEMINFO, "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": f"{64 * GB}\n"}, WHOLE),
        ({"proc/meminfo": "nonsense"}, None),
    ],
)
def test_memory_is_the_machine_s_or_its_container_s(
    tmp_path: Path, files: dict[str, str], expected: int | None
) -> None:
    assert memory_bytes(_tree(tmp_path, files)) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, None),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "max 100000\n"}, None),
        ({"proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/cpu.max": "150000 100000\n"}, 1.5),
        (
            {
                "proc/self/cgroup": "3:cpuacct,cpu:/a\n",
                "sys/fs/cgroup/cpu/a/cpu.cfs_quota_us": "200000\n",
                "sys/fs/cgroup/cpu/a/cpu.cfs_period_us": "100000\n",
            },
            2.0,
        ),
        (
            {
                "proc/self/cgroup": "3:cpu:/\n",
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
            },
            None,
        ),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "100000 0\n"}, None),
    ],
)
def test_a_container_s_share_of_processor_time_is_read(
    tmp_path: Path, files: dict[str, str], expected: float | None
) -> None:
    assert cores_limit(_tree(tmp_path, files)) == expected


@pytest.mark.parametrize(
    ("present", "limit", "expected"),
    [(8, None, 8), (8, 1.5, 2), (8, 0.1, 1), (2, 16.0, 2), (None, 2.0, None)],
)
def test_the_smaller_of_cores_and_share_counts(present: int | None, limit: float | None, expected: int | None) -> None:
    assert least(present, limit) == expected


def _pci(*devices: tuple[str, str]) -> dict[str, str]:
    files = {}
    for index, (vendor, kind) in enumerate(devices):
        files[f"sys/bus/pci/devices/0000:0{index}:00.0/vendor"] = f"{vendor}\n"
        files[f"sys/bus/pci/devices/0000:0{index}:00.0/class"] = f"{kind}\n"
    return files


@pytest.mark.parametrize(
    ("files", "vendor"),
    [
        ({}, None),
        (_pci(("0x8086", "0x030000")), "intel"),
        (_pci(("0x8086", "0x030000"), ("0x10de", "0x030200")), "nvidia"),  # a laptop with two
        (_pci(("0x8086", "0x030000"), ("0x1002", "0x038000")), "amd"),
        (_pci(("0x1a03", "0x030000")), None),  # a server's console
        (_pci(("0x1af4", "0x030000")), None),  # virtio
        (_pci(("0x15ad", "0x030000")), None),  # VMware
        (_pci(("0x10de", "0x040300")), None),  # an NVIDIA sound device
        (_pci(("0x8086", "0x020000")), None),  # an Intel network card
        ({"sys/class/drm/card0/device/vendor": "0x1002\n"}, "amd"),
        ({"proc/driver/nvidia/version": "NVRM\n"}, "nvidia"),  # a container
        (_pci(("nonsense", "0x030000")), None),
    ],
)
def test_the_graphics_processor_s_maker_is_read_from_the_device_list(
    tmp_path: Path, files: dict[str, str], vendor: str | None
) -> None:
    assert gpu(_tree(tmp_path, files)) == Gpu(vendor is not None, vendor)


def test_of_several_the_one_that_models_run_on_counts() -> None:
    assert preferred(["intel", "amd", "nvidia"]).vendor == "nvidia"
    assert preferred(["intel", "apple"]).vendor == "apple"
    assert set(GPU_VENDORS) == {"nvidia", "amd", "intel", "apple"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Pacific/Honolulu", "americas"),  # UTC-10, no daylight saving
        ("America/Anchorage", "americas"),  # UTC-9
        ("America/Los_Angeles", "americas"),
        ("America/Phoenix", "americas"),  # UTC-7, no daylight saving
        ("America/Chicago", "americas"),
        ("America/New_York", "americas"),
        ("America/Puerto_Rico", "americas"),  # UTC-4, no daylight saving
        ("America/Halifax", "americas"),  # UTC-4 with
        ("America/St_Johns", "americas"),
        ("America/Sao_Paulo", "americas"),  # UTC-3, without
        ("America/Noronha", "americas"),  # UTC-2
        ("Pacific/Easter", "americas"),
        ("Atlantic/Bermuda", "americas"),
        ("US/Pacific", "americas"),
        ("Atlantic/Reykjavik", "emea"),
        ("Atlantic/Azores", "emea"),
        ("Europe/London", "emea"),
        ("Europe/Berlin", "emea"),
        ("Africa/Lagos", "emea"),
        ("Asia/Dubai", "emea"),
        ("Asia/Jerusalem", "emea"),
        ("Indian/Mauritius", "emea"),
        ("Asia/Kolkata", "apac"),
        ("Asia/Tokyo", "apac"),
        ("Australia/Sydney", "apac"),
        ("Pacific/Auckland", "apac"),
        ("GB", "emea"),
        ("PRC", "apac"),
        ("EST5EDT", "americas"),
        ("Etc/GMT+5", "americas"),
        ("Etc/GMT-9", "apac"),
        ("UTC", "unknown"),
        ("Etc/UTC", "unknown"),
        ("GMT", "unknown"),
        ("Factory", "unknown"),
        ("somebody's own zone", "unknown"),
    ],
)
def test_the_region_follows_the_time_zone(name: str, expected: str) -> None:
    assert region(name) == expected


def test_every_zone_there_is_has_an_answer_of_the_closed_list() -> None:
    silent = {name for name in zoneinfo.available_timezones() if region_of(name) is None}
    assert {region(name) for name in zoneinfo.available_timezones()} <= set(REGIONS)
    assert silent <= {
        "UTC", "UCT", "GMT", "GMT0", "GMT+0", "GMT-0", "Greenwich", "Universal", "Zulu", "Etc/UTC", "Etc/UCT",
        "Etc/GMT0", "Etc/GMT", "Etc/Greenwich", "Etc/Universal", "Etc/Zulu", "Factory", "localtime",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("standard", "summer", "expected"),
    [
        (-240, None, "americas"),
        (-240, -180, "americas"),
        (-180, None, "americas"),
        (-120, None, "americas"),
        (-600, None, "americas"),
        (-660, None, "americas"),
        (-60, 0, "emea"),
        (0, None, "unknown"),
        (0, 60, "emea"),
        (60, 120, "emea"),
        (240, None, "emea"),
        (330, None, "apac"),
        (540, None, "apac"),
        (720, 780, "apac"),
    ],
)
def test_without_a_name_the_clock_s_offset_decides(standard: int, summer: int | None, expected: str) -> None:
    assert region_of_offset(standard, summer) == expected


def test_the_zone_s_name_comes_from_the_variable_the_link_or_the_file(tmp_path: Path) -> None:
    assert zone_name(":Europe/Paris") == "Europe/Paris"
    assert zone_name(None, tmp_path) == ""
    _tree(tmp_path, {"etc/timezone": "Asia/Tokyo\n"})
    assert zone_name(None, tmp_path) == "Asia/Tokyo"
    (tmp_path / "etc/localtime").symlink_to("/usr/share/zoneinfo/America/Chicago")
    assert zone_name(None, tmp_path) == "America/Chicago"
    assert zone_name("Etc/UTC", tmp_path) == "Etc/UTC"


def test_this_machine_s_facts_are_words_of_the_closed_lists() -> None:
    facts = gather()
    assert facts.system in SYSTEMS
    assert facts.architecture in (*ARCHITECTURES, OTHER)
    assert facts.region in REGIONS
    assert facts.gpu_vendor is None or facts.gpu_vendor in GPU_VENDORS
    assert facts.memory_bytes is None or facts.memory_bytes > 0


def test_a_machine_without_any_of_these_files_is_unknown_not_an_error(tmp_path: Path) -> None:
    facts = gather("UTC", tmp_path)
    assert (facts.region, facts.gpu_detected) == ("unknown", False)
    assert memory_limit(tmp_path) is None
