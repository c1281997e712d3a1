"""What may happen now is worded for the shell that asks."""

from shimmy_metrics.consent.effective_consent import EffectiveConsent
from shimmy_metrics.consent.state import Consent, Decision
from shimmy_metrics.wording.consent import state

SWITCHED_OFF = EffectiveConsent(Decision(consent=Consent.GRANTED, consent_id="yes"), "DO_NOT_TRACK=1")


def test_a_switch_speaks_for_its_shell_alone() -> None:
    assert state(SWITCHED_OFF, elsewhere=True).word == "off in this shell"
    assert state(SWITCHED_OFF).word == "metrics off"
