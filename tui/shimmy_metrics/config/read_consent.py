"""Read the effective consent: the config's decision, the environment's switch, the endpoint."""

from shimmy_metrics.config.codec import Document
from shimmy_metrics.config.file import load
from shimmy_metrics.consent.effective_consent import EffectiveConsent, Unusable
from shimmy_metrics.consent.endpoint import ENDPOINT, check_endpoint
from shimmy_metrics.errors import UserError
from shimmy_metrics.system.profile import Profile


def unusable(profile: Profile, error: UserError) -> Unusable:
    """Return what cannot be used, by the error that `read_consent` raised."""
    places = {Unusable.ENDPOINT.value: Unusable.ENDPOINT, _in_config(profile): Unusable.CONFIG_ENDPOINT}
    return places.get(error.where, Unusable.CONFIG)


def read_consent(profile: Profile) -> EffectiveConsent:
    """Return the effective consent without what the store knows of the endpoint.

    Raises `UserError` for a config or an endpoint that cannot be used.
    """
    return consent_of(profile, load(profile))


def consent_of(profile: Profile, document: Document) -> EffectiveConsent:
    """Return the effective consent under a parsed config. Raises `UserError` for an endpoint that cannot be used."""
    decision = document.decision
    override = profile.environment.endpoint
    if override:
        check_endpoint(override, Unusable.ENDPOINT.value)
    elif decision.endpoint != ENDPOINT:
        check_endpoint(decision.endpoint, _in_config(profile))
    endpoint = override or decision.endpoint
    return EffectiveConsent(decision, profile.environment.switch, endpoint, distrust=document.distrust)


def _in_config(profile: Profile) -> str:
    return f"{profile.config_file}: metrics.endpoint"
