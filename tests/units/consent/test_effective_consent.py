"""What may happen under a decision: every combination against a table of sentences."""

from itertools import product
from typing import Final, NamedTuple

import pytest

from shimmy_metrics.consent import effective_consent, state
from shimmy_metrics.consent.effective_consent import EffectiveConsent, GroupSize, Obstacle, Unusable
from shimmy_metrics.consent.endpoint import ENDPOINT, same_endpoint
from shimmy_metrics.consent.state import (
    Consent,
    Decision,
    Delivery,
    declined,
    granted,
    left_as_it_was,
    renewed,
    untrusted,
)

OTHER: Final = "https://metrics.example.org/v1/usage"


class Case(NamedTuple):
    answer: str
    delivery: Delivery
    switch: str
    schema: str
    refused: bool
    endpoint: str
    ended: bool
    unwritable: str
    owner: str


CASES: Final = [
    Case(*each)
    for each in product(
        ("none", "yes", "no", "only for me"),
        Delivery,
        ("", "DO_NOT_TRACK=1"),
        ("older", "same", "newer"),
        (False, True),
        (ENDPOINT, OTHER),
        (False, True),
        ("", "/state/metrics.db"),
        ("mine", "another's"),
    )
]


def _expected(case: Case) -> dict[str, object]:
    """Return what is expected of a case, a sentence a line; the first obstacle in this order is told."""
    a_yes = case.answer == "yes" and case.owner == "mine"
    off = case.switch != ""
    reasons = [
        # "A yes counts only from a file that is the person's own." Of a plain no it does not matter who wrote it.
        (case.owner == "another's" and case.answer != "no", Obstacle.UNTRUSTED),
        # Only where there is a yes something can be in its way.
        # The environment wins over the config.
        (a_yes and off, Obstacle.SWITCH),
        # Of a recorded version newer than the program knows nothing leaves, and it says so.
        (a_yes and case.schema == "newer", Obstacle.NEWER_SCHEMA),
        # "Where another endpoint is in force than the one agreed to, reports wait and the app says so."
        (a_yes and case.endpoint == OTHER, Obstacle.OTHER_ENDPOINT),
        # A receiver that answered 410 gets nothing any more.
        (a_yes and case.ended, Obstacle.ENDED),
        # A store that cannot be written sends nothing.
        (a_yes and case.unwritable != "", Obstacle.UNWRITABLE),
    ]
    obstacle = next((told for holds, told in reasons if holds), None)
    return {
        # Where it is neither, serve replaces itself with the real binary.
        "measures": case.owner == "mine" and case.answer in ("yes", "only for me") and not off,
        # A session becomes a report where one could leave some day: another endpoint only makes it wait.
        "seals": a_yes and obstacle in (None, Obstacle.OTHER_ENDPOINT, Obstacle.UNWRITABLE) and not case.ended,
        "sends": a_yes and obstacle is None,
        # A running session is paused where nothing is decided; a switch, or a no, decides.
        "pauses": not off and case.owner == "another's" and case.answer != "no",
        # "With a switch in force nothing is asked." A yes that does not count has decided nothing.
        "asks": not off and (case.answer == "none" or (case.owner == "another's" and case.answer != "no")),
        # "When fields are added, earlier consent covers only the earlier ones: the app asks again", but once.
        "renews": a_yes and not off and case.schema == "older" and not case.refused,
        "obstacle": obstacle,
    }


def _decision(case: Case) -> Decision:
    word = {"none": Consent.UNDECIDED, "yes": Consent.GRANTED}.get(case.answer, Consent.DECLINED)
    return Decision(
        consent=word,
        local=case.answer == "only for me",
        consent_id="a-grant",
        schema_version={"older": 1, "same": 2, "newer": 3}[case.schema],
        refused=2 if case.refused else 0,
        endpoint=ENDPOINT,
        delivery=case.delivery,
    )


def _effective(case: Case) -> EffectiveConsent:
    distrust = "" if case.owner == "mine" else "others may write it"
    return EffectiveConsent(
        _decision(case), case.switch, case.endpoint, case.ended, distrust, unwritable=case.unwritable
    )


