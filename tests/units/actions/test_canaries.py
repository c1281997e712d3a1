"""Canaries: what is somebody's own is found as a word, and a name that is a word of ours anyway is not searched for."""

import json
from pathlib import Path

import pytest

from shimmy_metrics.actions.canaries import canaries, found_in
from shimmy_metrics.actions.decide import enable
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


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Élodie", "Élodie"),
        ("Élodie", json.dumps("Élodie")),
        ("corp\\dana", json.dumps("corp\\dana")),
        ('o"brien', json.dumps('o"brien')),
    ],
)
def test_a_name_is_found_however_json_writes_it(tmp_path: Path, name: str, written: str) -> None:
    found = found_in(f'{{"note": {written}}}'.encode(), canaries(profile(tmp_path, USER=name)))
    assert [canary.kind for canary in found] == ["user name"]


def test_a_secret_that_is_no_text_is_searched_for_as_it_stands(tmp_path: Path) -> None:
    secret = b"0123456\xff89"
    searched = canaries(profile(tmp_path, MY_TOKEN=secret.decode("utf-8", "surrogateescape")))
    assert [canary.kind for canary in found_in(b"+" + secret + b"+", searched)] == [
        "secret in the environment (MY_TOKEN)"
    ]


def test_the_endpoint_that_was_agreed_to_is_no_find_when_another_is_in_force(tmp_path: Path) -> None:
    enable(profile(tmp_path, SHIMMY_METRICS_ENDPOINT="https://metrics.dana.example/v1"))
    assert "dana" not in [canary.value for canary in canaries(profile(tmp_path, USER="dana"))]
