"""The real Shimmy's start, as it is measured and as somebody else sees it."""

from pathlib import Path

import pytest

from support.observed_start import assert_measured_as_seen
from support.real_parts import SHIMMY, SMOLLM2

pytestmark = [
    pytest.mark.thorough,
    pytest.mark.real,
]


@pytest.mark.skipif(SMOLLM2 is None or not SHIMMY.is_file(), reason="no real Shimmy, or no model; .ci/run fetches both")
def test_the_start_that_is_measured_is_the_one_that_others_see(tmp_path: Path) -> None:
    assert_measured_as_seen(tmp_path, SHIMMY, 20, "--model-path", str(SMOLLM2))
