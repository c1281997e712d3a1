"""Which address is in force, and what is said of one that cannot be."""

from pathlib import Path

import pytest

from shimmy_metrics.config.file import load, present, read
from shimmy_metrics.config.read_consent import read_consent, unusable
from shimmy_metrics.consent.effective_consent import EffectiveConsent, Unusable
from shimmy_metrics.consent.endpoint import ENDPOINT, check_endpoint, is_loopback
from shimmy_metrics.consent.state import Consent, Decision
from shimmy_metrics.errors import UserError
from shimmy_metrics.system.profile import Profile
from support.samples import profile

REMEDY = "Give an https address, such as https://metrics.example.org/v1/usage"


def _written(tmp_path: Path, text: str, **variables: str) -> Profile:
    mine = profile(tmp_path, **variables)
    mine.config_path.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
    mine.config_path.write_text(text)
    mine.config_path.chmod(0o600)
    return mine


def _with_legacy(tmp_path: Path, text: str) -> Profile:
    base = profile(tmp_path)
    legacy = tmp_path / "legacy.json"
    legacy.write_text(text)
    return Profile(base.config_path, base.state_path, base.environment, base.clock, legacy)


@pytest.mark.parametrize(
    ("url", "what"),
    [
        ("", "the endpoint is no address"),
        ("metrics.example.org", "the endpoint is no address"),
        ("https://", "the endpoint is no address"),
        ("https://metrics.example.org:port/", "the endpoint is no address"),
        ("https://metrics.example.org/a b", "the endpoint is no address"),
        ("https://metrics.example.org/\x7f", "the endpoint is no address"),
        ("https://metrics.example.org/\x1b[2J", "the endpoint is no address"),
        ("https://mëtrics.example.org/", "the endpoint is no address"),
        ("https://me@metrics.example.org/", "the endpoint holds more than an address"),
        ("https://@metrics.example.org/", "the endpoint holds more than an address"),
        ("https://metrics.example.org/#part", "the endpoint holds more than an address"),
        ("http://metrics.example.org/", "the endpoint is not https"),
        ("ftp://127.0.0.1/", "the endpoint is not https"),
    ],
)
def test_what_is_wrong_with_an_address_is_said_with_its_place(url: str, what: str) -> None:
    with pytest.raises(UserError) as caught:
        check_endpoint(url, "here")
    assert str(caught.value) == f"here: {what}. {REMEDY}"


def test_an_address_is_returned_in_its_parts() -> None:
    parts = check_endpoint("https://metrics.example.org:8443/v1?to=me", "here")
    assert (parts.scheme, parts.hostname, parts.port, parts.path) == ("https", "metrics.example.org", 8443, "/v1")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1", "127.9.9.9", "::1", "[::1]"])
def test_this_machine_has_several_names(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["", "localhost.example.org", "10.0.0.1", "0.0.0.0", "::", "example.org", "X127.0.0.1X"]
)
def test_another_machine_is_none_of_them(host: str) -> None:
    assert not is_loopback(host)


def test_where_the_address_stands_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    mine = _written(tmp_path, '{"metrics": {"enabled": true, "endpoint": "http://metrics.example.org/"}}')
    with pytest.raises(UserError) as caught:
        read_consent(mine)
    assert caught.value.where == f"{mine.config_path}: metrics.endpoint"
    assert unusable(mine, caught.value) is Unusable.CONFIG_ENDPOINT
    with pytest.raises(UserError) as caught:
        read_consent(profile(tmp_path, SHIMMY_METRICS_ENDPOINT="http://metrics.example.org/"))
    assert caught.value.where == "SHIMMY_METRICS_ENDPOINT"
    assert unusable(mine, caught.value) is Unusable.ENDPOINT
    # With another one in force the config's does not matter.
    assert read_consent(profile(tmp_path, SHIMMY_METRICS_ENDPOINT=ENDPOINT)).endpoint == ENDPOINT


def test_all_that_is_in_force_is_read(tmp_path: Path) -> None:
    other = "https://metrics.example.org/"
    text = '{"metrics": {"enabled": true, "session_id": "a yes"}}'
    mine = _written(tmp_path, text, DO_NOT_TRACK="1", SHIMMY_METRICS_ENDPOINT=other)
    yes = Decision(Consent.GRANTED, consent_id="a yes")
    assert read_consent(mine) == EffectiveConsent(yes, mine.environment.switch, other, ended=False, distrust="")


def test_a_file_is_read_with_its_bytes_and_its_place_is_told_where_it_is_damaged(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    assert read(mine)[0] is None
    assert not present(mine)
    _written(tmp_path, "{}\n")
    assert read(mine) == (b"{}\n", load(mine))
    assert present(mine)
    _written(tmp_path, "{")
    with pytest.raises(UserError) as caught:
        load(mine)
    assert caught.value.where == f"{mine.config_path}:1"
    assert unusable(mine, caught.value) is Unusable.CONFIG
    _written(tmp_path, " " * 1_048_577)
    with pytest.raises(UserError, match="larger than 1,048,576 bytes"):
        load(mine)


@pytest.mark.parametrize(
    ("legacy", "consent"),
    [
        ('{"enabled": false}', Consent.DECLINED),
        ('{"enabled": true}', Consent.UNDECIDED),
        ("{}", Consent.UNDECIDED),
        ("", Consent.UNDECIDED),
        ("{", Consent.UNDECIDED),
        (" " * 1_048_577, Consent.UNDECIDED),
    ],
)
def test_of_the_place_where_shimmy_s_source_looks_on_macos_only_a_no_counts(
    tmp_path: Path, legacy: str, consent: Consent
) -> None:
    mine = _with_legacy(tmp_path, legacy)
    assert load(mine).decision == Decision(consent)
    assert load(mine).distrust == ""
    _written(tmp_path, '{"theirs": 1, "metrics": {"enabled": true}}')
    assert load(mine).decision.consent is Consent.GRANTED
    _written(tmp_path, '{"theirs": 1}')
    assert load(mine).decision == Decision(consent)
    assert load(mine).data == {"theirs": 1}


def test_of_a_file_that_others_may_write_what_is_not_ours_is_kept(tmp_path: Path) -> None:
    mine = _written(tmp_path, '{"theirs": 1, "metrics": {"enabled": true}}')
    mine.config_path.chmod(0o666)
    document = load(mine)
    assert document.decision == Decision()
    assert document.data == {"theirs": 1, "metrics": {"enabled": True}}
    assert document.distrust == read_consent(mine).distrust == f"others may write {mine.config_path}"
