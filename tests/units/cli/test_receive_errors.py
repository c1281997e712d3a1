"""What `receive` says of its folder's errors: what helps against this one."""

import errno
import os
from pathlib import Path

import pytest

from shimmy_metrics.cli import cmd_receive_actions
from shimmy_metrics.cli.cmd_receive import receive
from shimmy_metrics.errors import UserError


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.EACCES, "Do this as the receiver's user, and let that user read and write there"),
        (errno.ENOSPC, "Free space on its disk, then try again"),
        (errno.EIO, "Put that right, then try again"),
    ],
)
def test_each_error_of_the_folder_has_the_remedy_that_helps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, remedy: str
) -> None:
    def refuse(path: Path) -> bool:
        raise OSError(number, os.strerror(number), str(path / "days"))

    monkeypatch.setattr(cmd_receive_actions, "is_a_receiver_s", refuse)
    with pytest.raises(UserError) as told:
        receive(["status", "--data", str(tmp_path)])
    assert str(told.value) == f"{tmp_path / 'days'}: cannot be used: {os.strerror(number).lower()}. {remedy}"
