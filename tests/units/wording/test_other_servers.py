"""What is said of servers that were started in another shell."""

import pytest

from shimmy_metrics.consent.effective_consent import EffectiveConsent, Obstacle
from shimmy_metrics.consent.endpoint import ENDPOINT
from shimmy_metrics.consent.state import Consent, Decision, Delivery
from shimmy_metrics.next_attempt import NextAttempt
from shimmy_metrics.records import Session
from shimmy_metrics.wording.other_servers import next_end, other_receiver, switched_elsewhere
from shimmy_metrics.wording.schedule import NextEnd
from shimmy_metrics.wording.session_consent import there
from support import samples

OTHER = "https://metrics.example.org/v1/usage"
THIRD = "https://third.example.org/v1/usage"
YES = EffectiveConsent(Decision(consent=Consent.GRANTED, consent_id="grant"))
ELSEWHERE = YES._replace(endpoint=OTHER)
"""This shell has another receiver than the one agreed to."""


def _at(port: int, endpoint: str = ENDPOINT) -> Session:
    return samples.session(consent_id="grant")._replace(address=f"http://127.0.0.1:{port}", endpoint=endpoint)


def test_a_session_s_process_has_its_own_switch_and_receiver() -> None:
    here = YES._replace(switch="DO_NOT_TRACK=1", ended=True)
    assert there(here, _at(1)) == YES._replace(ended=True)
    assert there(here, _at(1, OTHER)) == ELSEWHERE
    assert there(here, _at(1, OTHER)).obstacle is Obstacle.OTHER_ENDPOINT
    assert there(ELSEWHERE, _at(1)).sends
    assert there(YES, _at(1, "")) == YES


@pytest.mark.parametrize(
    ("endpoints", "which"),
    [
        ((), NextEnd.ANY),
        ((ENDPOINT,), NextEnd.RUNNING),
        ((ENDPOINT, ENDPOINT), NextEnd.ONE_OF_RUNNING),
        ((OTHER,), NextEnd.FROM_HERE),
        ((OTHER, ENDPOINT), NextEnd.ANY),
        ((OTHER, THIRD), NextEnd.FROM_HERE),
    ],
)
def test_the_next_end_is_that_of_a_measured_server_that_sends_and_without_one_of_any_from_here(
    endpoints: tuple[str, ...], which: NextEnd
) -> None:
    assert next_end(YES, [_at(1, endpoint) for endpoint in endpoints]) is which


def test_of_a_server_for_another_receiver_it_is_said_that_its_end_sends_nothing() -> None:
    assert other_receiver(YES, [_at(1), _at(2, OTHER)]) == (
        f"The server at http://127.0.0.1:2 was started for {OTHER}, not for the receiver you agreed to: "
        "nothing is sent when it ends."
    )
    assert "The servers at http://127.0.0.1:2 and http://127.0.0.1:3 were started" in other_receiver(
        YES, [_at(2, OTHER), _at(3, OTHER)]
    )
    assert other_receiver(YES, [_at(2, OTHER), _at(3, THIRD)]).count("nothing is sent when it ends") == 2


def test_of_a_server_for_the_agreed_receiver_it_is_said_that_its_end_sends_though_this_shell_does_not() -> None:
    assert other_receiver(ELSEWHERE, [_at(1)]) == (
        f"The server at http://127.0.0.1:1 was started for {ENDPOINT}: what is due is sent when it ends."
    )
    assert other_receiver(ELSEWHERE, [_at(1), _at(2)]).endswith("sent when the first of them ends.")
    assert other_receiver(ELSEWHERE, [_at(1)], NextAttempt(1)).endswith(
        "sent when a later session that was started for it ends."
    )


@pytest.mark.parametrize(
    ("consent", "sessions"),
    [
        (YES, []),
        (YES, [_at(1), _at(2, f"{ENDPOINT}/"), _at(3, "")]),
        (YES, [_at(1, OTHER)._replace(consent_id="earlier")]),  # it ends now, and the next one may be for this receiver
        (ELSEWHERE, [_at(1, OTHER)]),  # why nothing leaves there is said of this shell
        (ELSEWHERE._replace(switch="DO_NOT_TRACK=1"), [_at(1)]),  # that it is measured is said of the switch
        (ELSEWHERE._replace(decision=YES.decision._replace(delivery=Delivery.REVIEW)), [_at(1)]),
        (EffectiveConsent(Decision(consent=Consent.DECLINED, local=True)), [_at(1, OTHER)]),
    ],
)
def test_where_all_is_as_here_nothing_is_said(consent: EffectiveConsent, sessions: list[Session]) -> None:
    assert other_receiver(consent, sessions) == ""


def test_of_a_switch_in_this_shell_alone_the_servers_are_named_that_do_not_have_it() -> None:
    one = switched_elsewhere("DO_NOT_TRACK=1", ["http://127.0.0.1:11435"], "n")
    assert one == (
        "This shell is switched off by DO_NOT_TRACK=1. The server at http://127.0.0.1:11435 was started without it "
        "and is measured; n withdraws for all."
    )
    assert "servers at A and B were" in switched_elsewhere("X", ["A", "B"], "n")
