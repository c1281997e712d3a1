"""What is in force in the process of a session that has not ended. Pure."""

from shimmy_metrics.consent.effective_consent import EffectiveConsent
from shimmy_metrics.consent.endpoint import same_endpoint
from shimmy_metrics.records import Session


def there(consent: EffectiveConsent, session: Session) -> EffectiveConsent:
    """Return what is in force in its process, or was: the same decision under its own switch and receiver."""
    endpoint = session.endpoint or consent.endpoint
    ended = consent.ended and same_endpoint(endpoint, consent.endpoint)
    return consent._replace(switch=session.switch, endpoint=endpoint, ended=ended)


def becomes_report(consent: EffectiveConsent, session: Session) -> bool:
    """Whether a report is made of it when it ends, if the consent stays as it is."""
    return not session.local and there(consent, session).seals


def sent_by_itself(consent: EffectiveConsent, session: Session) -> bool:
    """Whether its report is sent without a release, if the consent stays as it is: it is under the present yes."""
    covered = not session.local and session.consent_id == consent.decision.consent_id
    return covered and not consent.holds and there(consent, session).sends
