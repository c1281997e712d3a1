"""What `preview` says of a session that has not ended: only where a report is made of it is that called its report."""

from shimmy_metrics.actions.preview import Basis, Preview
from shimmy_metrics.cli.preview_report import described
from shimmy_metrics.consent.effective_consent import EffectiveConsent
from shimmy_metrics.consent.state import SCHEMA_VERSION, Delivery, untrusted
from shimmy_metrics.delivery.request import Request
from shimmy_metrics.next_attempt import FIRST_ATTEMPT
from shimmy_metrics.records import Session
from shimmy_metrics.wording.consent import obstacle
from shimmy_metrics.wording.schedule import UNDER_ANOTHER_YES, NextEnd, sent_when
from support import overviews, samples

(RUNNING,) = (each.session for each in overviews.busy().running)
YES = overviews.busy().consent
NEWER = YES._replace(decision=YES.decision._replace(schema_version=SCHEMA_VERSION + 1))
NONE_MADE = (
    (NEWER, RUNNING),
    (YES._replace(ended=True), RUNNING),
    (YES._replace(decision=untrusted(YES.decision), distrust="others may write it"), RUNNING),
    (YES, RUNNING._replace(local=True)),
)


def _first_line(consent: EffectiveConsent, session: Session, *, cut_off: bool = False) -> str:
    request = Request(consent.endpoint, (), b"{}", ())
    running = () if cut_off else (session,)
    found = Preview(request, Basis.SESSION, consent, session, running, int(cut_off))
    return next(iter(described(found, samples.NOW)))


def test_of_a_running_session_of_which_no_report_is_made_none_is_named() -> None:
    assert _first_line(YES, RUNNING) == "The running session: its report as of the last second saved, 2 bytes."
    for consent, session in NONE_MADE:
        expected = "The running session: as a report, as of the last second saved, 2 bytes."
        assert _first_line(consent, session) == expected


def test_of_one_that_was_cut_off_none_is_promised() -> None:
    for consent, session in ((YES, RUNNING), *NONE_MADE):
        expected = "The session that was cut off, as a report of it would be now: 2 bytes."
        assert _first_line(consent, session, cut_off=True) == expected


def test_the_report_of_one_that_began_under_another_yes_is_said_to_be_held() -> None:
    yes = YES._replace(decision=YES.decision._replace(delivery=Delivery.AUTOMATIC, consent_id="the newest"))
    for session, line in (
        (RUNNING, UNDER_ANOTHER_YES),
        (RUNNING._replace(consent_id="the newest"), sent_when(FIRST_ATTEMPT, NextEnd.ANY)),
    ):
        found = Preview(Request(yes.endpoint, (), b"{}", ()), Basis.SESSION, yes, session, (), 1)
        assert list(described(found, samples.NOW))[1:] == [line]


def test_of_one_that_was_cut_off_it_is_said_that_nothing_is_sent_from_a_shell_with_another_receiver() -> None:
    here = YES._replace(endpoint="https://other.example/v1/usage")
    request = Request(here.endpoint, (), b"{}", ())
    found = Preview(request, Basis.SESSION, here, RUNNING._replace(endpoint=YES.endpoint), (), 1)
    assert list(described(found, samples.NOW))[1:] == [obstacle(here)]


def test_of_one_that_was_cut_off_and_measured_for_a_receiver_not_agreed_to_it_is_said_that_its_report_is_held() -> None:
    consent = YES._replace(decision=YES.decision._replace(delivery=Delivery.AUTOMATIC))
    other = RUNNING._replace(endpoint="https://other.example/v1/usage", consent_id=consent.decision.consent_id)
    found = Preview(Request(consent.endpoint, (), b"{}", ()), Basis.SESSION, consent, other, (), 1)
    held = "It is made when a session starts, and held, since it was measured for other.example."
    assert list(described(found, samples.NOW))[1:] == [held]
