"""What a person is told of the system's refusals."""

import errno

import pytest

from shimmy_metrics.errors import reason_of


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (PermissionError(errno.EACCES, "Permission denied"), "permission denied"),
        (OSError("Something Else"), "something else"),
        (OSError(), "no reason given"),
    ],
)
def test_the_system_s_reason_stands_within_a_sentence_and_is_never_empty(error: OSError, reason: str) -> None:
    assert reason_of(error) == reason
