"""What several promises are tried with."""

from collections.abc import Iterator

import pytest

from support.clickhouse import LACKING, Nodes, cluster
from support.corpora.packages import PYTHON, RUST, download
from support.corpora.streams import Stream, streams


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> list[Stream]:
    """Return the streams of other parsers' tests, downloaded once (two minutes)."""
    found = streams(download(tmp_path_factory.mktemp("packages")))
    # Fewer means that they are no longer found, not that all is well.
    assert len(found) >= 900
    assert {each.origin.partition(":")[0] for each in found} == PYTHON.keys() | RUST.keys()
    return found


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    """Run a cluster for a file's tests; each has a database of its own in it."""
    if LACKING:
        pytest.skip(f"not installed: {LACKING} (Debian's packages)")
    with cluster(tmp_path_factory.mktemp("cluster")) as running:
        yield running
