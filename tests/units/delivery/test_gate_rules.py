"""The gate that is asked when the connection stands and again before the body."""

import pytest

from shimmy_metrics.delivery.post import Gate, Response
from shimmy_metrics.records import Failure
from support.post_client import HEAD, Client, client, post, trace_event

__all__ = ["client"]

BODY = "http11.send_request_body.started"


def test_the_gate_is_asked_at_two_steps_of_our_request_and_at_no_other() -> None:
    asked: list[str] = []

    def permits() -> bool:
        asked.append("asked")
        return True

    gate = Gate(permits)
    for event in ("connection.connect_tcp.started", "http11.send_request_headers.complete", "http11.receive_response"):
        gate.step(event, trace_event())
        gate.step(event, {})
    for event in (HEAD, BODY):
        gate.step(event, trace_event(b"CONNECT"))
    assert (asked, gate.passed) == ([], False)
    gate.step(HEAD, trace_event())
    assert (asked, gate.passed) == (["asked"], True)
    gate.step(BODY, trace_event())
    assert asked == ["asked"] * 2
    assert gate.close() is True


def test_a_gate_that_said_no_says_no_for_good() -> None:
    answers = iter([False, True])
    gate = Gate(lambda: next(answers))
    for _ in range(2):
        with pytest.raises(Exception, match=r"^$"):
            gate.step(HEAD, trace_event())
    assert next(answers)  # it was not asked again
    assert gate.close() is False


def test_a_gate_that_could_not_be_asked_says_no_for_good() -> None:
    def fails() -> bool:
        asked.append(True)
        raise OSError

    asked: list[bool] = []
    gate = Gate(fails)
    for _ in range(2):
        with pytest.raises(Exception, match=r"^$"):
            gate.step(HEAD, trace_event())
    assert asked == [True]
    assert gate.passed is False


def test_a_closed_gate_is_not_asked() -> None:
    gate = Gate(lambda: True)
    gate.step(HEAD, trace_event())
    assert gate.close() is True
    with pytest.raises(Exception, match=r"^$"):
        gate.step(BODY, trace_event())


@pytest.mark.parametrize(("permitted", "failure"), [(False, Failure.WITHDRAWN), (None, Failure.STORE)])
def test_what_the_gate_stopped_is_told_by_why(client: Client, permitted: bool | None, failure: Failure) -> None:
    def permits() -> bool:
        if permitted is None:
            raise OSError
        return permitted

    gate = Gate(permits)
    client.fails = lambda: gate.step(HEAD, trace_event())
    assert post(gate) == Response(failure=failure)
