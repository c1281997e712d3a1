"""What a yes changes, and when reports are sent, comes from one function that is right in each case."""

import re

import pytest

from shimmy_metrics.actions.situation import Situation
from shimmy_metrics.consent.effective_consent import EffectiveConsent, Unusable
from shimmy_metrics.consent.endpoint import ENDPOINT
from shimmy_metrics.consent.state import SCHEMA_VERSION, Consent, Decision, Delivery
from shimmy_metrics.next_attempt import NextAttempt
from shimmy_metrics.wording.consent import obstacle
from shimmy_metrics.wording.decision import answer_recorded, delivery_changed, effect_of_answer
from shimmy_metrics.wording.other_servers import next_report
from shimmy_metrics.wording.schedule import NextEnd, next_attempt
from support import samples

YES = Decision(consent=Consent.GRANTED, consent_id="grant")
MINE = Decision(consent=Consent.DECLINED, local=True)
ELSEWHERE = "https://metrics.example.org/v1/usage"
QUIET = Situation()
SENDING = Situation(sending=True)
UNSAVED = "Nothing is saved or sent while the store cannot be used."


@pytest.mark.parametrize(
    ("ends_skipped", "told"), list(enumerate(("next session", "second session", "third session", "fourth session")))
)
@pytest.mark.parametrize(("at_start", "verb"), [(False, "ends"), (True, "starts")])
def test_the_next_attempt_says_at_which_session_s_end_or_start(
    ends_skipped: int, told: str, verb: str, *, at_start: bool
) -> None:
    yes, attempt = EffectiveConsent(YES), NextAttempt(ends_skipped, at_start)
    assert re.fullmatch(rf"when the {told}( from now)? {verb}", next_attempt(attempt))
    assert f"Reports are sent {next_attempt(attempt)}." in effect_of_answer(yes, Situation(attempt=attempt))
    from_here = f"when the {told} from this shell {verb}"
    assert next_attempt(attempt, NextEnd.FROM_HERE) == from_here
    now = Situation((samples.session(consent_id=YES.consent_id)._replace(endpoint=ELSEWHERE),), attempt)
    assert f"Reports are sent {from_here}." in effect_of_answer(yes, now)
    assert delivery_changed(yes, now, review=False, moved=0).endswith(f"that are due {from_here}.")
    assert delivery_changed(yes, now, review=False, moved=3).endswith(f" 3 held reports are due now, sent {from_here}.")


def test_before_a_server_was_measured_nobody_knows_whether_reports_leave_at_an_end_or_at_a_start() -> None:
    assert "Each report is sent after its session." in effect_of_answer(EffectiveConsent(YES), QUIET)


def test_a_yes_takes_hold_at_the_next_start_and_behind_upstream_at_once() -> None:
    told = " ".join(effect_of_answer(EffectiveConsent(YES), QUIET, own_server=True))
    assert "each server that starts is measured, and one behind serve --upstream at once, unless a switch is" in told
    assert "Only sessions of Shimmy itself are sent; those of another server stay here." in told
    # Of a server that runs already nothing is said: a new answer may end what is measured there, or leave it as it is.
    assert "next start" not in told
    assert "from this start on" in effect_of_answer(EffectiveConsent(YES), QUIET, starting=True, own_server=True)[0]
    assert "only a server behind" in effect_of_answer(EffectiveConsent(YES), QUIET, own_server=False)[0]


def test_a_session_that_the_yes_does_not_cover_is_not_said_to_be_sent() -> None:
    yes = EffectiveConsent(YES)
    covered, mine, earlier = (
        samples.session(consent_id=YES.consent_id),
        samples.session(local=True),
        samples.session(consent_id="another yes"),
    )
    for each, told in (
        (mine, "A session that began only for you stays here."),
        (earlier, "The report of a session that began under another yes is held until you release it."),
    ):
        assert next_report(yes, [each]) is NextEnd.ANY
        assert next_report(yes, [each, covered]) is NextEnd.RUNNING
        assert effect_of_answer(yes, Situation((each,)))[-1] == told
        assert effect_of_answer(yes, Situation(cut_off=(each,)))[-1] == told
    assert effect_of_answer(yes, Situation((covered,))) == effect_of_answer(yes, QUIET)


def test_held_reports_say_for_how_long() -> None:
    told = " ".join(effect_of_answer(EffectiveConsent(YES._replace(delivery=Delivery.REVIEW)), QUIET, own_server=True))
    assert "until you release it. After 14 days, or behind 32 newer reports," in told
    assert "session ends" not in told


