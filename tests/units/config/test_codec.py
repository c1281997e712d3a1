"""The config file's text: both shapes, foreign keys, and what is refused."""

import json
import re
import uuid
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shimmy_metrics.config.codec import foreign, keys, ours, parse, render
from shimmy_metrics.consent.endpoint import ENDPOINT
from shimmy_metrics.consent.state import SCHEMA_VERSION, Consent, Decision, Delivery, declined, granted
from shimmy_metrics.errors import UserError

WHERE = "config.json"


def _yes(old: Decision) -> Decision:
    return granted(old, consent_id="a-grant", changed="2026-11-23T14:32:07Z", endpoint=ENDPOINT)


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
    document = parse(text, WHERE)
    assert document.decision.consent is consent
    assert document.distrust == ""  # whose the file is does not stand in it


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        (b"{\n  nonsense", "config.json:2", "no valid JSON: expecting property name enclosed in double quotes"),
        (b"[]", "config.json:1", "no JSON object"),
        (b'{"metrics":[]}', "config.json:1", '"metrics" is no object'),
        (b'{\n\n"metrics":{"enabled":"yes"}}', "config.json:3", '"enabled" is neither true nor false'),
        (b'{"metrics":{"enabled":1}}', "config.json:1", '"enabled" is neither true nor false'),
        (b'{"enabled":null}', "config.json:1", '"enabled" is neither true nor false'),
        (b'{"metrics":{"enabled":false,"enabled":true}}', "config.json", 'the key "enabled" stands there twice'),
        (
            b'{"metrics":{"enabled":false,"local":true,"local":false}}',
            "config.json",
            'the key "local" stands there twice',
        ),
        (b'{"metrics":{"enabled":true,\n"endpoint":7}}', "config.json:2", '"endpoint" is no address'),
        (b'{"metrics":{"enabled":true,"schema_version":"2"}}', "config.json:1", '"schema_version" is no version'),
        (b'{"metrics":{"enabled":true,"schema_version":0}}', "config.json:1", '"schema_version" is no version'),
        (b'{"metrics":{"enabled":true,"schema_version":true}}', "config.json:1", '"schema_version" is no version'),
        (b'{"metrics":{"enabled":true,"local":"yes"}}', "config.json:1", '"local" is neither true nor false'),
        (b"\n\xff\n", "config.json:2", "no valid JSON: bytes that are not UTF-8"),
        (b"[" * 100_000, "config.json", "nested too deeply"),
        (
            b'{"metrics":{"enabled":true,"schema_version":' + b"9" * 5_000 + b"}}",
            "config.json:1",
            '"schema_version" is no version',
        ),
        (
            b'{"metrics":{"enabled":true},"metrics":{"enabled":false}}',
            "config.json",
            'the key "metrics" stands there twice',
        ),
        (b'{"enabled":false,"enabled":true}', "config.json", 'the key "enabled" stands there twice'),
        (b'{"metrics":{"keys":{},"keys":{}}}', "config.json", 'the key "keys" stands there twice'),
        # The line is that of the key's first place.
        (b'\n{"enabled":1,\n"metrics":{"enabled":true}}\n', "config.json:2", '"enabled" is neither true nor false'),
        # A key that is spelled with escapes stands on no line that could be found.
        (b'{\n"metrics":{"\\u0065nabled":1}}', "config.json", '"enabled" is neither true nor false'),
        (b'{\n"metrics":{\n"enabled":true},\n"metrics":{}}', "config.json", 'the key "metrics" stands there twice'),
    ],
)
def test_a_damaged_file_names_its_line_and_the_remedy(text: bytes, where: str, what: str) -> None:
    with pytest.raises(UserError) as caught:
        parse(text, WHERE)
    assert caught.value.where == where
    assert caught.value.what == what
    assert caught.value.remedy == (
        "Metrics are off until it is mended; correct the file, or delete it, which withdraws and asks anew"
    )


@pytest.mark.parametrize("version", [1, 2, 7])
def test_which_version_of_the_fields_an_answer_was_about_is_read(version: int) -> None:
    for answer in ("true", "false"):
        text = f'{{"metrics":{{"enabled":{answer},"schema_version":{version}}}}}'
        assert parse(text.encode(), WHERE).decision.schema_version == version


def test_only_for_me_is_a_no_that_measures() -> None:
    assert not parse(b'{"metrics":{"enabled":false}}', WHERE).decision.local
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


