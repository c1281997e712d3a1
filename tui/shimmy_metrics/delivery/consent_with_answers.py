"""Effective consent with what only the store knows: what the receiver's answers said."""

from typing import Final

from shimmy_metrics.config.read_consent import read_consent
from shimmy_metrics.consent.effective_consent import EffectiveConsent
from shimmy_metrics.consent.endpoint import same_endpoint
from shimmy_metrics.store.database import Database, get_meta, store_path
from shimmy_metrics.store.location import unwritable
from shimmy_metrics.system.profile import Profile

ENDED: Final = "ended"
"""Name in the store's `meta`: the endpoint that answered 410."""


def effective_consent(profile: Profile, db: Database | None) -> EffectiveConsent:
    """Return effective consent now. Raise `UserError` for a config or an endpoint that cannot be used."""
    return _with_answers(read_consent(profile), db)


def with_store(profile: Profile, consent: EffectiveConsent, db: Database | None) -> EffectiveConsent:
    """Return effective consent to be shown: with what the store knows, and with why the store cannot be written.

    The sender finds that out by writing: a disk that fills while a request is under way withdraws nothing.
    """
    return _with_answers(consent, db)._replace(unwritable=unwritable(store_path(profile)))


def _with_answers(consent: EffectiveConsent, db: Database | None) -> EffectiveConsent:
    """Return it with what only the store knows: whether the endpoint in force answered 410, and the groups it named."""
    if db is None:
        return consent
    from shimmy_metrics.delivery.groups import group_size  # with what reads a store's tables

    ended = same_endpoint(get_meta(db, ENDED), consent.endpoint)
    return consent._replace(ended=ended, groups=group_size(db, consent.endpoint))
