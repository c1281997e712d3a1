"""Whose IP address a receiver sees: behind a proxy not the person's, so neither the question nor a sentence says so."""

from shimmy_metrics.wording.consent_question import NEVER_LINES
from shimmy_metrics.wording.receiver import YOUR_ADDRESS


def test_a_proxy_s_address_is_named_beside_the_person_s() -> None:
    assert "your IP address, or a proxy's, as any web server does" in YOUR_ADDRESS
    assert " ".join(NEVER_LINES).endswith(YOUR_ADDRESS)