@given(
    st.sampled_from(list(Delivery)), st.booleans(), st.sampled_from([ENDPOINT, "https://metrics.example.org/v1/usage"])
)
def test_a_decision_is_read_back_as_it_was_written(delivery: Delivery, local: bool, endpoint: str) -> None:
    document = parse(b"", WHERE)
    decision = Decision(
        consent=Consent.DECLINED if local else Consent.GRANTED,
        local=local,
        consent_id="g",
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


def test_a_yes_that_was_written_by_hand_has_a_name_that_stays() -> None:
    bare = parse(b'{"metrics":{"enabled":true}}', WHERE).decision
    assert bare == parse(b'{"theme": 1, "metrics": {"enabled": true, "session_id": ""}}', WHERE).decision
    assert bare.consent_id == str(uuid.uuid5(uuid.NAMESPACE_URL, f"{ENDPOINT} "))  # so that a later version says it too
    named = b'{"metrics":{"enabled":true,"session_id":7,"endpoint":"' + ENDPOINT.encode() + b'"}}'
    assert parse(named, WHERE).decision == bare
    assert (bare.schema_version, bare.endpoint) == (1, ENDPOINT)
    # It stays when how reports leave is changed, and another yes has another.
    written = render(parse(b'{"metrics":{"enabled":true}}', WHERE), replace(bare, delivery=Delivery.REVIEW))
    assert parse(written, WHERE).decision.consent_id == bare.consent_id
    other = parse(b'{"metrics":{"enabled":true,"endpoint":"https://metrics.example.org/"}}', WHERE).decision
    later = parse(b'{"metrics":{"enabled":true,"last_updated":"2026-11-28"}}', WHERE).decision
    assert len({bare.consent_id, other.consent_id, later.consent_id}) == 3
    for no in (b"{}", b'{"metrics":{"enabled":false}}', b'{"metrics":{"enabled":false,"local":true}}'):
        assert parse(no, WHERE).decision.consent_id == ""


def test_shimmy_s_own_endpoint_is_not_written_however_it_is_spelled() -> None:
    yes = granted(Decision(), consent_id="g", changed="c", endpoint="https://METRICS.shimmy-ai.dev:443/v1/usage/")
    assert "endpoint" not in json.loads(render(parse(b"", WHERE), yes))["metrics"]


def test_what_is_not_ours_is_told_line_by_line_digit_for_digit() -> None:
    text = b'{"a": 1.10, "enabled": true, "metrics": {"enabled": true, "keys": {}, "note": "x\\u2028y"}}'
    assert json.loads("".join(foreign(parse(text, WHERE)))) == {"a": 1.1, "metrics": {"note": "x\u2028y"}}
    assert '  "a": 1.10,' in foreign(parse(text, WHERE))
    assert foreign(parse(b'{"metrics":{"enabled":true,"delivery":"review"}}', WHERE)) == []
    assert foreign(parse(b'{"a":1}', WHERE)) == ["{", '  "a": 1', "}"]


def test_flat_keys_are_read_where_ours_say_nothing() -> None:
    flat = parse(b'{"enabled":false,"session_id":"flat","last_updated":"then"}', WHERE).decision
    assert (flat.consent_id, flat.changed) == ("flat", "then")
    text = b'{"session_id":"flat","last_updated":"then","metrics":{"session_id":"ours","last_updated":"now"}}'
    both = parse(text, WHERE).decision
    assert (both.consent_id, both.changed) == ("ours", "now")


@pytest.mark.parametrize(
    ("stands", "counts"), [("1", 1), ("2", 2), ("0", 0), ("-1", 0), ("true", 0), ("null", 0), ('"2"', 0), ("2.0", 0)]
)
def test_only_a_whole_number_declines_new_fields(stands: str, counts: int) -> None:
    document = parse(b'{"metrics":{"enabled":true,"schema_refused":' + stands.encode() + b"}}", WHERE)
    assert document.decision.refused == counts
    written = json.loads(render(document, document.decision))["metrics"]
    assert written.get("schema_refused", 0) == counts
    assert ("schema_refused" in written) is (counts > 0)


def test_a_no_keeps_the_version_that_an_earlier_yes_covered_and_adds_none() -> None:
    yes = parse(render(parse(b"", WHERE), _yes(Decision())), WHERE)
    no = declined(yes.decision, consent_id="n", changed="t")
    assert json.loads(render(yes, no))["metrics"]["schema_version"] == SCHEMA_VERSION
    assert "schema_version" not in json.loads(render(parse(b"", WHERE), no))["metrics"]


def test_that_reports_are_held_back_is_written_in_the_word_that_a_person_would_write() -> None:
    held = replace(_yes(Decision()), delivery=Delivery.REVIEW)
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


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (b"", {}),
        (b'{"keys":{"app.quit":"Q"}}', {}),
        (b'{"metrics":{}}', {}),
        (b'{"metrics":{"keys":null}}', {}),
        (b'{"metrics":{"keys":{"app.quit":"Q"}}}', {"app.quit": "Q"}),
        (b'{"metrics":{"keys":[1]}}', [1]),
    ],
)
def test_a_person_s_keys_are_given_to_the_app_as_they_stand(text: bytes, found: object) -> None:
    assert keys(parse(text, WHERE)) == found


def test_of_a_config_without_a_word_of_ours_nothing_is_exported() -> None:
    assert ours(parse(b'{"secret":1}', WHERE)) == {}
