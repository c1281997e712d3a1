"""The error where something stands in the way of a yes."""

from shimmy_metrics.consent.effective_consent import EffectiveConsent
from shimmy_metrics.errors import UserError
from shimmy_metrics.wording.consent import obstacle


def require_no_obstacle(consent: EffectiveConsent) -> None:
    """Raise `UserError` where a yes is recorded and does not take effect here: why, and what to do."""
    blocked = obstacle(consent)
    if blocked:
        what, _, remedy = blocked.partition(". ")
        raise UserError(f"{what[0].lower()}{what[1:]}", remedy=remedy.removesuffix("."))
