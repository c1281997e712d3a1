"""The local log: private, bounded, of our own words; and that it cannot be written is no error."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from shimmy_metrics.limits import LOG_BYTES
from shimmy_metrics.system.log import log_event
from support.samples import profile


def test_a_line_tells_an_error_s_kind_and_not_its_words(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    mine.state_path.mkdir(parents=True)
    log_event(mine, "the relay met an error", OSError("/home/somebody"))
    assert Path(mine.log_file).read_text() == "2026-11-23T14:32:07Z the relay met an error (OSError)\n"
    assert Path(mine.log_file).stat().st_mode & 0o777 == 0o600


def test_nothing_is_written_where_there_is_no_state(tmp_path: Path) -> None:
    log_event(profile(tmp_path), "the relay met an error")
    assert list(tmp_path.iterdir()) == []


def test_it_is_cut_to_whole_lines_of_its_newer_half(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    mine.state_path.mkdir(parents=True)
    Path(mine.log_file).write_text("an older line\n" * (LOG_BYTES // 10))
    log_event(mine, "the app could not do something")
    lines = Path(mine.log_file).read_text().splitlines()
    assert Path(mine.log_file).stat().st_size < LOG_BYTES
    assert set(lines[:-1]) == {"an older line"}
    assert lines[-1].endswith("the app could not do something")


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, lambda path: path.symlink_to("/dev/full")])
def test_what_cannot_be_written_is_passed_over_at_once(tmp_path: Path, make: Callable[[Path], object]) -> None:
    mine = profile(tmp_path)
    mine.state_path.mkdir(parents=True)
    make(Path(mine.log_file))
    log_event(mine, "the relay met an error")
