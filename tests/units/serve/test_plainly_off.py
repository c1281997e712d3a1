"""The short look before `serve`: it calls off nothing but what the whole way would hand over, in silence."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shimmy_metrics.actions.decide import decline, enable, hold, only_for_me
from shimmy_metrics.config.read_consent import read_consent
from shimmy_metrics.serve.plainly_off import plainly_off
from shimmy_metrics.system.profile import Profile
from support.samples import profile

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere no server is measured from its start")

NO = b'{"metrics": {"enabled": false}}'


def _config(mine: Profile, text: bytes) -> None:
    mine.config_path.parent.mkdir(parents=True, exist_ok=True)
    mine.config_path.write_bytes(text)


def _off(mine: Profile, *, asking: bool = True) -> bool:
    return plainly_off(mine.environment, asking=asking)


def test_the_no_that_is_written_here_is_plain(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    decline(mine)
    assert _off(mine)
    enable(mine)
    assert not _off(mine)
    hold(mine, review=True)
    decline(mine)
    (mine.state_path / "metrics.db").unlink(missing_ok=True)
    assert _off(mine)


def test_only_for_me_is_not(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    only_for_me(mine)
    assert not _off(mine)


@pytest.mark.parametrize("text", [None, b"", b" \n"])
def test_where_nothing_is_decided_it_depends_on_whether_somebody_can_be_asked(
    text: bytes | None, tmp_path: Path
) -> None:
    mine = profile(tmp_path)
    if text is not None:
        _config(mine, text)
    assert _off(mine, asking=False)
    assert not _off(mine, asking=True)


@pytest.mark.parametrize(
    ("text", "off"),
    [
        (NO, True),
        (
            b'{"enabled": true, "metrics": {"enabled": false, "theme": "dark"}, "other": [true, {"enabled": true}]}',
            True,
        ),
        (b'{"metrics": {"enabled": false, "schema_version": 3}}', True),
        # All that may mean more, or has something wrong of which a line is owed.
        (b'{"metrics": {"enabled": true}}', False),
        (b'{"metrics": {"enabled": false, "local": true}}', False),
        (b'{"metrics": {"enabled": false, "endpoint": "http://example.org"}}', False),
        (b'{"metrics": {"enabled": false, "schema_version": true}}', False),
        (b'{"metrics": {"enabled": false, "enabled": false}}', False),
        (b'{"enabled": "no", "metrics": {"enabled": false}}', False),
        (b'{"metrics": {"enabled": 0}}', False),
        (b'{"metrics": {"enabled": false}', False),
        (b'{"other": {"enabled": false}}', False),
        (b"[]", False),
        (b"\xff", False),
        (b"[" * 100_000, False),
        (NO + b" " * 100_000 + b"!", False),
    ],
)
def test_a_plain_no_is_valid_and_has_nothing_beside_it(text: bytes, off: bool, tmp_path: Path) -> None:
    mine = profile(tmp_path)
    _config(mine, text)
    assert _off(mine) is off


def test_a_switch_needs_no_look_at_the_config(tmp_path: Path) -> None:
    mine = profile(tmp_path, DO_NOT_TRACK="1")
    _config(mine, b'{"metrics": {"enabled": true}}')
    assert _off(mine)


def test_what_else_has_to_be_looked_at_goes_the_whole_way(tmp_path: Path) -> None:
    mine = profile(tmp_path, SHIMMY_METRICS_ENDPOINT="http://example.org")
    _config(mine, NO)
    assert not _off(mine)  # the address is of no use, which has its line
    mine = profile(tmp_path, DO_NOT_TRACK="1")
    mine.state_path.mkdir(parents=True)
    (mine.state_path / "metrics.db").symlink_to("nowhere")
    assert not _off(mine)  # a deletion may be owed


def _in_place(mine: Profile) -> Iterator[str]:
    mine.config_path.parent.mkdir(parents=True)
    mine.config_path.mkdir()
    yield "a folder"
    mine.config_path.rmdir()
    os.mkfifo(mine.config_path)
    yield "a pipe"
    mine.config_path.unlink()
    mine.config_path.symlink_to(mine.config_path)
    yield "a link to itself"


def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    assert [name for name in _in_place(mine) if _off(mine, asking=False)] == []


answers = st.sampled_from([True, False, None, 0, "false"])
keys = st.sampled_from(["enabled", "local", "schema_version", "endpoint", "delivery", "session_id", "other"])
values = answers | st.sampled_from([1, "https://example.org/v1", "http://example.org", "review", 2.5, [], {}])
ours = st.lists(st.tuples(keys, values), max_size=4)


def _text(pairs: list[tuple[str, object]]) -> str:
    return "{" + ", ".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in pairs) + "}"


@given(outer=ours, inner=ours, cut=st.integers(0, 3), asking=st.booleans())
def test_whatever_is_called_off_would_be_handed_over_in_silence(
    outer: list[tuple[str, object]], inner: list[tuple[str, object]], cut: int, asking: bool
) -> None:
    text = f'{_text(outer)[:-1]}{", " if outer else ""}"metrics": {_text(inner)}}}'
    with TemporaryDirectory() as folder:
        mine = profile(Path(folder))
        _config(mine, text[: len(text) - cut].encode())
        if _off(mine, asking=asking):
            consent = read_consent(mine)  # raises nothing that would have to be said
            assert not consent.measures
            assert not (asking and consent.asks)
