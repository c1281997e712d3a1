"""How many cores there are: those present, and a container's share of them."""

import os
from pathlib import Path

import pytest

from shimmy_metrics.machine.cgroup import cores_limit
from shimmy_metrics.machine.cores import cores, least
from support.trees import tree


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
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "100000\n"}, None),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "\n"}, None),
        (
            {
                "proc/self/cgroup": "0::/kube/pod/box\n",
                "sys/fs/cgroup/kube/pod/box/cpu.max": "400000 100000\n",
                "sys/fs/cgroup/kube/pod/cpu.max": "250000 100000\n",
                "sys/fs/cgroup/kube/cpu.max": "max 100000\n",
            },
            2.5,
        ),
        (
            {
                "proc/self/cgroup": "3:cpu,cpuacct:/a\n",
                "sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us": "50000\n",
                "sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us": "100000\n",
            },
            0.5,
        ),
    ],
)
def test_a_container_s_share_of_processor_time_is_read(
    tmp_path: Path, files: dict[str, str], expected: float | None
) -> None:
    assert cores_limit(tree(tmp_path, files)) == expected


@pytest.mark.parametrize(
    ("present", "limit", "expected"),
    [(8, None, 8), (8, 1.5, 2), (8, 0.1, 1), (2, 16.0, 2), (None, 2.0, None)],
)
def test_the_smaller_of_cores_and_share_counts(present: int | None, limit: float | None, expected: int | None) -> None:
    assert least(present, limit) == expected


def test_this_machine_has_no_more_cores_than_the_system_counts(tmp_path: Path) -> None:
    found = cores(tmp_path)
    assert found is not None
    assert 1 <= found <= (os.cpu_count() or 1)
