"""The search for leaks: what is somebody's own is found as a word; a name that is a word of ours is not."""

import json
import re
import sys
from pathlib import Path
from unittest.mock import patch
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shimmy_metrics.actions.decide import enable
from shimmy_metrics.actions.leak_scan import Identifier, identifiers, matches
from shimmy_metrics.report.build import build
from shimmy_metrics.report.seal import seal
from shimmy_metrics.vocabulary import CLIENTS, ROUTES
from support.samples import COUNTERS, measured, profile, sealed

NOWHERE = Path("/nowhere")


@pytest.mark.parametrize(
    "name",
    [
        "dev",
        "linux",
        "key",
        "local",
        "sessions",
        "outbox",
        "started",
        "format",
        "table",
        "due",
        "review",
        "you",
        "held",
    ],
)
def test_a_user_whose_name_is_a_word_of_ours_is_no_find(tmp_path: Path, name: str) -> None:
    assert name not in [each.value for each in identifiers(profile(tmp_path, USER=name))]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no list of users by number")
def test_where_the_system_has_no_name_for_the_user_the_rest_is_searched_for(tmp_path: Path) -> None:
    with patch("pwd.getpwuid", side_effect=KeyError):
        values = [each.value for each in identifiers(profile(tmp_path, USER="jane.doe"))]
    assert "jane.doe" in values
    assert "" not in values


@pytest.mark.parametrize("name", ["lin", "tom", "ann", "ash", "Jane Doe", "j.doe"])
def test_a_user_whose_name_is_only_part_of_a_word_of_ours_is_found(tmp_path: Path, name: str) -> None:
    searched = identifiers(profile(tmp_path, USER=name))
    assert matches(sealed().body, searched) == ()
    planted = sealed().body.replace(b'"linux-x64"', f'"/home/{name.upper()}/x"'.encode())
    assert [each.kind for each in matches(planted, searched)] == ["user name"]


def test_a_secret_of_the_environment_is_told_by_its_name_alone(tmp_path: Path) -> None:
    searched = identifiers(profile(tmp_path, SHIMMY_API_KEY="0123456789abcdef"))
    (found,) = matches(b'{"note":"0123456789ABCDEF"}', searched)
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
    found = matches(f'{{"note": {written}}}'.encode(), identifiers(profile(tmp_path, USER=name)))
    assert [each.kind for each in found] == ["user name"]


def test_a_secret_that_is_no_text_is_searched_for_as_it_stands(tmp_path: Path) -> None:
    secret = b"0123456\xff89"
    searched = identifiers(profile(tmp_path, MY_TOKEN=secret.decode("utf-8", "surrogateescape")))
    assert [each.kind for each in matches(b"+" + secret + b"+", searched)] == ["secret in the environment (MY_TOKEN)"]


def test_the_endpoint_that_was_agreed_to_is_no_find_when_another_is_in_force(tmp_path: Path) -> None:
    enable(profile(tmp_path, SHIMMY_METRICS_ENDPOINT="https://metrics.dana.example/v1"))
    assert "dana" not in [each.value for each in identifiers(profile(tmp_path, USER="dana"))]


@pytest.mark.parametrize(
    ("secret", "text"),
    [
        ("hunter2hunter2", "prehunter2hunter21"),
        ("hunter2hunter2", "0HUNTER2hunter2z"),
        ("s3cr3t.s", "xs3cr3t.sx"),
        ("4815162342", "148151623420"),
    ],
)
def test_a_long_secret_is_found_inside_of_other_words(secret: str, text: str) -> None:
    assert matches(text.encode(), identifiers(profile(NOWHERE, MY_TOKEN=secret)))


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("box", "prebox1", False),
        ("box", "pre box 1", True),
        ("workbox", "myworkbox", False),
        ("ada-laptop", "xada-laptop7", True),
        # The route's word holds it, so it has to stand by itself.
        ("completion", "/v1/chat/completions", False),
        ("completion", "completion.log", True),
        # Digits are in any figure, and session ids hold any four letters from a to f.
        ("2350", "2350", False),
        ("cafe", "c0ffee00-0000-4000-8000-cafe00000000 c0ffee00-cafe-4000-8000-000000000000", False),
        ("cafe", "cafe-4000", True),
    ],
)
def test_a_short_name_is_found_as_a_word_of_its_own_and_a_long_one_anywhere(name: str, text: str, found: bool) -> None:
    with patch("shimmy_metrics.actions.leak_scan._host_name", return_value=name):
        searched = identifiers(profile(NOWHERE))
    assert bool([each for each in matches(text.encode(), searched) if each.kind == "host name"]) is found


