"""What is in force in the process of a session that has not ended, and what becomes of its report. Pure."""

from shimmy_metrics.consent.effective_consent import EffectiveConsent
from shimmy_metrics.consent.endpoint import same_endpoint
from shimmy_metrics.consent.state import Decision
from shimmy_metrics.records import Session


def there(consent: EffectiveConsent, session: Session) -> EffectiveConsent:
    """Return what is in force in its process, or was: the same decision under its own switch and receiver."""
    endpoint = session.endpoint or consent.endpoint
    ended = consent.ended and same_endpoint(endpoint, consent.endpoint)
    return consent._replace(switch=session.switch, endpoint=endpoint, ended=ended)


def becomes_report(consent: EffectiveConsent, session: Session) -> bool:
    """Whether a report is made of it when it ends, if the consent stays as it is."""
    return not session.local and there(consent, session).seals


def covered(decision: Decision, session: Session) -> bool:
    """Whether it began under this very yes: under another one its report is held."""
    return not session.local and session.consent_id == decision.consent_id


def sent_by_itself(consent: EffectiveConsent, session: Session) -> bool:
    """Whether its report is sent without a release, if the consent stays as it is."""
    return covered(consent.decision, session) and not consent.holds and there(consent, session).sends
