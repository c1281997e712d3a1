"""Each answer a receiver can give, to sessions that were really served: one digest everywhere, and what follows."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from shimmy_metrics.actions.overview import overview
from shimmy_metrics.demo.toy_server import ToyServer
from shimmy_metrics.limits import SEND_SECONDS
from shimmy_metrics.machine.gather import gather
from shimmy_metrics.store import departures, sessions
from shimmy_metrics.store.readonly import open_readonly
from shimmy_metrics.system.environment import Environment
from support import receiver as behave
from support.installed import Home, stop, wait_until
from support.processes import processes
from support.receiver import Behaviour, Post, Receiver
from support.servers import ask, free_port, wait_for

LONG: Final = 30.0


class Case(NamedTuple):
    """An answer, and what it leads to.

    `reports` is how many sessions wait for the request; `left` how each of them is queued afterwards, with the cause;
    `failures` how many attempts in a row have failed then; `again` whether the next session's end sends again.
    """

    answers: Behaviour
    reports: int
    outcome: str
    left: tuple[tuple[str, str], ...]
    failures: int
    again: bool


def _cut(handler: behave.Handler, _: bytes) -> None:
    """Close the connection instead of an answer."""
    handler.close_connection = True


DUE: Final = ("due", "")
REFUSED: Final = ("set-aside", "refused")

CASES: Final = {
    # 2xx: a receipt, and the report is gone. It is confirmed where the answer repeats the digest.
    "200": Case(behave.accept, 1, "confirmed", (), 0, again=True),
    "200 to a batch": Case(behave.accept, 2, "confirmed", (), 0, again=True),
    "captive 200": Case(behave.portal, 1, "accepted", (), 0, again=True),
    # 422 with a list: those stored get the receipt, those refused are set aside, whatever the request's bytes were.
    "partial 422": Case(behave.refuse_second, 2, "partly-taken", (("set-aside", "rule"),), 0, again=True),
    # Other 4xx: set aside, not tried again by itself.
    "400": Case(behave.status(400), 1, "refused", (REFUSED,), 0, again=True),
    "409": Case(behave.status(409), 1, "refused", (REFUSED,), 0, again=True),
    "413": Case(behave.status(413), 1, "refused", (REFUSED,), 0, again=True),
    "422 without a list": Case(behave.status(422), 1, "refused", (REFUSED,), 0, again=True),
    # 410: the programme has ended, nothing is sent there any more.
    "410": Case(behave.status(410), 1, "refused", (DUE,), 0, again=False),
    # The rest stays, and after one failure no session's end is passed over.
    "408": Case(behave.status(408), 1, "error", (DUE,), 1, again=True),
    "429": Case(behave.status(429), 1, "error", (DUE,), 1, again=True),
    "500": Case(behave.status(500), 1, "error", (DUE,), 1, again=True),
    "503 to a batch": Case(behave.status(503), 2, "error", (DUE, DUE), 2, again=False),
    "redirect": Case(behave.redirect, 1, "error", (DUE,), 1, again=True),
    "cut off": Case(_cut, 1, "no-answer", (DUE,), 1, again=True),
}

ALIKE: Final = ("200", "400", "413", "422 without a list", "408", "503 to a batch")
"""Of their kind another case runs in CI."""

SAMPLE: Final = ("200 to a batch", "partial 422", "410", "500", "cut off")
"""Of each consequence one case."""


@contextmanager
def _home(folder: Path, behaviour: Behaviour, **metrics: object) -> Iterator[tuple[Home, Receiver, ToyServer]]:
    """Yield a home that agreed to a receiver, with more keys in its config, the receiver, and a server to measure."""
    with Receiver(folder, behaviour) as receiver, ToyServer() as toy:
        home = Home(folder / "home", receiver.variables)
        home.root.mkdir()
        home.agree()
        config = json.loads(home.profile.config_path.read_bytes())
        config["metrics"] |= metrics
        home.profile.config_path.write_text(json.dumps(config))
        yield home, receiver, toy


def _exported(home: Home) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(home.metrics("export").stdout)
    return told


def _attempted(home: Home, times: int) -> bool:
    """Whether so many departures are over."""
    with open_readonly(home.profile) as db:
        return db is not None and sum(each.ended is not None for each in departures.everything(db)) == times


def _session(home: Home, toy: ToyServer, requests: int = 1) -> bytes:
    """Serve a session of so many requests to its end; return the report that it was previewed as while it ran."""
    port = free_port()
    with home.started("serve", "--upstream", toy.url, "--bind", f"127.0.0.1:{port}") as process:
        wait_for(port, process)
        for _ in range(requests):
            assert ask(port)[0] == 200

        def counted() -> bool:
            with open_readonly(home.profile) as db:
                return db is not None and [each.counters.requests for each in sessions.running(db)] == [requests]

        assert wait_until(counted, LONG)
        (live,) = overview(home.profile, gather(Environment({"TZ": "Europe/Berlin"}))).running
        stop(process)
    return live.report.body


def _let_the_sender_end(home: Home) -> None:
    """Wait until the sender that a session's end may have started, which it did before it ended, is gone."""
    assert wait_until(lambda: not processes(home, "shimmy_metrics.delivery"), SEND_SECONDS + LONG)


