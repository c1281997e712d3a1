"""The one request, what its answers mean, and one sender at a time; against a real receiver on loopback."""

import socket
import threading
import time
from pathlib import Path

import orjson
import pytest

from shimmy_metrics.actions.decide import decline, enable, hold, only_for_me
from shimmy_metrics.actions.overview import overview
from shimmy_metrics.actions.release import delete, release
from shimmy_metrics.consent import ENDPOINT
from shimmy_metrics.delivery.force import ENDED
from shimmy_metrics.delivery.post import Answer, post
from shimmy_metrics.delivery.proxy import UNREADABLE, proxy_for, proxy_shown
from shimmy_metrics.delivery.request import Request, headers, next_request
from shimmy_metrics.delivery.retry import Fate, judge, passes_over
from shimmy_metrics.delivery.sealing import end_session, seal_dead
from shimmy_metrics.delivery.send import send_pending
from shimmy_metrics.delivery.turn import lock_path
from shimmy_metrics.errors import TroubleError
from shimmy_metrics.limits import REQUEST_BYTES, REQUEST_REPORTS
from shimmy_metrics.receiver.loopback import LoopbackReceiver
from shimmy_metrics.records import Outcome, Pending, Wait
from shimmy_metrics.report.seal import digest, join
from shimmy_metrics.store import outbox, receipts, sessions
from shimmy_metrics.store.database import opened, remember, store_path
from shimmy_metrics.system.environment import Environment
from shimmy_metrics.system.locks import Lock
from shimmy_metrics.system.profile import Profile
from support.samples import FACTS, NOW, pending, profile, sealed, session

LOCAL = "http://127.0.0.1:9/v1/usage"


def _id(number: int) -> str:
    return f"c0ffee00-0000-4000-8000-{number:012x}"


def _due(number: int) -> Pending:
    return pending(_id(number))


def _request(*numbers: int) -> Request:
    request = next_request([_due(number) for number in numbers], LOCAL)
    assert request is not None
    return request


def test_one_report_is_the_body_and_several_are_an_array_of_the_same_bytes() -> None:
    assert _request(1).body == _due(1).body
    assert _request(1, 2).body == b"[" + _due(1).body + b"," + _due(2).body + b"]"
    assert next_request([], LOCAL) is None


def test_a_request_is_bounded_and_the_rest_waits_for_the_next() -> None:
    many = [_due(number) for number in range(REQUEST_REPORTS + 20)]
    request = next_request(many, LOCAL)
    assert request is not None
    assert len(request.body) <= REQUEST_BYTES
    assert request.reports == tuple(many[: len(request.reports)])
    assert 1 < len(request.reports) <= REQUEST_REPORTS


def _told(request: Request, stored: list[str], refused: list[dict[str, str]], sha256: str = "") -> bytes:
    return orjson.dumps({"sha256": sha256 or request.sha256, "stored": stored, "refused": refused})


@pytest.mark.parametrize(
    ("status", "fate"),
    [
        (200, Fate.DELIVERED), (202, Fate.DELIVERED), (204, Fate.DELIVERED),
        (301, Fate.LATER), (302, Fate.LATER), (304, Fate.LATER),
        (400, Fate.REFUSED), (401, Fate.REFUSED), (404, Fate.REFUSED), (413, Fate.REFUSED), (422, Fate.REFUSED),
        (408, Fate.LATER), (410, Fate.ENDED), (429, Fate.LATER),
        (500, Fate.LATER), (503, Fate.LATER), (0, Fate.LATER),
    ],
)  # fmt: skip
def test_each_status_has_its_meaning(status: int, fate: Fate) -> None:
    assert judge(_request(1), Answer(status, b"")).fate is fate


def test_only_an_answer_that_repeats_the_digest_confirms() -> None:
    request = _request(1)
    assert judge(request, Answer(200, _told(request, [_id(1)], []))).confirmed
    assert not judge(request, Answer(200, b"<html>Please log in to this network</html>")).confirmed
    assert not judge(request, Answer(200, _told(request, [_id(1)], [], digest(b"another")))).confirmed


def test_of_a_partly_taken_array_only_the_refused_are_set_aside() -> None:
    request = _request(1, 2, 3)
    refused = [{"id": _id(2), "field": "platform", "rule": "none of its words\x1b[2J"}]
    verdict = judge(request, Answer(422, _told(request, [_id(1)], refused)))
    assert verdict.fate is Fate.DELIVERED
    assert verdict.refused.keys() == {_id(2), _id(3)}
    assert verdict.refused[_id(2)] == "platform: none of its words\\x1b[2J"


