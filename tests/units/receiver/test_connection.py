"""HTTP/1.1 on one connection: requests behind each other, half of one, none at all, and what an old client speaks."""

import gc
import socket
from contextlib import suppress
from typing import Final
from uuid import uuid4

import pytest

from support.receiving import JSON, Receiving, post_request, read_answer, request
from support.samples import sealed

GOOD: Final = sealed().body


def _all(connection: socket.socket) -> bytes:
    """Return what comes until the peer closes."""
    return b"".join(iter(lambda: connection.recv(65_536), b""))


def test_requests_that_come_at_once_are_answered_in_their_order(receiver: Receiving) -> None:
    ids = [str(uuid4()) for _ in range(50)]
    with receiver.connect() as made:
        made.sendall(b"".join(post_request(sealed(each).body) for each in ids))
        made.sendall(request("GET", "/nothing", [("connection", "close")]))
        answers = _all(made).decode()
    assert answers.count("HTTP/1.1 200 OK\r\n") == len(ids)
    assert answers.count("connection: close\r\n") == 1
    assert answers.index("HTTP/1.1 404 Not Found\r\n") > answers.rindex(ids[-1])
    assert [*map(answers.index, ids)] == sorted(map(answers.index, ids))
    assert len(receiver.store.rows) == len(ids)


@pytest.mark.parametrize("size", [1, 7, 300])
def test_a_request_may_come_in_pieces(receiver: Receiving, size: int) -> None:
    sent = post_request(GOOD)
    with receiver.connect() as made:
        for start in range(0, len(sent), size):
            made.sendall(sent[start : start + size])
        answer = read_answer(made)
    assert answer.status == 200
    assert answer.headers.keys() == {"date", "content-type", "content-length"}
    assert len(receiver.store.rows) == 1


def test_what_is_no_http_behind_a_request_takes_nothing_from_its_answer(receiver: Receiving) -> None:
    with receiver.connect() as made:
        made.sendall(post_request(GOOD) + b"no HTTP at all\r\n\r\n" * 300)  # in several pieces
        answers = _all(made)
    assert answers.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answers.count(b"HTTP/1.1") == 1
    assert receiver.counted == {"no HTTP": 1}


@pytest.mark.parametrize("chunk", [b"zz\r\n", b"1\r\nxx\r\n"])
def test_a_body_that_is_broken_behind_its_answer_gets_no_second_one(receiver: Receiving, chunk: bytes) -> None:
    with receiver.connect() as made:
        made.sendall(request("POST", "/v1/usage", [*JSON, ("transfer-encoding", "chunked")]))
        assert read_answer(made).status == 411
        made.sendall(chunk)
        assert _all(made) == b""
    assert receiver.counted == {"length": 1, "no HTTP": 1}


def test_who_sends_thousands_of_requests_at_once_is_cut_off(receiver: Receiving) -> None:
    with receiver.connect() as made, suppress(ConnectionError):
        made.sendall(request("GET", "/nothing", []) * 5_000)
        _all(made)
    assert receiver.counted["too many requests at once"] == 1
    assert receiver.post(GOOD).status == 200


@pytest.mark.parametrize(
    "head",
    [
        request("POST", "/v1/usage", [*JSON, ("content-length", str(len(GOOD))), ("connection", "close")]),
        request("POST", "/v1/usage", [*JSON, ("content-length", str(len(GOOD)))]).replace(b"HTTP/1.1", b"HTTP/1.0"),
        request("POST", "/v1/usage", [*JSON, ("content-length", str(len(GOOD))), ("connection", "keep-alive")]).replace(
            b"HTTP/1.1", b"HTTP/1.0"
        ),
    ],
)
def test_where_the_connection_is_not_kept_it_is_closed_behind_the_answer(receiver: Receiving, head: bytes) -> None:
    with receiver.connect() as made:
        made.sendall((head + GOOD) * 2)
        answer = _all(made)
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.count(b"HTTP/1.1") == 1


def test_another_protocol_is_not_spoken(receiver: Receiving) -> None:
    upgrade = [("connection", "Upgrade"), ("upgrade", "h2c")]
    with receiver.connect() as made:
        made.sendall(request("GET", "/v1/operator", upgrade) + b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        answer = _all(made)
    assert answer.startswith(b"HTTP/1.1 404 Not Found\r\n")
    assert not receiver.counted["no HTTP"]


def test_a_target_may_be_a_whole_url_and_a_query_belongs_to_it(receiver: Receiving) -> None:
    whole = post_request(GOOD).replace(b"/v1/usage", b"http://receiver/v1/usage", 1)
    assert receiver.send(whole).status == 200
    assert receiver.send(whole.replace(b"/v1/usage", b"/v1/usage?a=b", 1)).status == 404
    assert receiver.post(GOOD, path="/v1/usage?a=b").status == 404
    assert receiver.post(GOOD, path="/v1/%75sage").status == 404


@pytest.mark.parametrize("kind", ["application/json", "text/plain"])
def test_who_asks_first_is_told_to_go_on_where_its_head_is_taken(receiver: Receiving, kind: str) -> None:
    headers = [("content-type", kind), ("content-length", str(len(GOOD))), ("expect", "100-continue")]
    with receiver.connect() as made:
        made.sendall(request("POST", "/v1/usage", headers))
        if kind == "text/plain":
            assert read_answer(made).status == 415
            return
        assert read_answer(made).status == 100
        made.sendall(GOOD)
        assert read_answer(made).status == 200


def test_who_leaves_in_mid_request_disturbs_nobody(receiver: Receiving) -> None:
    sent = post_request(GOOD)
    for end in (10, len(sent) - len(GOOD), len(sent) - 1):
        with receiver.connect() as made:
            made.sendall(sent[:end])
    assert receiver.post(GOOD).status == 200
    gc.collect()  # the loop tells of a task that nobody would ever have woken
    assert receiver.post(GOOD).status == 200
    assert not receiver.counted
