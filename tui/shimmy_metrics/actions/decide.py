"""The four answers, and how reports leave. Each writes the config first; what may not be kept is deleted after it."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from shimmy_metrics.actions.owed import Deleted, settle
from shimmy_metrics.config.file import change, load, present
from shimmy_metrics.config.standing import standing
from shimmy_metrics.consent import (
    SCHEMA_VERSION,
    Consent,
    Decision,
    Delivery,
    declined,
    granted,
    left_as_it_was,
    renewed,
)
from shimmy_metrics.errors import TroubleError
from shimmy_metrics.records import Wait
from shimmy_metrics.store import outbox
from shimmy_metrics.store.database import looked_at, opened
from shimmy_metrics.system.profile import Profile


@dataclass(frozen=True, slots=True)
class Decided:
    """The decision that is recorded now, whether it was written just now, and what was deleted because of it."""

    decision: Decision
    changed: bool
    deleted: Deleted


def enable(profile: Profile) -> Decided:
    """Record a yes to this program's fields and to the endpoint in force.

    Raises `TroubleError` for a config that cannot be used; nothing is changed then.
    """
    settle(profile)  # what an earlier withdrawal left behind is not covered by this yes
    endpoint = standing(profile).endpoint

    def step(old: Decision) -> Decision:
        if old.consent is not Consent.GRANTED or old.endpoint != endpoint or old.schema_version > SCHEMA_VERSION:
            return granted(old, grant=str(uuid.uuid4()), changed=_now(profile), endpoint=endpoint)
        return old if old.schema_version == SCHEMA_VERSION else renewed(old, changed=_now(profile))

    return _decide(profile, step)


def add_fields(profile: Profile) -> Decided:
    """Record that a yes covers the fields which are new since it was given. Raises `TroubleError`."""
    return _renew(profile, renewed)


def leave_fields(profile: Profile) -> Decided:
    """Record that the fields which are new since the yes are not to be sent; it is not asked again.

    Raises `TroubleError`.
    """
    return _renew(profile, left_as_it_was)


def decline(profile: Profile) -> Decided:
    """Record a no: what was not delivered is deleted, receipts stay. Raises `TroubleError`."""
    return _refuse(profile, local=False)


def only_for_me(profile: Profile) -> Decided:
    """Record "only for me": measured for the person's own eyes, nothing sealed or sent. Raises `TroubleError`."""
    return _refuse(profile, local=True)


def hold(profile: Profile, *, review: bool) -> Decision:
    """Say whether sealed reports wait for the person's release; those that wait move accordingly.

    What a person held back by itself stays until it is released by itself. Raises `TroubleError`.
    """
    delivery = Delivery.REVIEW if review else Delivery.AUTOMATIC

    def step(old: Decision) -> Decision:
        return old if old.delivery is delivery else replace(old, delivery=delivery, changed=_now(profile))

    decision = change(profile, step)
    with looked_at(profile, off=decision.consent is not Consent.GRANTED) as db:
        waiting = db is not None and bool(outbox.everything(db))
    if waiting:
        before, after = (Wait.DUE, Wait.REVIEW) if review else (Wait.REVIEW, Wait.DUE)
        with opened(profile) as db:
            outbox.mark_all(db, before, after)
    return decision


def _renew(profile: Profile, answer: Callable[..., Decision]) -> Decided:
    def step(old: Decision) -> Decision:
        # Somebody may have withdrawn meanwhile: then there is no yes that could cover more.
        return answer(old, changed=_now(profile)) if old.consent is Consent.GRANTED else old

    return _decide(profile, step)


def _refuse(profile: Profile, *, local: bool) -> Decided:
    def step(old: Decision) -> Decision:
        if old.consent is Consent.DECLINED and old.local is local and present(profile):
            return old
        return declined(old, grant=str(uuid.uuid4()), changed=_now(profile), local=local)

    return _decide(profile, step)


def _decide(profile: Profile, step: Callable[[Decision], Decision]) -> Decided:
    before = load(profile).decision
    decision = change(profile, step)
    try:
        deleted = settle(profile)
    except TroubleError as error:
        remedy = f"{error.remedy}. Your answer is recorded; what waits here could not be deleted, and will not leave"
        raise TroubleError(error.what, where=error.where, remedy=remedy, code=error.code) from error
    return Decided(decision, decision != before, deleted)


def _now(profile: Profile) -> str:
    return f"{profile.clock.now():%Y-%m-%dT%H:%M:%SZ}"


ANSWERS: Final[dict[str, Callable[[Profile], Decided]]] = {
    "enable": enable,
    "only": only_for_me,
    "decline": decline,
    "add": add_fields,
    "leave": leave_fields,
}
"""Every answer that is written, by the word that the page of consent has for it."""
