"""The lines about consent that `status` and the plain report share. Pure."""

from collections.abc import Iterator, Sequence

from shimmy_metrics.consent.effective_consent import EffectiveConsent, Unusable
from shimmy_metrics.next_attempt import NextAttempt
from shimmy_metrics.records import Session
from shimmy_metrics.wording.consent import (
    DISABLE,
    groups_lowered,
    measured_elsewhere,
    obstacle,
    unsaved,
    while_unusable,
)
from shimmy_metrics.wording.other_servers import other_receiver, switched_elsewhere
from shimmy_metrics.wording.running import shown_address


def consent_lines(
    consent: EffectiveConsent, running: Sequence[Session], attempt: NextAttempt, unusable: Unusable | None
) -> Iterator[str]:
    """Yield what stands in the way of measuring or sending, and which servers follow another shell's settings."""
    if unusable:
        yield while_unusable(unusable)
    yield from filter(None, (obstacle(consent), unsaved(consent), groups_lowered(consent)))
    elsewhere = [shown_address(session) for session in measured_elsewhere(consent, running)]
    if elsewhere:
        yield switched_elsewhere(consent.switch, elsewhere, DISABLE)
    other = other_receiver(consent, running, attempt)
    if other:
        yield other
