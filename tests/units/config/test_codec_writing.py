"""What is written: the described shape, with every key that is not ours as it stood."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shimmy_metrics.config.codec import foreign, ours, parse, render
from shimmy_metrics.consent.endpoint import ENDPOINT
from shimmy_metrics.consent.state import SCHEMA_VERSION, Consent, Decision, Delivery, declined, granted
from shimmy_metrics.errors import UserError

WHERE = "config.json"


def _yes(old: Decision) -> Decision:
    return granted(old, consent_id="a-grant", changed="2026-11-23T14:32:07Z", endpoint=ENDPOINT)


def test_flat_keys_beside_ours_are_kept_in_step() -> None:
    document = parse(b'{"enabled":true,"session_id":"old","last_updated":"then"}', WHERE)
    written = json.loads(render(document, declined(document.decision, consent_id="new", changed="now")))
    assert written["enabled"] is False
    assert written["session_id"] == written["metrics"]["session_id"] == "new"
    assert written["last_updated"] == written["metrics"]["last_updated"] == "now"


def test_what_is_written_is_the_described_shape() -> None:
    document = parse(b"", WHERE)
    written = json.loads(render(document, declined(document.decision, consent_id="g", changed="t")))
    assert written == {"metrics": {"enabled": False, "session_id": "g", "last_updated": "t"}}


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
ours_or_metrics = {"metrics", "enabled", "session_id", "last_updated"}
names = st.text().filter(lambda name: name not in ours_or_metrics)
inner_names = names.filter(lambda name: name not in {"schema_version", "endpoint", "delivery", "local"})


@given(st.dictionaries(names, values, max_size=4), st.dictionaries(inner_names, values, max_size=4))
def test_foreign_keys_survive_a_write_at_every_level(outer: dict[str, object], inner: dict[str, object]) -> None:
    text = json.dumps({**outer, "metrics": inner}).encode()
    document = parse(text, WHERE)
    written = json.loads(render(document, _yes(document.decision)))
    assert {key: written[key] for key in outer} == outer
    assert {key: written["metrics"][key] for key in inner} == inner
    assert list(written)[: len(outer)] == list(outer)


@pytest.mark.parametrize(
    "number", ["1e999", "-1E-400", "1.10", "1E5", "-0", "-0.0", "0.1000000000000000055", "9" * 5_000]
)
def test_a_foreign_number_is_written_back_digit_for_digit(number: str) -> None:
    text = f'{{"a": {number}, "b": [{number}], "metrics": {{"c": {{"d": {number}}}}}}}'
    document = parse(text.encode(), WHERE)
    written = render(document, _yes(document.decision)).decode()
    assert re.findall(r"[-+.0-9eE]*[0-9](?=[,\s\]}]*$)", written, re.MULTILINE)[:3] == [number] * 3
    assert parse(written.encode(), WHERE).decision.consent is Consent.GRANTED


@pytest.mark.parametrize("key", ["local", "enabled", "metrics", "theirs"])
def test_a_foreign_key_that_stands_twice_is_theirs(key: str) -> None:
    theirs = f'{{"{key}": 1, "between": 2, "{key}": 3}}'
    document = parse(f'{{"other": {theirs}, "metrics": {{"deep": [{theirs}]}}}}'.encode(), WHERE)
    written = "".join(render(document, _yes(document.decision)).decode().split())
    assert written.count("".join(theirs.split())) == 2


def test_beside_a_foreign_key_that_stands_twice_ours_are_written_once() -> None:
    text = b'{"theme":1,"enabled":true,"theme":2,"metrics":{"note":1,"local":true,"enabled":false,"note":2}}'
    document = parse(text, WHERE)
    written = "".join(render(document, _yes(document.decision)).decode().split())
    assert written == (
        '{"theme":1,"enabled":true,"theme":2,"metrics":{"note":1,"enabled":true,"note":2,'
        f'"session_id":"a-grant","last_updated":"2026-11-23T14:32:07Z","schema_version":{SCHEMA_VERSION}}}}}'
    )


@pytest.mark.parametrize("depth", [100, 480, 900, 5_000])
def test_however_deep_a_config_is_nested_it_is_written_whole_or_refused(depth: int) -> None:
    text = b'{"a":' + b"[" * depth + b"]" * depth + b"}"
    try:
        document = parse(text, WHERE)
        written = render(document, _yes(document.decision))
    except UserError as error:
        said = f"{error.where} {error.what}. {error.remedy}"
    else:
        said = ""
        assert written.count(b"[") == written.count(b"]") == depth
    read = f"{WHERE} nested too deeply. Metrics are off until it is mended; "
    assert not said or said.startswith((read, " the config is nested too deeply. Nothing was changed; correct it"))


def test_an_export_shows_every_key_of_ours() -> None:
    metrics = {
        "enabled": True,
        "session_id": "g",
        "last_updated": "t",
        "schema_version": 1,
        "schema_refused": 2,
        "endpoint": ENDPOINT,
        "delivery": "review",
        "local": None,
        "keys": {"app.validate": "V"},
    }
    flat = {"enabled": True, "session_id": "g", "last_updated": "t"}
    document = parse(json.dumps({"theirs": 1, **flat, "metrics": metrics}).encode(), WHERE)
    assert ours(document) == {**flat, "metrics": metrics}


def test_shimmy_s_own_endpoint_is_not_written_however_it_is_spelled() -> None:
    yes = granted(Decision(), consent_id="g", changed="c", endpoint="https://METRICS.shimmy-ai.dev:443/v1/usage/")
    assert "endpoint" not in json.loads(render(parse(b"", WHERE), yes))["metrics"]


def test_what_is_not_ours_is_told_line_by_line_digit_for_digit() -> None:
    text = b'{"a": 1.10, "enabled": true, "metrics": {"enabled": true, "keys": {}, "note": "x\\u2028y"}}'
    assert json.loads("".join(foreign(parse(text, WHERE)))) == {"a": 1.1, "metrics": {"note": "x\u2028y"}}
    assert '  "a": 1.10,' in foreign(parse(text, WHERE))
    assert foreign(parse(b'{"metrics":{"enabled":true,"delivery":"review"}}', WHERE)) == []
    assert foreign(parse(b'{"a":1}', WHERE)) == ["{", '  "a": 1', "}"]


def test_that_reports_are_held_back_is_written_in_the_word_that_a_person_would_write() -> None:
    held = _yes(Decision())._replace(delivery=Delivery.REVIEW)
    assert json.loads(render(parse(b"", WHERE), held))["metrics"]["delivery"] == "review"


def test_writing_changes_nothing_of_what_was_read() -> None:
    text = b'{"enabled":false,"metrics":{"enabled":false,"local":true}}'
    document = parse(text, WHERE)
    render(document, _yes(document.decision))
    assert document == parse(text, WHERE)


def test_what_is_written_can_be_read_by_people() -> None:
    text = '{"naïve":"Zoë \\ud800","none":{},"empty":[],"list":[1,{"a":null}]}'
    document = parse(text.encode(), WHERE)
    written = render(document, declined(document.decision, consent_id="g", changed="t"))
    assert written.decode("utf-8", "surrogatepass") == (
        "{\n"
        '  "naïve": "Zoë \ud800",\n'
        '  "none": {},\n'
        '  "empty": [],\n'
        '  "list": [\n    1,\n    {\n      "a": null\n    }\n  ],\n'
        '  "metrics": {\n    "enabled": false,\n    "session_id": "g",\n    "last_updated": "t"\n  }\n'
        "}\n"
    )