def _told(found: EffectiveConsent) -> dict[str, object]:
    return {
        name: getattr(found, name) for name in ("measures", "seals", "sends", "pauses", "asks", "renews", "obstacle")
    }


def test_what_may_happen_is_as_the_design_says_in_every_case(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (state, effective_consent):
        monkeypatch.setattr(module, "SCHEMA_VERSION", 2)
    for case in CASES:
        assert _told(_effective(case)) == _expected(case), case
        # What is read from such a file is already no more than it counts for, and says the same.
        if case.owner != "mine":
            read = untrusted(_decision(case))
            if read.consent is not Consent.DECLINED or read.local:
                assert _told(_effective(case)._replace(decision=read)) == _expected(case), case


def test_nothing_is_measured_or_leaves_without_a_yes_or_only_for_me(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (state, effective_consent):
        monkeypatch.setattr(module, "SCHEMA_VERSION", 2)
    for case in CASES:
        found = _effective(case)
        if case.answer in ("none", "no") or case.switch or case.owner != "mine":
            assert (found.measures, found.seals, found.sends) == (False, False, False)
        assert not found.sends or found.seals
        assert not found.seals or found.measures


@pytest.mark.parametrize(
    "same",
    [
        ENDPOINT,
        "https://METRICS.shimmy-ai.dev/v1/usage",
        "HTTPS://metrics.shimmy-ai.dev/v1/usage",
        "https://metrics.shimmy-ai.dev:443/v1/usage",
        "https://metrics.shimmy-ai.dev/v1/usage/",
        "https://metrics.shimmy-ai.dev./v1/usage",
    ],
)
def test_one_receiver_has_several_spellings(same: str) -> None:
    assert same_endpoint(same, ENDPOINT)
    assert same_endpoint(ENDPOINT, same)
    assert EffectiveConsent(Decision(Consent.GRANTED, endpoint=same)).sends


@pytest.mark.parametrize(
    "other",
    [
        "",
        "http://metrics.shimmy-ai.dev/v1/usage",
        "https://metrics.shimmy-ai.dev:8443/v1/usage",
        "https://metrics.shimmy-ai.dev/v1",
        "https://metrics.shimmy-ai.dev/v1/usageX",
        "https://metrics.shimmy-ai.dev/V1/usage",
        "https://metrics.shimmy-ai.dev/v1/usage?to=me",
        "https://metrics.shimmy-ai.dev.example.org/v1/usage",
        "https://metrics.shimmy-ai.dev:port/v1/usage",
        "https://[metrics.shimmy-ai.dev/v1/usage",
    ],
)
def test_another_receiver_is_another(other: str) -> None:
    assert not same_endpoint(other, ENDPOINT)
    assert not same_endpoint(ENDPOINT, other)
    assert same_endpoint(other, other)


def test_a_plain_http_port_may_be_left_out() -> None:
    assert same_endpoint("http://127.0.0.1:80/x", "http://127.0.0.1/x")
    assert not same_endpoint("http://127.0.0.1:443/x", "https://127.0.0.1/x")


def test_no_address_is_the_same_as_none_alone() -> None:
    assert same_endpoint("", "")
    assert not same_endpoint("", "/")
    assert not same_endpoint("/", "")


def test_an_answer_changes_what_it_is_about_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    held = Decision(Consent.GRANTED, consent_id="one", changed="then", delivery=Delivery.REVIEW, refused=1)
    again = granted(held, consent_id="two", changed="now", endpoint=OTHER)
    assert again == Decision(
        Consent.GRANTED,
        consent_id="two",
        changed="now",
        schema_version=state.SCHEMA_VERSION,
        endpoint=OTHER,
        delivery=Delivery.REVIEW,
    )
    no = declined(again, consent_id="three", changed="later")
    assert no == again._replace(consent=Consent.DECLINED, consent_id="three", changed="later")
    assert declined(no, consent_id="four", changed="later", local=True).local
    for module in (state, effective_consent):
        monkeypatch.setattr(module, "SCHEMA_VERSION", 2)
    more = Decision(Consent.GRANTED, consent_id="one", changed="now", schema_version=2, delivery=Delivery.REVIEW)
    assert renewed(held, changed="now") == more
    as_before = Decision(Consent.GRANTED, consent_id="one", changed="now", refused=2, delivery=Delivery.REVIEW)
    assert left_as_it_was(held, changed="now") == as_before


def test_a_yes_covers_the_fields_that_this_program_knows_and_the_person_was_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in (state, effective_consent):
        monkeypatch.setattr(module, "SCHEMA_VERSION", 2)
    yes = granted(Decision(refused=2), consent_id="one", changed="now", endpoint=ENDPOINT)
    assert (yes.schema_version, yes.refused) == (2, 0)
    assert not EffectiveConsent(yes).renews


def test_where_nothing_was_decided_nothing_is_recorded_and_nothing_may_happen() -> None:
    blank = Decision()
    assert (blank.consent, blank.consent_id, blank.changed, blank.local) == (Consent.UNDECIDED, "", "", False)
    assert _told(EffectiveConsent(blank)) == {
        "measures": False,
        "seals": False,
        "sends": False,
        "pauses": False,
        "asks": True,
        "renews": False,
        "obstacle": None,
    }


def test_an_answer_that_does_not_count_is_not_no_answer() -> None:
    yes = Decision(Consent.GRANTED, consent_id="one")
    assert EffectiveConsent(Decision()).undecided
    assert not EffectiveConsent(yes).undecided
    assert not EffectiveConsent(yes, distrust="others may write it").undecided
    assert not EffectiveConsent(Decision(), distrust="others may write it").undecided


def test_the_words_that_scripts_and_config_files_hold_stay_the_same() -> None:
    assert [*Consent] == ["undecided", "granted", "declined"]
    assert [*Delivery] == ["automatic", "review"]
    assert [*Obstacle] == ["untrusted-config", "switch", "newer-schema", "other-endpoint", "ended", "unwritable-store"]


def test_in_a_file_that_is_not_the_person_s_alone_a_no_is_a_no_and_a_yes_is_none() -> None:
    no = Decision(Consent.DECLINED, consent_id="one")
    assert untrusted(no) == no
    for answer in (Decision(Consent.GRANTED, endpoint=OTHER, consent_id="one"), Decision(Consent.DECLINED, local=True)):
        assert untrusted(answer) == Decision()
    assert untrusted(Decision(Consent.GRANTED, delivery=Delivery.REVIEW)) == Decision(delivery=Delivery.REVIEW)


@pytest.mark.parametrize(
    ("delivery", "groups", "held"),
    [
        (Delivery.AUTOMATIC, GroupSize(), False),
        (Delivery.AUTOMATIC, GroupSize(20, 20), False),
        (Delivery.AUTOMATIC, GroupSize(20, 30), False),
        (Delivery.AUTOMATIC, GroupSize(20, 19), True),
        (Delivery.REVIEW, GroupSize(20, 20), True),
        (Delivery.REVIEW, GroupSize(20, 19), True),
    ],
)
def test_reports_are_held_by_choice_or_for_smaller_groups(delivery: Delivery, groups: GroupSize, held: bool) -> None:
    decision = state.Decision(consent=Consent.GRANTED, delivery=delivery)
    assert EffectiveConsent(decision, groups=groups).holds is held


def test_of_a_receiver_that_has_not_answered_nothing_is_known() -> None:
    consent = EffectiveConsent(state.Decision())
    assert consent.groups == GroupSize(agreed=0, named=0)
    assert (consent.switch, consent.endpoint, consent.ended, consent.distrust, consent.unwritable) == (
        *("", ENDPOINT, False, "", ""),
    )


def test_what_cannot_be_used_is_named_as_it_stands_in_a_sentence() -> None:
    assert [*Unusable] == ["the config", "the config's endpoint", "SHIMMY_METRICS_ENDPOINT"]
