"""How much memory there is: what the system's files say, and what is read out of them."""

from pathlib import Path

import pytest

from shimmy_metrics.machine.cgroup import memory_limit
from shimmy_metrics.machine.memory import memory_bytes, total
from support.trees import GB, MEMINFO, WHOLE, tree


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
        # Controllers that share a hierarchy, mounted under both names alone.
        (
            {
                "proc/meminfo": MEMINFO,
                "proc/self/cgroup": "4:memory,hugetlb:/box\n",
                "sys/fs/cgroup/memory,hugetlb/box/memory.limit_in_bytes": f"{5 * GB}\n",
            },
            5 * GB,
        ),
        # Both versions at once: the controller counts where it is.
        (
            {
                "proc/meminfo": MEMINFO,
                "proc/self/cgroup": "7:memory:/box\n0::/box\n",
                "sys/fs/cgroup/memory/box/memory.limit_in_bytes": f"{6 * GB}\n",
                "sys/fs/cgroup/unified/box/cgroup.procs": "1\n",
            },
            6 * GB,
        ),
        ({"proc/meminfo": MEMINFO, "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "0\n"}, WHOLE),
        ({"proc/meminfo": MEMINFO, "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "9" * 5_000}, WHOLE),
        ({"proc/meminfo": MEMINFO, "proc/self/cgroup": "nonsense\n::\n0::"}, WHOLE),
    ],
)
def test_memory_is_the_machine_s_or_its_container_s(
    tmp_path: Path, files: dict[str, str], expected: int | None
) -> None:
    assert memory_bytes(tree(tmp_path, files)) == expected


@pytest.mark.parametrize(
    ("meminfo", "expected"),
    [
        (MEMINFO, WHOLE),
        ("MemTotal:          945512 kB\n", 945_512 * 1024),
        ("MemFree: 1 kB\nMemTotal:\t8 kB\n", 8_192),
        ("MemTotal:       0 kB\n", None),
        ("MemTotal:       -8 kB\n", None),
        (f"MemTotal:       {'9' * 5_000} kB\n", None),
        ("MemTotal:       \u0668 kB\n", None),
        ("MemTotal:       8 MB\n", None),
        ("\ufffd\ufffd", None),
        ("", None),
    ],
)
def test_the_whole_is_read_from_the_kernel_s_table_or_not_known(meminfo: str, expected: int | None) -> None:
    assert total(meminfo) == expected


def test_without_groups_there_is_no_limit(tmp_path: Path) -> None:
    assert memory_limit(tmp_path) is None


def test_version_1_s_great_number_is_no_limit(tmp_path: Path) -> None:
    limit = "sys/fs/cgroup/memory/memory.limit_in_bytes"
    assert memory_limit(tree(tmp_path, {"proc/self/cgroup": "7:memory:/\n", limit: "9223372036854771712\n"})) is None
