"""One SHA-256: what is shown before, exported, recorded, carried over the wire and received are the same bytes."""

import asyncio
import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Final

import pytest

from shimmy_metrics.actions.decide import enable
from shimmy_metrics.actions.export import export
from shimmy_metrics.actions.overview import overview
from shimmy_metrics.actions.preview import preview, preview_report
from shimmy_metrics.consent.state import SCHEMA_VERSION
from shimmy_metrics.delivery import sender
from shimmy_metrics.delivery.post import _GATES, Gate, Response
from shimmy_metrics.delivery.request import Request
from shimmy_metrics.delivery.seal import end_session
from shimmy_metrics.limits import REPORT_BYTES, REQUEST_BYTES, REQUEST_REPORTS
from shimmy_metrics.receiver.loopback import LoopbackReceiver
from shimmy_metrics.report.validate import validate_body
from shimmy_metrics.store import chain, database, outbox, sessions
from shimmy_metrics.store.database import Database, connect
from shimmy_metrics.system.environment import Environment
from shimmy_metrics.system.profile import Profile
from support import random_sessions, samples
from support.soundness import stored

pytestmark = pytest.mark.thorough

A_STORE_S: Final = 200
"""How many of them one store takes: a look copies all of it."""


def _digest(body: bytes) -> str:
    return sha256(body).hexdigest()


class _Handed:
    """Takes the request from the sender's hand to the receiver: the network between them is the next tests' matter."""

    receiver: LoopbackReceiver

    def __init__(self, requests: Sequence[Request], _: Environment, gate: Gate, __: float) -> None:
        (request,) = requests
        for event in _GATES:
            gate.step(event, {"request": SimpleNamespace(method=b"POST")})
        answer = asyncio.run(self.receiver.answer("POST", "/v1/usage", request.headers, lambda: request.body))
        self._response = Response(answer.status, answer.body)

    def response(self, _: float) -> Response:
        return self._response


def _unsynced(opens: Callable[[Path, float], Database]) -> Callable[[Path, float], Database]:
    """Open a store that waits for no disk: that what is written outlives a power cut is not tried here."""

    def opened(path: Path, busy_seconds: float) -> Database:
        db = opens(path, busy_seconds)
        db.execute("PRAGMA synchronous=OFF")
        return db

    return opened


def _seal(profile: Profile, db: Database, draw: random.Random) -> bytes:
    """Seal one more session; return the report that was shown of it while it ran."""
    facts = random_sessions.facts(draw)
    drawn = random_sessions.session(draw)._replace(consent_id=_consent_id(profile), endpoint=_endpoint(profile))
    row_id = sessions.begin(db, drawn)
    running = sessions.get(db, row_id)
    assert running is not None
    shown = preview_report(profile, db, running, facts, schema_version=SCHEMA_VERSION)
    assert end_session(profile, db, row_id, running.counters, facts)
    made = outbox.due(db)[-1]
    assert (made.report_id, made.body, made.sha256) == (drawn.report_id, shown.body, _digest(shown.body))
    assert not list(validate_body(made.body))
    assert len(made.body) <= REPORT_BYTES
    return made.body


def _consent_id(profile: Profile) -> str:
    return str(json.loads(profile.config_path.read_bytes())["metrics"]["session_id"])


def _endpoint(profile: Profile) -> str:
    return str(json.loads(profile.config_path.read_bytes())["metrics"]["endpoint"])


def _sizes(draw: random.Random, total: int) -> Iterator[int]:
    """Yield how many reports wait together, until there were `total`."""
    while total > 0:
        size = min(draw.choice((1, 1, 2, 7, 31, REQUEST_REPORTS)), total)
        total -= size
        yield size


@pytest.mark.parametrize("aggregates", [1_000, pytest.param(10_000, marks=pytest.mark.long)])
def test_of_thousands_of_aggregates_each_is_shown_exported_recorded_and_received_as_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, aggregates: int
) -> None:
    draw = random.Random(14)
    monkeypatch.setattr(sender, "Post", _Handed)
    monkeypatch.setattr(database, "_open_for_writing", _unsynced(database._open_for_writing))
    with LoopbackReceiver(samples.today) as receiver:
        monkeypatch.setattr(_Handed, "receiver", receiver, raising=False)
        for store in range(aggregates // A_STORE_S):
            profile = samples.profile(tmp_path / str(store), SHIMMY_METRICS_ENDPOINT=receiver.url)
            enable(profile)
            with closing(connect(profile)) as db:
                for size in _sizes(draw, A_STORE_S):
                    waiting = [_seal(profile, db, draw) for _ in range(size)]
                    while waiting:
                        waiting = waiting[_send_next(profile, receiver, waiting) :]
                assert chain.broken(db) == []
    assert sum(_number(each.body) for each in receiver.received) == aggregates
    assert len(stored(receiver)) == aggregates


def _number(body: bytes) -> int:
    return len(json.loads(body)) if body.startswith(b"[") else 1


def _send_next(profile: Profile, receiver: LoopbackReceiver, waiting: list[bytes]) -> int:
    """Hold every face's next request against the receiver's; return how many of the waiting reports it carried."""
    exported = json.loads(export(profile))
    assert [each["body"].encode() for each in exported["outbox"]] == waiting
    assert [each["sha256"] for each in exported["outbox"]] == list(map(_digest, waiting))
    shown = overview(profile, samples.FACTS).next_request
    previewed = preview(profile, samples.FACTS).request
    sender.send_queued(profile, time.monotonic() + 60)
    arrived = receiver.received[-1]
    carried = _number(arrived.body)
    fits = waiting[:carried]
    assert arrived.body == (fits[0] if carried == 1 else b"[" + b",".join(fits) + b"]")
    assert carried == len(waiting) or len(arrived.body) + len(waiting[carried]) + 1 > REQUEST_BYTES
    assert shown is not None
    told = json.loads(export(profile))
    departure, receipt = told["departures"][0], told["receipts"][0]
    assert {
        shown.sha256,
        _digest(shown.body),
        previewed.sha256,
        _digest(previewed.body),
        departure["sha256"],
        receipt["sha256"],
        _digest(receipt["body"].encode()),
        _digest(arrived.body),
    } == {_digest(arrived.body)}
    assert dict(arrived.headers)["Content-Length"] == str(departure["length"]) == str(len(arrived.body))
    assert arrived.headers == shown.headers == previewed.headers
    assert (departure["outcome"], departure["reports"], departure["taken"]) == ("confirmed", carried, carried)
    assert departure["report_ids"] == [json.loads(each)["session_id"] for each in fits]
    return carried