def _next_request(home: Home) -> bytes:
    """Return the body that the app and `preview` show as the next request."""
    shown = overview(home.profile, gather(Environment({"TZ": "Europe/Berlin"}))).next_request
    assert shown is not None
    assert home.metrics("preview").stdout.encode() == shown.body
    return shown.body


def _is_one(home: Home, arrived: Post, shown: bytes, *, by_hand: bool = False) -> dict[str, Any]:
    """Hold what was shown, what arrived, and what is on record against each other; return the newest departure."""
    told = _exported(home)
    departure: dict[str, Any] = told["departures"][0]
    assert arrived.body == shown
    assert departure["sha256"] == sha256(shown).hexdigest()
    assert str(departure["length"]) == str(len(shown)) == dict(arrived.headers)["Content-Length"]
    reports = json.loads(shown) if shown.startswith(b"[") else [json.loads(shown)]
    assert departure["report_ids"] == [each["session_id"] for each in reports]
    assert (departure["reports"], departure["by_hand"]) == (len(reports), by_hand)
    if departure["taken"]:
        assert told["receipts"][0]["body"].encode() == shown
        assert told["receipts"][0]["sha256"] == departure["sha256"]
    assert arrived.method == "POST"
    assert arrived.path == "/v1/usage"
    return departure


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.long if name in ALIKE else [] if name in SAMPLE else pytest.mark.thorough)
        for name in CASES
    ],
)
def test_an_answer_leads_to_what_the_design_says_and_every_digest_is_the_same(tmp_path: Path, name: str) -> None:
    case = CASES[name]
    with _home(tmp_path, behave.status(503)) as (home, receiver, toy):
        shown = b""
        if case.reports == 1:
            receiver.behaviour = case.answers
        for number in range(1, case.reports + 1):
            # The first of a batch is refused for now, so that it waits for the second.
            if number == case.reports:
                receiver.behaviour = case.answers
            before = _next_request(home) if number > 1 else b""
            report = _session(home, toy, number)
            shown = b"[" + before + b"," + report + b"]" if before else report
            assert wait_until(partial(_attempted, home, number), SEND_SECONDS + LONG)
        departure = _is_one(home, receiver.received[-1], shown)
        told = _exported(home)
        assert departure["outcome"] == case.outcome
        assert departure["taken"] == case.reports - len(case.left)
        assert tuple((each["wait"], each["cause"]) for each in told["outbox"]) == case.left
        assert int(told["meta"].get("failures", 0)) == case.failures
        sent = len(receiver.received)
        receiver.behaviour = behave.accept
        due = _next_request(home) if DUE in case.left and case.again else b""
        later = _session(home, toy, 3)
        if case.again:
            assert wait_until(partial(_attempted, home, case.reports + 1), SEND_SECONDS + LONG)
            expected = b"[" + due + b"," + later + b"]" if due else later
            assert _is_one(home, receiver.received[-1], expected)["outcome"] == "confirmed"
            left = [each["wait"] for each in _exported(home)["outbox"]]
            assert left == ["set-aside"] * len([each for each in case.left if each != DUE])
        else:
            _let_the_sender_end(home)
            assert len(receiver.received) == sent
        assert home.metrics("validate").returncode == 0


def test_under_review_one_is_released_alone_and_then_all_in_one_request(tmp_path: Path) -> None:
    with _home(tmp_path, behave.accept, delivery="review") as (home, receiver, toy):
        reports = [_session(home, toy, number) for number in (1, 2, 3)]
        assert wait_until(lambda: len(_exported(home)["outbox"]) == 3, LONG)
        _let_the_sender_end(home)
        assert receiver.received == []
        digest = sha256(reports[1]).hexdigest()
        shown = home.run("preview", digest[:12], command="shimmy-metrics").stdout.encode()
        assert shown == reports[1]
        assert home.run("release", digest[:12], command="shimmy-metrics").returncode == 0
        assert _is_one(home, receiver.received[0], shown, by_hand=True)["outcome"] == "confirmed"
        both = _next_request(home)
        assert both == b"[" + reports[0] + b"," + reports[2] + b"]"
        assert home.run("release", "all", command="shimmy-metrics").returncode == 0
        assert _is_one(home, receiver.received[1], both, by_hand=True)["outcome"] == "confirmed"
        assert len(receiver.received) == 2
        assert _exported(home)["outbox"] == []