def test_an_address_with_one_more_digit_is_another_machine_s() -> None:
    (mine,) = (Identifier("IP address", "10.20.30.4"),)
    with patch("shimmy_metrics.actions.leak_scan._addresses", return_value=[mine]):
        searched = identifiers(profile(NOWHERE))
    assert mine in matches(b"http://10.20.30.4:80", searched)
    assert mine not in matches(b"http://10.20.30.42:80", searched)


def test_a_person_s_own_keys_are_no_find(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    enable(mine)
    document = json.loads(mine.config_path.read_text())
    document["metrics"]["keys"] = {"app.keys": "question_mark"}
    mine.config_path.write_text(json.dumps(document))
    assert "mark" not in [each.value for each in identifiers(profile(tmp_path, USER="mark"))]


@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [
        ("GH_PAT", "hunter2hunter2", "hunter2hunter2"),
        ("MYSQL_PW", "hunter2hunter2", "hunter2hunter2"),
        ("SENTRY_DSN", "hunter2hunter2", "hunter2hunter2"),
        ("DATABASE_URL", "postgres://app:hunter2%2Fhunter2@db.example/x", "hunter2/hunter2"),
        ("DATABASE_URL", "postgres://app:hunter2%2Fhunter2@db.example/x", "hunter2%2Fhunter2"),
        ("REDIS", "redis://:hunter2hunter2@localhost:6379", "hunter2hunter2"),
        ("SOMETHING", "ghp_0a1b2c3d4e5f6a7b8c9d", "ghp_0a1b2c3d4e5f6a7b8c9d"),
    ],
)
def test_a_secret_is_one_whatever_its_variable_is_called(tmp_path: Path, name: str, value: str, secret: str) -> None:
    searched = identifiers(profile(tmp_path, **{name: value}))
    (found,) = {each.category for each in matches(f"x{secret}x".encode(), searched)}
    assert found in ("secret in the environment", "password in the environment")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PATH", "/usr/bin:/bin"),
        ("PWD", "/somewhere/else"),
        ("PASSENGERS", "somebody-else"),
        ("LANG", "en_US.UTF-8"),
        ("TERM", "xterm-256color"),
        ("TZ", "America/Argentina/Buenos_Aires"),
        ("OLLAMA_HOST", "http://127.0.0.1:11434"),
        ("HTTPS_PROXY", "http://proxy.example:3128"),
        ("LS_COLORS", "rs=0:di=01;34:ln=01;36"),
        ("DESCRIPTION", "a sentence of 2 or more words"),
        ("LONG_WORD", "supercalifragilisticexpialidocious"),
    ],
)
def test_an_ordinary_variable_is_no_secret(tmp_path: Path, name: str, value: str) -> None:
    with_it = {each.kind for each in identifiers(profile(tmp_path, **{name: value}))}
    assert not any("environment" in kind for kind in with_it)


_NATURAL = st.from_regex(r"[a-z]{3,12}(-[a-z]{2,8})?[0-9]{0,2}", fullmatch=True)
_TEXT = re.sub(r'"session_id":"[^"]+"', "", sealed().body.decode())
_TORN = st.builds(
    lambda begin, size: _TEXT[begin : begin + size], st.integers(0, len(_TEXT) - 3), st.integers(3, 16)
).filter(lambda piece: re.fullmatch(r"[a-z][a-z0-9_-]{2,}", piece) is not None)
"""Pieces of a report: what is most likely to be taken for somebody's."""


@settings(max_examples=200, deadline=None)
@given(
    _NATURAL | _TORN,
    _NATURAL | _TORN,
    st.uuids(version=4),
    st.sets(st.sampled_from(ROUTES), min_size=1),
    st.sampled_from(CLIENTS),
    st.integers(0, 10**9),
)
def test_no_name_is_found_in_a_report_of_ours_unless_it_is_planted(
    host: str, user: str, session_id: UUID, routes: set[str], client: str, figure: int
) -> None:
    with patch("shimmy_metrics.actions.leak_scan._host_name", return_value=host):
        searched = identifiers(profile(NOWHERE, USER=user))
    counters = COUNTERS._replace(routes=dict.fromkeys(routes, 1), clients={client: 1}, requests=figure, tokens=figure)
    body = seal(build(measured(str(session_id), counters))).body
    assert matches(body, searched) == ()
    for name in {host, user} & {each.value for each in searched}:
        assert matches(body.replace(b"linux-x64", f"/{name}/".encode()), searched)
