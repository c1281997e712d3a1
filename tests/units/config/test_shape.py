"""The config file's text: both shapes, foreign keys, and what is refused."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shimmy_metrics.config.shape import ours, parse, render
from shimmy_metrics.consent import ENDPOINT, Consent, Decision, Delivery, declined, granted
from shimmy_metrics.errors import TroubleError

WHERE = "config.json"


def _yes(old: Decision) -> Decision:
    return granted(old, grant="a-grant", changed="2026-11-23T14:32:07Z", endpoint=ENDPOINT)


@pytest.mark.parametrize(
    ("text", "consent"),
    [
        (b"", Consent.UNDECIDED),
        (b"  \n", Consent.UNDECIDED),
        (b"{}", Consent.UNDECIDED),
        (b'{"theme":"dark"}', Consent.UNDECIDED),
        (b'{"metrics":{}}', Consent.UNDECIDED),
        (b'{"metrics":null}', Consent.UNDECIDED),
        (b'{"metrics":{"enabled":true}}', Consent.GRANTED),
        (b'{"metrics":{"enabled":false}}', Consent.DECLINED),
        # The flat shape of Shimmy's own source: Enter and the end of input said yes there.
        (b'{"enabled":true,"session_id":"x"}', Consent.UNDECIDED),
        (b'{"enabled":false,"session_id":"x"}', Consent.DECLINED),
        # Where the two differ the no wins.
        (b'{"enabled":false,"metrics":{"enabled":true}}', Consent.DECLINED),
        (b'{"enabled":true,"metrics":{"enabled":false}}', Consent.DECLINED),
        (b'{"enabled":true,"metrics":{"enabled":true}}', Consent.GRANTED),
        (b'\xef\xbb\xbf{"metrics":{"enabled":true}}', Consent.GRANTED),
    ],
)
def test_both_shapes_are_read_and_the_no_wins(text: bytes, consent: Consent) -> None:
    assert parse(text, WHERE).decision.consent is consent


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        (b"{\n  nonsense", "config.json:2", "JSON"),
        (b"[]", "config.json:1", "object"),
        (b'{"metrics":[]}', "config.json:1", "metrics"),
        (b'{\n\n"metrics":{"enabled":"yes"}}', "config.json:3", "enabled"),
        (b'{"metrics":{"enabled":1}}', "config.json:1", "enabled"),
        (b'{"enabled":null}', "config.json:1", "enabled"),
        (b'{"metrics":{"enabled":false,"enabled":true}}', "config.json", "twice"),
        (b'{"metrics":{"enabled":false,"local":true,"local":false}}', "config.json", "twice"),
        (b'{"metrics":{"enabled":true,\n"endpoint":7}}', "config.json:2", "endpoint"),
        (b'{"metrics":{"enabled":true,"schema_version":"2"}}', "config.json:1", "schema_version"),
        (b'{"metrics":{"enabled":true,"schema_version":0}}', "config.json:1", "schema_version"),
        (b'{"metrics":{"enabled":true,"schema_version":true}}', "config.json:1", "schema_version"),
        (b'{"metrics":{"enabled":true,"local":"yes"}}', "config.json:1", "local"),
        (b"\n\xff", "config.json:2", "UTF-8"),
        (b"[" * 100_000, "config.json", "nested"),
        (b'{"metrics":{"enabled":true,"schema_version":' + b"9" * 5_000 + b"}}", "config.json:1", "schema_version"),
        (b'{"metrics":{"enabled":true},"metrics":{"enabled":false}}', "config.json", "twice"),
        (b'{"enabled":false,"enabled":true}', "config.json", "twice"),
        (b'{"metrics":{"keys":{},"keys":{}}}', "config.json", "twice"),
    ],
)
def test_a_damaged_file_names_its_line_and_the_remedy(text: bytes, where: str, what: str) -> None:
    with pytest.raises(TroubleError) as caught:
        parse(text, WHERE)
    assert caught.value.where == where
    assert what in caught.value.what
    assert "correct the file or delete it" in str(caught.value)


def test_only_for_me_is_a_no_that_measures() -> None:
    decision = parse(b'{"metrics":{"enabled":false,"local":true}}', WHERE).decision
    assert (decision.consent, decision.local) == (Consent.DECLINED, True)
    # The two contradict each other where both are true: the one that sends nothing wins.
    assert parse(b'{"metrics":{"enabled":true,"local":true}}', WHERE).decision == decision


@pytest.mark.parametrize("word", [b'"review"', b'"Automatic"', b"3", b"null"])
def test_any_delivery_but_automatic_holds_reports_back(word: bytes) -> None:
    text = b'{"metrics":{"enabled":true,"delivery":' + word + b"}}"
    assert parse(text, WHERE).decision.delivery is Delivery.REVIEW


def test_flat_keys_beside_ours_are_kept_in_step() -> None:
    document = parse(b'{"enabled":true,"session_id":"old","last_updated":"then"}', WHERE)
    written = json.loads(render(document, declined(document.decision, grant="new", changed="now")))
    assert written["enabled"] is False
    assert written["session_id"] == written["metrics"]["session_id"] == "new"
    assert written["last_updated"] == written["metrics"]["last_updated"] == "now"


def test_what_is_written_is_the_described_shape() -> None:
    document = parse(b"", WHERE)
    written = json.loads(render(document, declined(document.decision, grant="g", changed="t")))
    assert written == {"metrics": {"enabled": False, "session_id": "g", "last_updated": "t"}}


foreign = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
ours_or_metrics = {"metrics", "enabled", "session_id", "last_updated"}
names = st.text().filter(lambda name: name not in ours_or_metrics)
inner_names = names.filter(lambda name: name not in {"schema_version", "endpoint", "delivery", "local"})


@given(st.dictionaries(names, foreign, max_size=4), st.dictionaries(inner_names, foreign, max_size=4))
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
        '"session_id":"a-grant","last_updated":"2026-11-23T14:32:07Z","schema_version":1}}'
    )


@pytest.mark.parametrize("depth", [100, 480, 900, 5_000])
def test_however_deep_a_config_is_nested_it_is_written_whole_or_refused(depth: int) -> None:
    text = b'{"a":' + b"[" * depth + b"]" * depth + b"}"
    try:
        document = parse(text, WHERE)
        written = render(document, _yes(document.decision))
    except TroubleError as error:
        said = str(error)
    else:
        said = ""
        assert written.count(b"[") == written.count(b"]") == depth
    assert not said or "nested too deeply" in said


@given(
    st.sampled_from(list(Delivery)), st.booleans(), st.sampled_from([ENDPOINT, "https://metrics.example.org/v1/usage"])
)
def test_a_decision_is_read_back_as_it_was_written(delivery: Delivery, local: bool, endpoint: str) -> None:
    document = parse(b"", WHERE)
    decision = Decision(
        consent=Consent.DECLINED if local else Consent.GRANTED,
        local=local,
        grant="g",
        changed="t",
        schema_version=1,
        endpoint=endpoint,
        delivery=delivery,
    )
    assert parse(render(document, decision), WHERE).decision == decision


def test_an_export_shows_our_keys_of_the_config_alone() -> None:
    document = parse(b'{"secret":"x","metrics":{"enabled":true,"note":"mine","session_id":"g"}}', WHERE)
    assert ours(document) == {"metrics": {"enabled": True, "session_id": "g"}}


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