def test_back_off_passes_over_none_then_one_then_two_ends() -> None:
    made = []
    for failures in (0, 1, 2, 3, 9):
        passed = 0
        while passes_over(failures, passed):
            passed += 1
        made.append(passed)
    assert made == [0, 0, 1, 2, 2]


def test_no_header_tells_about_the_machine() -> None:
    names = [name for name, _ in headers(ENDPOINT, 700)]
    assert names == ["Host", "Content-Type", "Content-Length", "User-Agent", "Accept", "Accept-Encoding", "Connection"]
    assert dict(headers(ENDPOINT, 700))["User-Agent"] == "shimmy-metrics"


@pytest.mark.parametrize(
    ("endpoint", "variables", "proxy"),
    [
        (ENDPOINT, {}, ""),
        (ENDPOINT, {"HTTPS_PROXY": "http://p:1"}, "http://p:1"),
        (ENDPOINT, {"https_proxy": "http://q:1", "HTTPS_PROXY": "http://p:1"}, "http://q:1"),
        (ENDPOINT, {"ALL_PROXY": "http://p:1"}, "http://p:1"),
        (ENDPOINT, {"HTTP_PROXY": "http://p:1"}, ""),
        (ENDPOINT, {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "example.org, .shimmy-ai.dev"}, ""),
        (ENDPOINT, {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "other-shimmy-ai.dev"}, "http://p:1"),
        (ENDPOINT, {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "*"}, ""),
        (LOCAL, {"HTTPS_PROXY": "http://p:1", "HTTP_PROXY": "http://p:1", "ALL_PROXY": "http://p:1"}, ""),
        ("https://127.0.0.1/", {"HTTPS_PROXY": "http://p:1"}, ""),
    ],
)
def test_a_proxy_serves_https_and_never_loopback(endpoint: str, variables: dict[str, str], proxy: str) -> None:
    assert proxy_for(endpoint, Environment(variables)) == proxy


@pytest.mark.parametrize(
    ("named", "shown"),
    [
        ("http://proxy.example:3128", "proxy.example:3128"),
        ("proxy.example:3128", "proxy.example:3128"),
        ("http://proxy.example", "proxy.example:80"),
        ("https://proxy.example/", "proxy.example:443"),
        ("socks5://[::1]:1080/", "[::1]:1080"),
        ("http://ada:s3cret@proxy.example:3128/s3cret?s3cret#s3cret", "proxy.example:3128"),
        ("ada:s3cret@proxy.example:3128", "proxy.example:3128"),
        ("http://ada:1815#s3cret@proxy.example:3128", UNREADABLE),
        ("http://ada:1815/s3cret@proxy.example:3128", UNREADABLE),
        ("http://ada:s3cret", UNREADABLE),
        ("s3cret://", UNREADABLE),
        ("http://s3\x1b[2J:80", UNREADABLE),
    ],
)
def test_of_a_proxy_host_and_port_are_shown_and_never_more(named: str, shown: str) -> None:
    assert proxy_shown(ENDPOINT, Environment({"https_proxy": named})) == shown
    assert proxy_shown(LOCAL, Environment({"https_proxy": named})) == ""


def _ready(root: Path, receiver_url: str) -> Profile:
    mine = profile(root, SHIMMY_METRICS_ENDPOINT=receiver_url)
    enable(mine)
    return mine


def _hold_reports(mine: Profile, *numbers: int) -> None:
    with opened(mine) as db:
        for number in numbers:
            outbox.add(db, _due(number))


def test_what_arrives_is_the_sealed_bytes_and_a_receipt_keeps_them(tmp_path: Path) -> None:
    with LoopbackReceiver() as receiver:
        mine = _ready(tmp_path, receiver.url)
        _hold_reports(mine, 1, 2)
        send_pending(mine)
    (arrived,) = receiver.received
    assert arrived.body == join([_due(1).body, _due(2).body])
    assert arrived.headers == headers(receiver.url, len(arrived.body))
    with opened(mine) as db:
        assert outbox.everything(db) == []
        (receipt,) = receipts.everything(db)
    assert receipt.body == arrived.body
    assert (receipt.status, receipt.outcome, receipt.reports) == (200, Outcome.CONFIRMED, 2)
    assert receipt.endpoint == receiver.url


