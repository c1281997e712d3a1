"""What may happen now is worded for the shell that asks."""

from shimmy_metrics.consent.effective_consent import EffectiveConsent
from shimmy_metrics.consent.state import SCHEMA_VERSION, Consent, Decision
from shimmy_metrics.wording.consent import obstacle, state

SWITCHED_OFF = EffectiveConsent(Decision(consent=Consent.GRANTED, consent_id="yes"), "DO_NOT_TRACK=1")


def test_a_switch_speaks_for_its_shell_alone() -> None:
    assert state(SWITCHED_OFF, elsewhere=True).word == "off in this shell"
    assert state(SWITCHED_OFF).word == "metrics off"


def test_an_answer_that_does_not_count_is_not_said_to_be_missing() -> None:
    untrusted = EffectiveConsent(Decision(consent=Consent.UNDECIDED), "", distrust="others may write it")
    assert state(untrusted).word == "answer not counted"
    assert state(EffectiveConsent(Decision(consent=Consent.UNDECIDED), "")).word == "not decided"


def test_of_a_yes_of_a_newer_version_only_this_version_is_said_to_send_nothing() -> None:
    newer = EffectiveConsent(Decision(Consent.GRANTED, consent_id="yes", schema_version=SCHEMA_VERSION + 1))
    assert state(newer).note == "nothing is sent from here"
    assert obstacle(newer).startswith("This version of shimmy-metrics sends nothing: ")


def test_a_config_that_names_an_empty_receiver_is_said_to_name_none() -> None:
    empty = Decision(consent=Consent.GRANTED, consent_id="yes", endpoint="")
    assert "you agreed to no address, and https://here/ is in force" in obstacle(
        EffectiveConsent(empty, "", "https://here/")
    )
