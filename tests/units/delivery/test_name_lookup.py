"""A name that does not resolve, or whose look-up hangs, costs the sender its time and nothing else."""

import socket
import threading
import time

import pytest

from shimmy_metrics.delivery.post import Gate, Post, Response
from shimmy_metrics.delivery.request import Request
from shimmy_metrics.records import Failure
from shimmy_metrics.system.environment import Environment
from support.timely import in_time

REQUEST = Request("https://nowhere.invalid/v1/usage", (), b"{}", ())


def test_a_name_that_nobody_knows_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    gate = Gate(lambda: True)
    assert Post([REQUEST], Environment(), gate, 5.0).response(5.0) == Response(failure=Failure.NAME)
    assert not gate.passed


def test_a_look_up_that_hangs_can_be_given_up_at_any_time(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()

    def hanging(*_: object, **__: object) -> None:
        ended.wait(10)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", hanging)
    began = time.monotonic()
    gate = Gate(lambda: True)
    assert Post([REQUEST], Environment(), gate, 5.0).response(0.1) is None
    assert not gate.close()
    assert in_time(time.monotonic() - began, 2.0)
    ended.set()
