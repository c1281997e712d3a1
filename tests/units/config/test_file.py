"""The config file on disk: private, atomic, through links, locked, never written over where it is damaged."""

import contextlib
import json
import os
import stat
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from shimmy_metrics.actions.decide import decline, enable, hold, only_for_me
from shimmy_metrics.config.change import change
from shimmy_metrics.config.file import load, present
from shimmy_metrics.config.read_consent import read_consent
from shimmy_metrics.consent.effective_consent import Obstacle
from shimmy_metrics.consent.endpoint import ENDPOINT, check_endpoint
from shimmy_metrics.consent.state import SCHEMA_VERSION, Consent, Delivery
from shimmy_metrics.delivery.consent_with_answers import ENDED, effective_consent
from shimmy_metrics.errors import UserError
from shimmy_metrics.store.database import opened, set_meta
from shimmy_metrics.system.profile import Profile
from support.samples import profile


def _names(mine: Profile) -> list[str]:
    return sorted(entry.name for entry in mine.config_path.parent.iterdir())


def test_no_config_is_undecided_and_reading_makes_no_file(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    assert load(mine).decision.consent is Consent.UNDECIDED
    assert not present(mine)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="file modes are POSIX")
def test_what_is_written_is_private(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    enable(mine)
    assert stat.S_IMODE(mine.config_path.stat().st_mode) == 0o600
    assert stat.S_IMODE(mine.config_path.parent.stat().st_mode) == 0o700
    assert _names(mine) == [".lock", "config.json"]
    assert stat.S_IMODE((mine.config_path.parent / ".lock").stat().st_mode) == 0o600


def test_a_symbolic_link_stays_a_link(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    real = tmp_path / "dotfiles" / "shimmy.json"
    real.parent.mkdir()
    real.write_text('{"theme": "dark"}')
    mine.config_path.parent.mkdir(parents=True)
    mine.config_path.symlink_to(real)
    enable(mine)
    assert mine.config_path.is_symlink()
    written = json.loads(real.read_text())
    assert written["theme"] == "dark"
    assert written["metrics"]["enabled"] is True


@pytest.mark.parametrize("damaged", [b"{", b'{"metrics": {"enabled": "no"}}', b"\xff\xfe", b"[]"])
def test_a_damaged_file_is_never_overwritten(tmp_path: Path, damaged: bytes) -> None:
    mine = profile(tmp_path)
    mine.config_path.parent.mkdir(parents=True)
    mine.config_path.write_bytes(damaged)
    for action in (enable, decline, only_for_me):
        with pytest.raises(UserError):
            action(mine)
        assert mine.config_path.read_bytes() == damaged


def test_each_decision_has_a_new_name_and_a_repeated_one_writes_nothing(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    first = enable(mine)
    written = mine.config_path.read_bytes()
    assert not enable(mine).changed
    assert mine.config_path.read_bytes() == written
    second = decline(mine)
    third = enable(mine)
    assert len({first.decision.consent_id, second.decision.consent_id, third.decision.consent_id}) == 3


def _toggle(root: str) -> None:
    mine = Profile.under(Path(root))
    with contextlib.suppress(UserError):  # another's no came at the same time
        enable(mine)
    decline(mine)


def test_many_processes_at_once_leave_one_whole_file(tmp_path: Path) -> None:
    with ProcessPoolExecutor(4) as pool:
        list(pool.map(_toggle, [str(tmp_path)] * 12))
    assert load(profile(tmp_path)).decision.consent is Consent.DECLINED
    assert _names(profile(tmp_path)) == [".lock", "config.json"]


def test_a_change_that_cannot_be_written_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = profile(tmp_path)
    decline(mine)
    before = mine.config_path.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UserError, match="no space left"):
        enable(mine)
    assert mine.config_path.read_bytes() == before
    assert _names(mine) == [".lock", "config.json"]


def test_a_no_where_shimmy_s_source_looks_on_macos_counts_and_a_yes_does_not(tmp_path: Path) -> None:
    legacy = tmp_path / "Library" / "config.json"
    legacy.parent.mkdir()
    base = profile(tmp_path)
    mine = Profile(base.config_path, base.state_path, base.environment, base.clock, legacy)
    legacy.write_text('{"enabled": true}')
    assert load(mine).decision.consent is Consent.UNDECIDED
    legacy.write_text('{"enabled": false}')
    assert load(mine).decision.consent is Consent.DECLINED
    # A decision made here stands above it.
    change(mine, lambda old: old)
    assert enable(mine).decision.consent is Consent.GRANTED
    assert load(mine).decision.consent is Consent.GRANTED


def test_the_environment_can_only_switch_off(tmp_path: Path) -> None:
    enable(profile(tmp_path))
    assert read_consent(profile(tmp_path)).sends
    for variables in (
        {"DO_NOT_TRACK": "1"},
        {"DO_NOT_TRACK": "yes"},
        {"SHIMMY_METRICS": "off"},
        {"SHIMMY_METRICS": "0"},
    ):
        off = read_consent(profile(tmp_path, **variables))
        assert (off.measures, off.sends, off.obstacle) == (False, False, Obstacle.SWITCH)
    for variables in ({"DO_NOT_TRACK": "0"}, {"DO_NOT_TRACK": ""}, {"DO_NOT_TRACK": "false"}, {"SHIMMY_METRICS": "on"}):
        assert read_consent(profile(tmp_path, **variables)).sends
    decline(profile(tmp_path))
    assert not read_consent(profile(tmp_path, SHIMMY_METRICS="on")).measures


def test_another_endpoint_than_the_agreed_one_waits_for_a_new_yes(tmp_path: Path) -> None:
    enable(profile(tmp_path))
    other = profile(tmp_path, SHIMMY_METRICS_ENDPOINT="https://metrics.example.org/v1/usage")
    assert read_consent(other).obstacle is Obstacle.OTHER_ENDPOINT
    enable(other)
    assert read_consent(other).sends
    # Agreed to and recorded: it holds without the variable as well.
    assert read_consent(profile(tmp_path)).endpoint == "https://metrics.example.org/v1/usage"
    assert read_consent(profile(tmp_path)).sends


@pytest.mark.parametrize(
    "url",
    [
        "",
        "metrics.example.org",
        "http://metrics.example.org/v1/usage",
        "http://127.0.0.1.example.org/",
        "ftp://127.0.0.1/",
        "https://",
        "https://user:secret@metrics.example.org/",
        "https://metrics.example.org:port/",
        "https://metrics.example.org/a b",
        "https://metrics.example.org/\x1b[2J",
        "https://metrics.example.org/#part",
        "file:///etc/passwd",
    ],
)
def test_an_endpoint_that_is_no_https_address_is_refused(url: str) -> None:
    with pytest.raises(UserError):
        check_endpoint(url, "here")


@pytest.mark.parametrize("url", [ENDPOINT, "http://127.0.0.1:8787/v1/usage", "http://[::1]:1/", "http://localhost/x"])
def test_https_and_http_to_loopback_are_endpoints(url: str) -> None:
    assert check_endpoint(url, "here").scheme in ("https", "http")


def test_another_spelling_of_the_agreed_endpoint_is_no_other(tmp_path: Path) -> None:
    first = enable(profile(tmp_path))
    same = profile(tmp_path, SHIMMY_METRICS_ENDPOINT="https://METRICS.shimmy-ai.dev:443/v1/usage/")
    assert read_consent(same).sends
    again = enable(same)
    assert (again.changed, again.decision) == (False, first.decision)


def test_after_the_receiver_ended_the_programme_a_new_yes_asks_it_anew(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    enable(mine)
    with opened(mine) as db:
        set_meta(db, ENDED, "https://metrics.shimmy-ai.dev:443/v1/usage")
        assert effective_consent(mine, db).obstacle is Obstacle.ENDED
        assert not effective_consent(mine, db).seals
    assert enable(mine).changed
    with opened(mine) as db:
        assert effective_consent(mine, db).sends
    assert not enable(mine).changed


def test_a_newer_version_s_yes_is_left_as_it_is(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    enable(mine)
    version = '"schema_version": '
    newer = mine.config_path.read_text().replace(f"{version}{SCHEMA_VERSION}", f"{version}{SCHEMA_VERSION + 1}")
    mine.config_path.write_text(newer)
    for variables in ({}, {"SHIMMY_METRICS_ENDPOINT": "https://metrics.example.org/"}):
        with pytest.raises(UserError, match="newer version"):
            enable(profile(tmp_path, **variables))
    assert mine.config_path.read_text() == newer
    assert read_consent(mine).obstacle is Obstacle.NEWER_SCHEMA


def test_enabling_again_keeps_reports_held(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    enable(mine)
    hold(mine, review=True)
    other = profile(tmp_path, SHIMMY_METRICS_ENDPOINT="https://metrics.example.org/")
    for answered in (enable(other), decline(mine), enable(mine), only_for_me(mine)):
        assert answered.decision.delivery is Delivery.REVIEW
    assert enable(mine).decision.delivery is Delivery.REVIEW


def test_nothing_can_be_held_before_anything_is_decided(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nothing is decided yet"):
        hold(profile(tmp_path), review=True)
    assert not present(profile(tmp_path))
