"""What a receiver's operator says of itself: one GET, its answer bounded in time and length."""

import json

import pytest

from shimmy_metrics.delivery import operator as module
from shimmy_metrics.delivery.operator import OperatorText, ask, parse
from shimmy_metrics.delivery.post import Response
from shimmy_metrics.delivery.request import operator_request
from shimmy_metrics.limits import GROUP_REPORTS_MAX, OPERATOR_BYTES
from shimmy_metrics.records import Failure
from shimmy_metrics.system.environment import Environment
from support.sending import receiver, says, says_nothing

END = b"\r\n\r\n"


def text(**told: object) -> Response:
    return Response(200, json.dumps(told).encode())


def test_one_request_goes_to_the_same_origin_and_tells_nothing_of_this_machine() -> None:
    answer = json.dumps({"name": "Somebody"}).encode()
    with receiver(says(200, answer), END) as (url, came):
        assert ask(operator_request(url), Environment({})) == Response(200, answer)
    (asked,) = came
    line, *headers = asked.decode().removesuffix("\r\n\r\n").split("\r\n")
    assert line == "GET /v1/operator HTTP/1.1"
    assert [each for each in headers if not each.startswith("Host: 127.0.0.1:")] == [
        "User-Agent: shimmy-metrics",
        "Accept: application/json",
        "Accept-Encoding: identity",
        "Connection: close",
    ]


def test_more_than_an_operator_may_say_is_not_read_to_its_end() -> None:
    with receiver(says(200, b"x" * (OPERATOR_BYTES + 1)), END) as (url, _):
        answer = ask(operator_request(url), Environment({}))
    assert len(answer.body) == OPERATOR_BYTES


def test_who_does_not_answer_is_waited_for_so_long_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SEND_SECONDS", 0.05)
    with receiver(says_nothing, END) as (url, _):
        assert ask(operator_request(url), Environment({})) == Response(failure=Failure.TIME)


@pytest.mark.parametrize(
    ("response", "said"),
    [
        (text(name="Somebody"), OperatorText("Somebody", "", 0)),
        (text(name="Somebody", text="Two\nlines", k=5), OperatorText("Somebody", "Two\nlines", 5)),
        (text(name=" Somebody "), OperatorText(" Somebody ", "")),
        *(
            (text(name="a", k=k), OperatorText("a", "", k if said else 0))
            for k, said in [
                (1, True),
                (0, False),
                (-1, False),
                (GROUP_REPORTS_MAX, True),
                (GROUP_REPORTS_MAX + 1, False),
            ]
        ),
        *((text(name="a", k=k), OperatorText("a", "")) for k in (True, 5.0, "5", None, [5])),
        *((text(name=name), None) for name in ("", " \n", 7, None, ["a"])),
        *((text(name="a", text=wrong), None) for wrong in (7, None, ["a"])),
        (text(text="a"), None),
        (Response(200, b'["name"]'), None),
        (Response(200, b'{"name":"a"'), None),
        (Response(404, b'{"name":"a"}'), None),
        (Response(204, b'{"name":"a"}'), None),
        (Response(failure=Failure.NAME), None),
    ],
)
def test_what_is_such_a_text(response: Response, said: OperatorText | None) -> None:
    assert parse(response) == said


def test_a_text_that_was_not_read_to_its_end_is_none() -> None:
    body = b'{"name":"a","text":"%s"}'
    room = OPERATOR_BYTES - len(body % b"")
    assert parse(Response(200, body % (b"x" * room))) is None
    assert parse(Response(200, body % (b"x" * (room - 1)))) == OperatorText("a", "x" * (room - 1))
