"""Canaries: what is somebody's own is found as a word, and a name that is a word of ours anyway is not searched for."""

from pathlib import Path

import pytest

from shimmy_metrics.actions.canaries import canaries, found_in
from support.samples import profile, sealed


@pytest.mark.parametrize("name", ["dev", "linux", "key", "local", "sessions", "outbox", "started", "format", "table"])
def test_a_user_whose_name_is_a_word_of_ours_is_no_find(tmp_path: Path, name: str) -> None:
    assert name not in [canary.value for canary in canaries(profile(tmp_path, USER=name))]


@pytest.mark.parametrize("name", ["lin", "tom", "ann", "ash", "Jane Doe", "j.doe"])
def test_a_user_whose_name_is_only_part_of_a_word_of_ours_is_found(tmp_path: Path, name: str) -> None:
    searched = canaries(profile(tmp_path, USER=name))
    assert found_in(sealed().body, searched) == ()
    planted = sealed().body.replace(b'"linux-x64"', f'"/home/{name.upper()}/x"'.encode())
    assert [canary.kind for canary in found_in(planted, searched)] == ["user name"]


def test_a_secret_of_the_environment_is_told_by_its_name_alone(tmp_path: Path) -> None:
    searched = canaries(profile(tmp_path, SHIMMY_API_KEY="0123456789abcdef"))
    (found,) = found_in(b'{"note":"0123456789ABCDEF"}', searched)
    assert found.kind == "secret in the environment (SHIMMY_API_KEY)"
