"""The answers to the question, and whether reports are held.

Each writes the config first and then deletes what may not be kept under it.
"""

import uuid
from collections.abc import Callable
from functools import partial
from typing import Final, NamedTuple, Protocol

from shimmy_metrics.actions.hold_waiting import hold_others, hold_queued
from shimmy_metrics.actions.purge import purge, purge_under, purge_without_consent
from shimmy_metrics.actions.purge_result import PurgeResult
from shimmy_metrics.config.change import change
from shimmy_metrics.config.codec import Document
from shimmy_metrics.config.file import load, present
from shimmy_metrics.config.read_consent import consent_of
from shimmy_metrics.config.trust import keep_others_out
from shimmy_metrics.config.withdraw import withdraw
from shimmy_metrics.consent.answer import Answer
from shimmy_metrics.consent.endpoint import same_endpoint
from shimmy_metrics.consent.state import (
    SCHEMA_VERSION,
    Consent,
    Decision,
    Delivery,
    declined,
    granted,
    left_as_it_was,
    renewed,
)
from shimmy_metrics.delivery import groups
from shimmy_metrics.delivery.consent_with_answers import ENDED
from shimmy_metrics.errors import UserError
from shimmy_metrics.limits import NO_WAITS_SECONDS
from shimmy_metrics.records import QueueState
from shimmy_metrics.store import outbox
from shimmy_metrics.store.database import get_meta, opened, set_meta, transaction
from shimmy_metrics.store.readonly import open_readonly
from shimmy_metrics.system.profile import Profile


class OnRecorded(Protocol):
    """Called once an answer is recorded, before anything is deleted: that may have to wait for a sender to end."""

    def __call__(self, decision: Decision, /, *, changed: bool, notices: tuple[str, ...]) -> object:
        """Take what `Decided` has under the same names."""


def _ignore(_: Decision, /, *, changed: bool, notices: tuple[str, ...]) -> None:
    """Do nothing."""


class Decided(NamedTuple):
    """The decision that is recorded now, whether it was written just now, and what was deleted because of it.

    `held` counts the reports that wait to be released because they were sealed under an earlier yes. `notices` are
    further lines for the person.
    """

    decision: Decision
    changed: bool
    purged: PurgeResult
    held: int = 0
    notices: tuple[str, ...] = ()


def enable(profile: Profile, on_recorded: OnRecorded = _ignore, *, delivery: Delivery | None = None) -> Decided:
    """Record a yes to this program's fields and to the endpoint in force, even if its programme had ended.

    `delivery` is how reports are sent if there was no yes before; None leaves it as it was. Others lose the right to
    write the config. Raises `UserError` for a config that cannot be used, and for a yes that a newer version recorded;
    nothing is changed then.
    """
    notices = keep_others_out(profile.config_path)

    def step(old: Decision) -> Decision:
        document = load(profile)
        _purge_before(profile, document)  # what an earlier withdrawal left behind is not covered by this yes
        endpoint = consent_of(profile, document).endpoint
        if old.consent is Consent.GRANTED and old.schema_version > SCHEMA_VERSION:
            remedy = "Nothing was changed. Update this program"
            where = str(profile.config_path)
            raise UserError("holds a yes from a newer version of shimmy-metrics", where=where, remedy=remedy)
        if old.consent is not Consent.GRANTED and delivery is not None:
            old = old._replace(delivery=delivery)
        if old.consent is not Consent.GRANTED or not same_endpoint(old.endpoint, endpoint):
            return granted(old, consent_id=str(uuid.uuid4()), changed=_now(profile), endpoint=endpoint)
        return old if old.schema_version == SCHEMA_VERSION else renewed(old, changed=_now(profile))

    done = change(profile, step)
    anew = _agree_anew(profile, done.decision)
    return _finish(profile, on_recorded, done.decision, changed=done.changed or anew or bool(notices), notices=notices)


