"""What is in force, with what only the store knows: whether the endpoint's programme has ended."""

from dataclasses import replace
from typing import Final

from shimmy_metrics.config.standing import standing
from shimmy_metrics.consent import Standing, same_endpoint
from shimmy_metrics.store.database import Database, get_meta
from shimmy_metrics.system.profile import Profile

ENDED: Final = "ended"
"""The store's fact: the endpoint that answered 410."""


def in_force(profile: Profile, db: Database | None) -> Standing:
    """Return what is in force now. Raises `TroubleError` for a config or an endpoint that cannot be used."""
    now = standing(profile)
    return replace(now, ended=db is not None and same_endpoint(get_meta(db, ENDED), now.endpoint))
