"""Each command reads the config once, copies the store once, and deletes what there is no consent for once."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from shimmy_metrics.actions import outbox as by_hand
from shimmy_metrics.actions.decide import decline, enable, hold
from shimmy_metrics.actions.export import export
from shimmy_metrics.actions.overview import overview
from shimmy_metrics.actions.preview import preview
from shimmy_metrics.actions.settings import read_settings
from shimmy_metrics.actions.status import Status, read_status
from shimmy_metrics.cli import cmd_outbox, purge_first
from shimmy_metrics.config import file as config_file
from shimmy_metrics.store import readonly
from shimmy_metrics.system import files
from shimmy_metrics.system.profile import Profile
from support.queued import fill_outbox
from support.samples import FACTS, profile


@pytest.fixture
def copies(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Return the stores that were copied, one entry a copy."""
    made: list[Path] = []
    copy = readonly._copy

    def counting(path: Path, mode: str) -> object:
        made.append(path)
        return copy(path, mode)

    monkeypatch.setattr(readonly, "_copy", counting)
    return made


def test_status_after_a_yes_copies_the_store_once(tmp_path: Path, copies: list[Path]) -> None:
    mine = profile(tmp_path)
    enable(mine)
    fill_outbox(mine, 1)
    copies.clear()
    assert read_status(mine).due == 1
    assert len(copies) == 1


@pytest.mark.parametrize(
    "read",
    [
        read_status,
        read_settings,
        export,
        lambda mine: overview(mine, FACTS),
        lambda mine: preview(mine, FACTS),
        lambda mine: by_hand.find_release(mine, "all"),
    ],
    ids=["status", "settings", "export", "overview", "preview", "release"],
)
def test_the_config_is_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read: Callable[[Profile], object]
) -> None:
    mine = profile(tmp_path)
    enable(mine)
    fill_outbox(mine, 1)
    reads: list[str] = []
    read_bounded = files.read_bounded

    def counting(path: str, limit: int) -> bytes | None:
        reads.append(path)
        return read_bounded(path, limit)

    monkeypatch.setattr(config_file, "read_bounded", counting)
    read(mine)
    assert reads == [mine.config_file]


@pytest.fixture
def held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Profile:
    """Return a profile with a report that is held; a release of it does not wait long for an outcome."""
    mine = profile(tmp_path)
    enable(mine)
    hold(mine, review=True)
    fill_outbox(mine, 1)
    monkeypatch.setattr(cmd_outbox, "_WAIT_SECONDS", 0.2)
    return mine


def test_a_release_whose_reports_a_no_deleted_before_their_sender_began_promises_no_outcome(
    held: Profile, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(by_hand, "start_sender", lambda *_, **__: decline(held))
    assert cmd_outbox.release(held, "all") == 1
    told = capsys.readouterr().out.splitlines()[-1]
    assert told == "Nothing of it is waiting here any more, and no outcome is on record."


def test_a_release_deletes_what_has_no_consent_once_and_reads_the_status_once(
    held: Profile, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    looks: list[str] = []

    def purge_and_tell(each: Profile) -> AbstractContextManager[None]:
        looks.append("purge")
        return purge_first.purge_first(each)

    def read(each: Profile) -> Status:
        looks.append("status")
        return read_status(each)

    monkeypatch.setattr(cmd_outbox, "purge_first", purge_and_tell)
    monkeypatch.setattr(cmd_outbox, "read_status", read)
    monkeypatch.setattr(by_hand, "start_sender", lambda *_, **__: None)
    assert cmd_outbox.release(held, "all") == 1
    assert looks == ["purge", "status"]
    assert "What became of it is not known yet" in capsys.readouterr().out


def test_a_release_that_was_held_again_before_its_sender_began_says_so_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = profile(tmp_path)
    enable(mine)
    fill_outbox(mine, 1)
    monkeypatch.setattr(cmd_outbox, "_WAIT_SECONDS", 0.2)

    def held(_: Profile, released: list[int]) -> None:
        assert by_hand.hold_back(mine, released[0])

    monkeypatch.setattr(by_hand, "start_sender", held)
    assert cmd_outbox.release(mine, "all") == 1
    told = capsys.readouterr().out
    assert "Nothing was sent: the report is held again." in told
    assert "not known yet" not in told