def add_fields(profile: Profile, on_recorded: OnRecorded = _ignore) -> Decided:
    """Record that a yes covers the fields which are new since it was given. Raises `UserError`."""
    return _renew(profile, on_recorded, renewed)


def leave_fields(profile: Profile, on_recorded: OnRecorded = _ignore) -> Decided:
    """Record that the fields which are new since the yes are not sent; the question is not asked again.

    Raises `UserError`.
    """
    return _renew(profile, on_recorded, left_as_it_was)


def decline(profile: Profile, on_recorded: OnRecorded = _ignore) -> Decided:
    """Record a no, and delete what was not delivered; receipts stay.

    Raises `UserError` if it could not be recorded (an unreadable file, a full disk); what was not delivered is
    deleted all the same.
    """
    try:
        done = withdraw(profile.config_path, lambda old: _declined(profile, old, local=False))
    except UserError as error:
        remedy = f"{error.remedy}. {_purge_unrecorded(profile)}"
        raise UserError(error.what, where=error.where, remedy=remedy, code=error.code) from error
    return _finish(profile, on_recorded, done.decision, changed=done.changed, notices=done.notices)


def only_for_me(profile: Profile, on_recorded: OnRecorded = _ignore) -> Decided:
    """Record "only for me": sessions are measured for the person to see, nothing is sealed or sent.

    If it withdraws a yes and cannot be written, a plain no is recorded instead. Raises `UserError`.
    """

    def step(old: Decision) -> Decision:
        return _declined(profile, old, local=True)

    if load(profile).decision.consent is not Consent.GRANTED:
        notices = keep_others_out(profile.config_path)
        done = change(profile, step)
        return _finish(profile, on_recorded, done.decision, changed=done.changed or bool(notices), notices=notices)
    try:
        done = change(profile, step, seconds=NO_WAITS_SECONDS)
    except UserError as error:  # whatever keeps it from being written must not keep the yes in force
        instead = f"A plain no is recorded instead: {error}."

        def no_instead(decision: Decision, /, *, changed: bool, notices: tuple[str, ...]) -> None:
            on_recorded(decision, changed=changed, notices=(instead, *notices))

        made = decline(profile, no_instead)
        return made._replace(notices=(instead, *made.notices))
    return _finish(profile, on_recorded, done.decision, changed=done.changed)


class DeliveryChanged(NamedTuple):
    """The decision that is recorded now, and how many queued reports are held because of it, or due."""

    decision: Decision
    moved: int


def hold(profile: Profile, *, review: bool) -> DeliveryChanged:
    """Record whether reports are held until the person releases them, and hold or free those that are queued.

    A report that the person held back on its own stays held until it is released. Raises `UserError`.
    """
    delivery = Delivery.REVIEW if review else Delivery.AUTOMATIC

    def step(old: Decision) -> Decision:
        if old.consent is Consent.UNDECIDED:
            where = str(profile.config_path)
            raise UserError("nothing is decided yet", where=where, remedy="Enable first, or say no")
        return old if old.delivery is delivery else old._replace(delivery=delivery, changed=_now(profile))

    decision = change(profile, step).decision
    try:
        return DeliveryChanged(decision, hold_queued(profile, decision, review=review))
    except UserError as error:
        effect = "nothing is sent without a release" if review else "what is held stays held"
        remedy = f"{error.remedy}. Your choice is recorded; {effect}"
        raise UserError(error.what, where=error.where, remedy=remedy, code=error.code) from error


def _renew(profile: Profile, on_recorded: OnRecorded, answer: Callable[..., Decision]) -> Decided:
    def step(old: Decision) -> Decision:
        # Somebody may have withdrawn meanwhile: then there is no yes that could cover more.
        return answer(old, changed=_now(profile)) if old.consent is Consent.GRANTED else old

    done = change(profile, step)
    return _finish(profile, on_recorded, done.decision, changed=done.changed)


