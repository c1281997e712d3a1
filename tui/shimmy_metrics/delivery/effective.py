"""Effective consent and the next attempt, with what only the store knows."""

from dataclasses import replace
from typing import Final

from shimmy_metrics.config.effective import read_consent
from shimmy_metrics.consent.effective import EffectiveConsent
from shimmy_metrics.consent.endpoint import same_endpoint
from shimmy_metrics.delivery.backoff import failures_and_skips
from shimmy_metrics.delivery.groups import group_size
from shimmy_metrics.records import NextAttempt
from shimmy_metrics.store.database import Database, get_meta
from shimmy_metrics.system.profile import Profile

ENDED: Final = "ended"
"""Name in the store's `meta`: the endpoint that answered 410."""

AT_START: Final = "at-start"
"""Name in the store's `meta`: whether the last measured server's reports are sent at the next start, `yes` or `no`."""


def effective_consent(profile: Profile, db: Database | None) -> EffectiveConsent:
    """Return effective consent now. Raise `UserError` for a config or an endpoint that cannot be used."""
    return with_answers(read_consent(profile), db)


def with_answers(consent: EffectiveConsent, db: Database | None) -> EffectiveConsent:
    """Return it with what only the store knows: whether the endpoint in force answered 410, and the groups it named."""
    if db is None:
        return consent
    ended = same_endpoint(get_meta(db, ENDED), consent.endpoint)
    return replace(consent, ended=ended, groups=group_size(db, consent.endpoint))


def next_attempt(profile: Profile, db: Database) -> NextAttempt:
    """Return when a sender makes its next attempt by itself, as the last measured server left it."""
    at_start = get_meta(db, AT_START)
    return NextAttempt(
        failures_and_skips(db)[1],
        at_start == "yes" if at_start else profile.environment.supervised or None,
    )