def test_a_second_try_of_the_same_report_is_harmless(tmp_path: Path) -> None:
    with LoopbackReceiver() as receiver:
        mine = _ready(tmp_path, receiver.url)
        for _ in range(2):
            _hold_reports(mine, 1)
            send_pending(mine)
        assert [arrived.status for arrived in receiver.received] == [200, 200]
        assert len(receiver._known) == 1


def test_without_a_receiver_the_report_stays_and_goes_later(tmp_path: Path) -> None:
    with LoopbackReceiver() as receiver:
        mine = _ready(tmp_path, receiver.url)
        _hold_reports(mine, 1)
    send_pending(mine)  # the receiver is gone
    with opened(mine) as db:
        assert len(outbox.due(db)) == 1
        assert receipts.everything(db) == []
    assert "later" in mine.log_path.read_text()


def test_an_endless_answer_ends_within_the_time_limit(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
                end = time.monotonic() + 5
                while time.monotonic() < end:
                    try:
                        connection.sendall(b"x")
                    except OSError:
                        return
                    time.sleep(0.05)

        threading.Thread(target=drip, daemon=True).start()
        request = next_request([_due(1)], f"http://127.0.0.1:{server.getsockname()[1]}/v1/usage")
        assert request is not None
        began = time.monotonic()
        answer = post(request, Environment(), 0.4)
    assert answer.failure
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("change", [decline, only_for_me])
def test_a_withdrawal_between_sealing_and_sending_sends_nothing(tmp_path: Path, change: object) -> None:
    with LoopbackReceiver() as receiver:
        mine = _ready(tmp_path, receiver.url)
        _hold_reports(mine, 1)
        assert callable(change)
        decided = change(mine)
        send_pending(mine)
        assert receiver.received == []
    assert decided.deleted.reports == 1


def test_a_switch_or_another_endpoint_makes_reports_wait(tmp_path: Path) -> None:
    with LoopbackReceiver() as receiver:
        mine = _ready(tmp_path, receiver.url)
        _hold_reports(mine, 1)
        send_pending(profile(tmp_path, DO_NOT_TRACK="1", SHIMMY_METRICS_ENDPOINT=receiver.url))
        send_pending(profile(tmp_path, SHIMMY_METRICS_ENDPOINT="http://127.0.0.1:9/other"))
        assert receiver.received == []
        send_pending(mine)
        assert len(receiver.received) == 1


def test_under_review_nothing_leaves_until_it_is_released(tmp_path: Path) -> None:
    with LoopbackReceiver() as receiver:
        mine = _ready(tmp_path, receiver.url)
        _hold_reports(mine, 1, 2)
        hold(mine, review=True)
        send_pending(mine)
        assert receiver.received == []
        with opened(mine) as db:
            first, second = outbox.everything(db)
            outbox.mark(db, first.id, Wait.DUE)
        send_pending(mine, by_hand=True)
        assert [arrived.body for arrived in receiver.received] == [_due(1).body]
        assert delete(mine, second.id)
        assert not delete(mine, second.id)
    with opened(mine) as db:
        assert [each.note for each in receipts.everything(db)] == ["deleted by you before it was sent", ""]


def test_releasing_needs_a_consent_that_covers_the_endpoint(tmp_path: Path) -> None:
    mine = _ready(tmp_path, LOCAL)
    _hold_reports(mine, 1)
    with opened(mine) as db:
        (held,) = outbox.everything(db)
    with pytest.raises(TroubleError, match="nothing may leave"):
        release(profile(tmp_path, DO_NOT_TRACK="1"), held.id)


def test_after_410_nothing_is_sent_there_any_more(tmp_path: Path) -> None:
    with LoopbackReceiver() as receiver:
        mine = _ready(tmp_path, receiver.url)
        with opened(mine) as db:
            remember(db, ENDED, receiver.url)
        _hold_reports(mine, 1)
        send_pending(mine)
        assert receiver.received == []


def test_damage_on_the_disk_does_not_leave(tmp_path: Path) -> None:
    with LoopbackReceiver() as receiver:
        mine = _ready(tmp_path, receiver.url)
        _hold_reports(mine, 1)
        with opened(mine) as db:
            db.execute("UPDATE outbox SET body = ?", (sealed().body.replace(b"linux-x64", b"/home/you"),))
        send_pending(mine)
        assert receiver.received == []
        with opened(mine) as db:
            (aside,) = outbox.everything(db)
    assert aside.wait is Wait.SET_ASIDE


def test_one_sender_at_a_time(tmp_path: Path) -> None:
    with LoopbackReceiver() as receiver:
        mine = _ready(tmp_path, receiver.url)
        _hold_reports(mine, 1)
        other = Lock(lock_path(mine))
        assert other.take()
        send_pending(mine)
        assert receiver.received == []
        other.release()
        send_pending(mine)
        assert len(receiver.received) == 1


def test_a_session_is_sealed_only_under_the_grant_that_measured_it(tmp_path: Path) -> None:
    mine = _ready(tmp_path, LOCAL)
    decline(mine)
    grant = enable(mine).decision.grant
    with opened(mine) as db:
        stale = sessions.begin(db, session(_id(1), grant="an earlier decision"))
        current = sessions.begin(db, session(_id(2), grant=grant))
        assert not end_session(mine, db, stale, session().counters, FACTS)
        assert outbox.everything(db) == []
        assert end_session(mine, db, current, session().counters, FACTS)
        (waiting,) = outbox.everything(db)
        assert waiting.report_id == _id(2)
        assert sessions.running(db) == []


def test_a_dead_session_is_sealed_at_the_next_start_and_a_living_one_is_not(tmp_path: Path) -> None:
    mine = _ready(tmp_path, LOCAL)
    grant = enable(mine).decision.grant
    with opened(mine) as db:
        sessions.begin(db, session(_id(1), grant=grant))
        living = sessions.begin(db, session(_id(2), grant=grant))
        lock = sessions.take_lock(mine, _id(2))
        assert seal_dead(mine, db, FACTS)
        assert [each.report_id for each in outbox.everything(db)] == [_id(1)]
        assert [each.id for each in sessions.running(db)] == [living]
        lock.release(remove=True)


def test_another_server_s_session_stays_for_the_person(tmp_path: Path) -> None:
    mine = _ready(tmp_path, LOCAL)
    with opened(mine) as db:
        number = sessions.begin(db, session(_id(1), local=True))
        assert not end_session(mine, db, number, session().counters, FACTS)
        assert [each.session_id for each in sessions.kept(db)] == [_id(1)]


def test_at_most_one_report_a_day_counts_it_and_one_a_month_tells_the_machine(tmp_path: Path) -> None:
    mine = _ready(tmp_path, LOCAL)
    grant = enable(mine).decision.grant
    with opened(mine) as db:
        for number in (1, 2):
            end_session(mine, db, sessions.begin(db, session(_id(number), grant=grant)), session().counters, FACTS)
        first, second = (orjson.loads(each.body)["metrics"] for each in outbox.everything(db))
    assert (first["daily_active_usage"], first["memory_gb"], first["cpu_cores"]) == (True, 16, 8)
    assert (second["daily_active_usage"], second["memory_gb"], second["cpu_cores"]) == (False, None, None)


def test_deleting_the_config_is_a_withdrawal_at_the_next_look(tmp_path: Path) -> None:
    mine = _ready(tmp_path, LOCAL)
    _hold_reports(mine, 1, 2)
    mine.config_path.unlink()
    assert overview(mine, FACTS).outbox == ()
    assert b"c0ffee00" not in store_path(mine).read_bytes()
    assert enable(mine).deleted.reports == 0


def test_a_damaged_config_deletes_nothing_and_sends_nothing(tmp_path: Path) -> None:
    with LoopbackReceiver() as receiver:
        mine = _ready(tmp_path, receiver.url)
        _hold_reports(mine, 1)
        whole = mine.config_path.read_bytes()
        mine.config_path.write_bytes(whole[:-3])
        assert "no valid JSON" in overview(mine, FACTS).trouble
        with pytest.raises(TroubleError):
            send_pending(mine)
        assert receiver.received == []
        mine.config_path.write_bytes(whole)
        send_pending(mine)
        assert len(receiver.received) == 1


def test_the_clock_of_a_profile_is_the_one_that_seals(tmp_path: Path) -> None:
    mine = _ready(tmp_path, LOCAL)
    grant = enable(mine).decision.grant
    with opened(mine) as db:
        end_session(mine, db, sessions.begin(db, session(_id(1), grant=grant)), session().counters, FACTS)
        (waiting,) = outbox.everything(db)
    assert waiting.sealed == NOW
    assert b'"timestamp":"2026-11-23T00:00:00Z"' in waiting.body
