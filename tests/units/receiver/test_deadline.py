"""Whoever is slow, sends too much, or does not read is gone in time; everybody else is answered meanwhile."""

import contextlib
import select
import socket
import statistics
import time
from typing import Final
from uuid import uuid4

import pytest

from shimmy_metrics.receiver import deadline
from shimmy_metrics.receiver.deadline import DEADLINE_SECONDS, MOST_BYTES
from support.receiving import JSON, Receiving, read_answer, request
from support.samples import sealed
from support.timely import in_time

SLOW: Final = 300
GONE_SECONDS: Final = DEADLINE_SECONDS + 5
GOOD: Final = sealed().body
HEAD: Final = request("POST", "/v1/usage", [*JSON, ("content-length", str(len(GOOD)))])


def _use(connection: socket.socket, *, seconds: float) -> None:
    """Send a good report every half second for so long, each of which is taken."""
    began = time.monotonic()
    while time.monotonic() < began + seconds:
        connection.sendall(HEAD + GOOD)
        assert read_answer(connection).status == 200
        time.sleep(0.5)


def _is_closed(connection: socket.socket) -> bool:
    """Whether the peer has closed; whatever it has sent before is read."""
    with contextlib.suppress(BlockingIOError):
        try:
            while connection.recv(65_536):
                pass
        except ConnectionError:
            return True
        return True
    return False


def _beginnings() -> list[bytes]:
    """Return what slow connections begin with: nothing, a part of a head, a head, parts of a body."""
    return [
        b"",
        b"POST /v1/us",
        HEAD[:-2],
        HEAD,
        HEAD + GOOD[:100],
        request("GET", "/v1/nothing", [("content-length", "1000")]),
        HEAD + GOOD + b"POST /v1/usage HT",
        HEAD + GOOD + b"\r\n",
    ]


def test_three_hundred_slow_connections_are_gone_and_nobody_waits_for_them(receiver: Receiving) -> None:
    beginnings = _beginnings()
    slow = [receiver.connect() for _ in range(SLOW)]
    waits: list[float] = []
    with contextlib.ExitStack() as stack:
        for index, each in enumerate(slow):
            stack.enter_context(each)
            each.sendall(beginnings[index % len(beginnings)])
            each.setblocking(False)
        began = time.monotonic()
        left = slow
        turn = 0
        while left and time.monotonic() < began + 3 * GONE_SECONDS:
            turn += 1
            asked = time.monotonic()
            body = sealed(str(uuid4())).body
            assert receiver.post(body).status == 200
            waits.append(time.monotonic() - asked)
            for each in left[turn % 7 :: 7]:
                with contextlib.suppress(OSError):
                    each.send(b"a")  # one byte now and then keeps a time-out between bytes from ever coming
            left = [each for each in left if not _is_closed(each)]
            time.sleep(0.1)
        took = time.monotonic() - began
    assert not left, len(left)
    assert SLOW / 2 < receiver.counted["slower than 10 s"] + receiver.counted["no HTTP"] <= SLOW
    assert in_time(took, GONE_SECONDS)
    assert len(waits) > 20
    assert statistics.median(waits) < 1
    assert max(waits) < DEADLINE_SECONDS / 2  # also on a busy machine: nobody waits until a slow one is gone


@pytest.mark.parametrize(
    ("last", "status"), [(HEAD + GOOD, 200), (HEAD.replace(b"usage", b"nothing"), 404), (HEAD + GOOD + b"\r\n", 200)]
)
def test_an_idle_connection_is_closed_and_one_in_use_is_kept(receiver: Receiving, last: bytes, status: int) -> None:
    with receiver.connect() as used, receiver.connect() as idle:
        idle.sendall(last)
        assert read_answer(idle).status == status
        if status == 404:
            time.sleep(0.1)
            idle.sendall(GOOD)  # the body of a request that was answered unread
        _use(used, seconds=7)
        idle.setblocking(False)
        assert _is_closed(idle)


@pytest.mark.parametrize(
    "head",
    [
        b"POST /v1/usage HTTP/1.1\r\nx: ",
        b"POST /" + b"p" * 20_000,
        request("GET", "/nothing", [("content-length", "10000000")]),
        request("POST", "/v1/usage", [*JSON, ("transfer-encoding", "chunked")]) + b"ffffff\r\n",
    ],
)
def test_a_request_that_is_too_long_is_closed_early(receiver: Receiving, head: bytes) -> None:
    with receiver.connect() as made:
        made.settimeout(3)
        made.sendall(head)
        sent = len(head)
        with contextlib.suppress(ConnectionError):
            while sent < 10_000_000:
                sent += made.send(b"x" * 1_000)
                if select.select([made], [], [], 0.002)[0] and not made.recv(65_536):
                    break
    assert sent < 4 * MOST_BYTES
    assert receiver.counted["longer than 40 kB"] + receiver.counted["no HTTP"] == 1
    assert receiver.post(GOOD).status == 200


def test_whoever_reads_no_answer_is_closed_too(receiver: Receiving) -> None:
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1_024)
    with made:
        made.connect(("127.0.0.1", receiver.port))
        made.setblocking(False)
        began = time.monotonic()
        closed = False
        while not closed and time.monotonic() < began + 3 * GONE_SECONDS:
            try:
                made.send((HEAD + GOOD) * 20)
            except BlockingIOError:
                time.sleep(0.1)
            except ConnectionError:
                closed = True
    assert closed


def test_each_request_of_a_kept_connection_has_its_own_deadline(
    receiver: Receiving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadline, "DEADLINE_SECONDS", 3.0)
    with receiver.connect() as kept:
        _use(kept, seconds=5)
        kept.sendall(HEAD)
        began = time.monotonic()
        assert read_answer(kept).status == 0
    assert 2 < time.monotonic() - began < DEADLINE_SECONDS
    assert receiver.counted["slower than 10 s"] == 1
