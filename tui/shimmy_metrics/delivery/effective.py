"""What is in force and when the next attempt is made, with what only the store knows."""

from dataclasses import replace
from typing import Final

from shimmy_metrics.config.effective import read_consent
from shimmy_metrics.consent.effective import EffectiveConsent
from shimmy_metrics.consent.endpoint import same_endpoint
from shimmy_metrics.delivery.backoff import counted
from shimmy_metrics.records import NextAttempt
from shimmy_metrics.store.database import Database, get_meta
from shimmy_metrics.system.profile import Profile

ENDED: Final = "ended"
"""The store's word for the endpoint that answered 410."""

AT_START: Final = "at-start"
"""The store's word for whether the last measured server's reports leave at the next start: `yes` or `no`."""


def effective_consent(profile: Profile, db: Database | None) -> EffectiveConsent:
    """Return what is in force now. Raises `UserError` for a config or an endpoint that cannot be used."""
    return with_ended(read_consent(profile), db)


def with_ended(consent: EffectiveConsent, db: Database | None) -> EffectiveConsent:
    """Return it with what only the store knows: whether the endpoint in force answered 410."""
    return replace(consent, ended=db is not None and same_endpoint(get_meta(db, ENDED), consent.endpoint))


def next_attempt(profile: Profile, db: Database) -> NextAttempt:
    """Return when a sender makes its next attempt by itself, as the last measured server left it."""
    told = get_meta(db, AT_START)
    return NextAttempt(
        counted(db)[1],
        told == "yes" if told else profile.environment.supervised or None,
    )
