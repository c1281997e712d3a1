"""What is said of servers that were started in another shell: they go by their own switch and receiver. Pure."""

from collections.abc import Sequence

from shimmy_metrics.consent.effective_consent import EffectiveConsent
from shimmy_metrics.consent.endpoint import host_of, same_endpoint
from shimmy_metrics.consent.state import Consent, Delivery
from shimmy_metrics.next_attempt import FIRST_ATTEMPT, NextAttempt
from shimmy_metrics.records import Session
from shimmy_metrics.wording.running import shown_address
from shimmy_metrics.wording.schedule import NextEnd, next_attempt
from shimmy_metrics.wording.session_consent import covered, there


def next_end(consent: EffectiveConsent, running: Sequence[Session]) -> NextEnd:
    """Return which session's end is the next one at which something may be sent, of those that run or come."""
    sending = sum(there(consent, session).sends for session in running)
    if running and not sending:
        return NextEnd.FROM_HERE
    if not running or sending < len(running):
        return NextEnd.ANY
    return NextEnd.RUNNING if sending == 1 else NextEnd.ONE_OF_RUNNING


def next_report(consent: EffectiveConsent, running: Sequence[Session]) -> NextEnd:
    """Return the same of the next report that is sent by itself: that of a session under the present yes."""
    return next_end(consent, [each for each in running if covered(consent.decision, each)])


def switched_elsewhere(switch: str, addresses: Sequence[str], withdraw: str) -> str:
    """Return what is so where only this shell has a switch, and servers that were started without it are measured.

    `addresses` are those servers', `withdraw` is what a person presses or types to withdraw for all.
    """
    is_measured = "is measured" if len(addresses) == 1 else "are measured"
    return (
        f"This shell is switched off by {switch}. {_servers(addresses)} started without it and {is_measured}; "
        f"{withdraw} withdraws for all."
    )


def other_receiver(consent: EffectiveConsent, running: Sequence[Session], attempt: NextAttempt = FIRST_ATTEMPT) -> str:
    """Return what is so where servers were started for another receiver than this shell's; empty where none was.

    `attempt` is when a sender tries next by itself.
    """
    decision = consent.decision
    if decision.consent is not Consent.GRANTED:
        return ""
    apart = [each for each in running if each.endpoint and not same_endpoint(each.endpoint, consent.endpoint)]
    agreed = [shown_address(each) for each in apart if same_endpoint(each.endpoint, decision.endpoint)]
    # One that began under another yes ends now: the next one of its server may be for the receiver agreed to.
    under = [each for each in apart if covered(decision, each)]
    others = [each for each in under if not same_endpoint(each.endpoint, decision.endpoint)]
    sentences = []
    if agreed and not consent.switch and decision.delivery is Delivery.AUTOMATIC:
        end = "when it ends" if len(agreed) == 1 else "when the first of them ends"
        if attempt.ends_skipped and not attempt.at_start:  # the end of a session from this shell does not count
            end = "when a later session that was started for it ends"
        when = next_attempt(attempt) if attempt.at_start or attempt.soon else end
        sentences.append(f"{_servers(agreed)} started for {decision.endpoint}: what is due is sent {when}.")
    for endpoint in dict.fromkeys(each.endpoint for each in others):
        addresses = [shown_address(each) for each in others if each.endpoint == endpoint]
        end = "it ends" if len(addresses) == 1 else "one of them ends"
        sentences.append(
            f"{_servers(addresses)} started for {endpoint}, not for the receiver you agreed to: "
            f"nothing is sent when {end}."
        )
    return " ".join(sentences)


def held_for_its_receiver(session: Session) -> str:
    """Return what becomes of the report of a session that was cut off, and measured for a receiver not agreed to."""
    return f"It is made when a session starts, and held, since it was measured for {host_of(session.endpoint)}."


def _servers(addresses: Sequence[str]) -> str:
    listed = " and ".join(addresses)
    return f"The server at {listed} was" if len(addresses) == 1 else f"The servers at {listed} were"