def _declined(profile: Profile, old: Decision, *, local: bool) -> Decision:
    if old.consent is Consent.DECLINED and old.local is local and present(profile):
        return old
    return declined(old, consent_id=str(uuid.uuid4()), changed=_now(profile), local=local)


def _finish(
    profile: Profile, on_recorded: OnRecorded, decision: Decision, *, changed: bool, notices: tuple[str, ...] = ()
) -> Decided:
    """Announce a recorded decision, delete what may not be kept under it, and return everything that was done."""
    try:
        on_recorded(decision, changed=changed, notices=notices)
    finally:  # nobody may be there to be told: a closed pipe, a terminal that is gone
        purged = _purge_recorded(profile, decision)
    return Decided(decision, changed, purged, hold_others(profile, decision), notices)


def _purge_before(profile: Profile, document: Document) -> None:
    """Delete what may not be kept under the answer before a yes. Raises `UserError`: the yes is not recorded then."""
    try:
        purge_under(profile, document)
    except UserError as error:
        remedy = f"{error.remedy}. Your yes is not recorded"
        raise UserError(error.what, where=error.where, remedy=remedy, code=error.code) from error


def _purge_recorded(profile: Profile, decision: Decision) -> PurgeResult:
    """Delete what may not be kept under the recorded answer; return what that was. Raises `UserError`."""
    try:
        return purge_without_consent(profile)
    except UserError as error:
        stays = "stays as it is" if decision.local else "could not be deleted"  # for the person it would be kept
        remedy = f"{error.remedy}. Your answer is recorded; what is waiting here {stays}, and will not be sent"
        raise UserError(error.what, where=error.where, remedy=remedy, code=error.code) from error


def _purge_unrecorded(profile: Profile) -> str:
    """Delete what was not delivered although the no could not be recorded; return what became of it."""
    try:
        result = purge(profile, local=False)
    except UserError as error:
        return f"What is waiting here could not be deleted: {error}"
    fates = (
        (result.reports, "never sent"),
        (sum(number for _, number in result.sent_before), "of which bytes had been sent"),
        (result.unrecorded, "of which no record says whether they were sent"),
    )
    waited = ", ".join(f"{number} {fate}" for number, fate in fates if number)
    still = f". A report may still be sent to {result.may_leave_to}" if result.may_leave_to else ""
    counted = ", and so is what was counted for you" if result.sessions or result.requests or result.days else ""
    if counted and not waited:
        return f"What was counted for you is deleted{still}"
    return f"{f'What was waiting here ({waited}) is deleted{counted}' if waited else 'Nothing is waiting here'}{still}"


def _agree_anew(profile: Profile, decision: Decision) -> bool:
    """Ask an endpoint again whose programme had ended, agree to its smaller groups; return whether it was so."""
    endpoint = decision.endpoint
    with open_readonly(profile) as db:
        ended = db is not None and same_endpoint(get_meta(db, ENDED), endpoint)
        lowered = db is not None and groups.group_size(db, endpoint).lowered
    if ended or lowered:
        with opened(profile) as db, transaction(db):
            if ended:
                set_meta(db, ENDED, "")
            if groups.agree(db, endpoint):
                free = QueueState.HELD_BY_MODE if decision.delivery is Delivery.REVIEW else QueueState.DUE
                outbox.move_all(db, QueueState.HELD_FOR_GROUPS, free)
    return ended or lowered


def _now(profile: Profile) -> str:
    return f"{profile.clock.now():%Y-%m-%dT%H:%M:%SZ}"


ANSWERS: Final[dict[Answer, Callable[[Profile, OnRecorded], Decided]]] = {
    Answer.ENABLE: partial(enable, delivery=Delivery.AUTOMATIC),
    Answer.ENABLE_HELD: partial(enable, delivery=Delivery.REVIEW),
    Answer.ONLY_FOR_ME: only_for_me,
    Answer.DECLINE: decline,
    Answer.ADD_FIELDS: add_fields,
    Answer.LEAVE_FIELDS: leave_fields,
}
"""The answers that are recorded at once."""
