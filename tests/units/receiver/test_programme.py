"""How soon a running receiver heeds what its operator says."""

from pathlib import Path

from shimmy_metrics.receiver.folder import Folder
from shimmy_metrics.receiver.programme import end, operator_text, publish_text, take_back_end, watched


def test_the_end_holds_from_the_next_request_on(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    programme = watched(folder, now=lambda: 0.0)
    assert not programme().ended
    end(folder)
    assert programme().ended
    take_back_end(folder)
    assert not programme().ended


def test_a_text_is_told_within_a_second(tmp_path: Path) -> None:
    folder, clock = Folder(tmp_path), [0.0]
    programme = watched(folder, now=lambda: clock[0])
    publish_text(folder, "A team")
    clock[0] = 0.9
    assert not programme().operator
    clock[0] = 1.0
    assert programme().operator


def test_a_text_as_windows_writes_it_is_plain_text(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    publish_text(folder, "\ufeffA team\r\nWe keep it.\r\n")
    assert operator_text(folder) == "A team\nWe keep it."