def test_to_an_endpoint_of_one_s_own_any_server_s_sessions_go() -> None:
    own, other = (EffectiveConsent(each, endpoint=ELSEWHERE) for each in (YES._replace(endpoint=ELSEWHERE), YES))
    assert "stay here" not in " ".join(effect_of_answer(own, QUIET, own_server=True))
    assert "Nothing is sent" in " ".join(effect_of_answer(other, QUIET, own_server=True))
    assert EffectiveConsent(YES).endpoint == ENDPOINT


def test_a_switch_speaks_for_its_shell_alone() -> None:
    assert effect_of_answer(EffectiveConsent(YES, "CI_OFF"), QUIET) == (
        "CI_OFF keeps measuring and sending off in this shell.",
    )


def test_an_answer_that_was_given_before_is_not_said_to_begin_now() -> None:
    mine = EffectiveConsent(MINE)
    assert answer_recorded(mine, QUIET, changed=True)[0].startswith("Only for you from now on: ")
    assert answer_recorded(mine, QUIET, changed=False)[0].startswith("Only for you already: ")


def test_what_stands_in_the_way_of_a_release_is_said_where_reports_are_held() -> None:
    yes = EffectiveConsent(YES)
    assert delivery_changed(yes, QUIET, review=True, moved=0).endswith("a session's end deletes it.")
    for consent, now, why in (
        (yes._replace(unwritable="full"), QUIET, "Nothing can be saved or sent: full."),
        (yes, Situation(unusable=Unusable.CONFIG), "While the config cannot be used nothing is measured or sent."),
        (yes, Situation(store_unusable=True), UNSAVED),
    ):
        assert delivery_changed(consent, now, review=True, moved=0).endswith(f"deletes it. {why}")
        assert delivery_changed(consent, now, review=False, moved=0) == f"Your choice is recorded. {why}"


@pytest.mark.parametrize(
    "consent",
    [
        EffectiveConsent(YES._replace(schema_version=SCHEMA_VERSION + 1)),
        EffectiveConsent(YES, endpoint=ENDPOINT, ended=True),
    ],
)
def test_where_no_report_is_made_holding_promises_none_that_is_held(consent: EffectiveConsent) -> None:
    told = delivery_changed(consent, QUIET, review=True, moved=0)
    assert told == f"Your choice is recorded. {obstacle(consent)}"
    assert "1 report that was due is held too." in delivery_changed(consent, QUIET, review=True, moved=1)


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (Situation(unusable=Unusable.CONFIG), "While the config cannot be used nothing is measured or sent."),
        (Situation(store_unusable=True), UNSAVED),
    ],
)
def test_while_config_or_store_cannot_be_used_no_answer_names_a_time_of_measuring_or_sending(
    now: Situation, why: str
) -> None:
    for decision in (YES, MINE):
        assert effect_of_answer(EffectiveConsent(decision), now) == (why,)


@pytest.mark.parametrize(("moved", "freed"), [(0, ""), (1, "1 held report is due now. ")])
def test_while_a_sender_is_at_work_no_other_time_of_sending_is_named(moved: int, freed: str) -> None:
    told = delivery_changed(EffectiveConsent(YES), SENDING, review=False, moved=moved)
    assert told == f"Reports are sent automatically from now on. {freed}Something is being sent now."


def test_while_a_sender_is_at_work_a_yes_names_no_other_time_and_holding_does_not_claim_what_it_has() -> None:
    held = EffectiveConsent(YES._replace(delivery=Delivery.REVIEW))
    still = "a session's end deletes it. What is being sent now may still be taken."
    assert "Something is being sent now." in effect_of_answer(EffectiveConsent(YES), SENDING)
    assert effect_of_answer(held, SENDING)[1].endswith(still)
    assert delivery_changed(held, SENDING, review=True, moved=0).endswith(still)


@pytest.mark.parametrize("decision", [YES, MINE])
def test_while_the_store_cannot_be_written_no_answer_promises_that_a_server_is_measured(decision: Decision) -> None:
    cannot = "/x/metrics.db cannot be written"
    (told,) = effect_of_answer(EffectiveConsent(decision, unwritable=cannot), QUIET, own_server=True)
    assert told.startswith("Nothing can be saved")
    assert told.endswith(f": {cannot}.")
