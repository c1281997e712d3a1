"""The config file's text: both shapes, foreign keys, and what is refused."""

import json
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shimmy_metrics.config.codec import THEMES, foreign, keys, ours, parse, render, theme
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
        (b'{"metrics": {"consent', "config.json:1", "no valid JSON: unterminated string"),
        (b'{"metrics": "a\nb"}', "config.json:1", "no valid JSON: invalid control character"),
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


def test_a_yes_that_was_written_by_hand_has_a_name_that_stays() -> None:
    bare = parse(b'{"metrics":{"enabled":true}}', WHERE).decision
    assert bare == parse(b'{"theme": 1, "metrics": {"enabled": true, "session_id": ""}}', WHERE).decision
    assert bare.consent_id == str(uuid.uuid5(uuid.NAMESPACE_URL, f"{ENDPOINT} "))  # so that a later version says it too
    named = b'{"metrics":{"enabled":true,"session_id":7,"endpoint":"' + ENDPOINT.encode() + b'"}}'
    assert parse(named, WHERE).decision == bare
    assert (bare.schema_version, bare.endpoint) == (1, ENDPOINT)
    # It stays when how reports leave is changed, and another yes has another.
    written = render(parse(b'{"metrics":{"enabled":true}}', WHERE), bare._replace(delivery=Delivery.REVIEW))
    assert parse(written, WHERE).decision.consent_id == bare.consent_id
    other = parse(b'{"metrics":{"enabled":true,"endpoint":"https://metrics.example.org/"}}', WHERE).decision
    later = parse(b'{"metrics":{"enabled":true,"last_updated":"2026-11-28"}}', WHERE).decision
    assert len({bare.consent_id, other.consent_id, later.consent_id}) == 3
    for no in (b"{}", b'{"metrics":{"enabled":false}}', b'{"metrics":{"enabled":false,"local":true}}'):
        assert parse(no, WHERE).decision.consent_id == ""


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


def test_the_choice_of_colours_is_one_of_our_keys_and_given_to_the_app_as_it_stands() -> None:
    assert THEMES == ("dark", "light", "ansi", "plain")  # the words that stand in people's files
    for stands in (*THEMES, "mauve", None):
        document = parse(json.dumps({"theme": "theirs", "metrics": {"theme": stands}}).encode(), WHERE)
        assert theme(document) == stands
        assert ours(document) == {"metrics": {"theme": stands}}
        assert foreign(document) == ["{", '  "theme": "theirs"', "}"]
    assert theme(parse(b'{"theme": "theirs"}', WHERE)) is None
