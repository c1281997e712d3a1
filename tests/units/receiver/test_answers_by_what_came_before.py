"""What a receiver answers by what it holds, knows and was told."""

from uuid import uuid4

from shimmy_metrics.consent.state import SCHEMA_VERSION
from shimmy_metrics.receiver.asgi import BUSY_SECONDS, Programme
from shimmy_metrics.receiver.response import NEWER_SCHEMA_SECONDS
from support.good_report import GOOD, OTHER_ID, changed, named, receiver, shared
from support.receiving import Receiving
from support.samples import SESSION_ID

__all__ = ["receiver", "shared"]


def test_the_same_bytes_again_are_stored_once_and_others_conflict(receiver: Receiving) -> None:
    first = receiver.post(GOOD)
    assert receiver.post(GOOD).json == first.json
    assert len(receiver.store.rows) == 1
    other = changed(lambda report: report["metrics"].update(errors_count=3))
    answer = receiver.post(other)
    assert (answer.status, answer.json) == (409, {"rule": "other bytes stand under this id"})
    array = receiver.post(b"[" + other + b"," + named(OTHER_ID) + b"]")
    assert array.status == 422
    assert array.json["stored"] == [OTHER_ID]
    refused = {"id": SESSION_ID, "field": "session_id", "rule": "other bytes stand under this id"}
    assert array.json["refused"] == [refused]


def test_an_id_twice_in_an_array_is_refused_in_its_place(receiver: Receiving) -> None:
    answer = receiver.post(b"[" + GOOD + b"," + named(OTHER_ID) + b"," + GOOD + b"]")
    assert answer.status == 422
    assert answer.json["stored"] == [SESSION_ID, OTHER_ID]
    assert answer.json["refused"] == [{"id": SESSION_ID, "field": "session_id", "rule": "stands there twice"}]


def test_a_newer_list_of_fields_is_asked_for_again_in_a_day(receiver: Receiving) -> None:
    newer = changed(lambda report: report.update(schema_version=SCHEMA_VERSION + 1, more="planted"))
    for body in (newer, b"[" + named(OTHER_ID) + b"," + newer + b"]"):
        answer = receiver.post(body)
        assert (answer.status, answer.body) == (503, b"")
        assert answer.headers["retry-after"] == str(NEWER_SCHEMA_SECONDS) == "86400"
    assert not receiver.store.rows


def test_what_cannot_be_stored_now_is_asked_for_again(receiver: Receiving) -> None:
    receiver.store.refusing = True
    for answer in (receiver.post(GOOD), receiver.ask("DELETE", f"/v1/usage/{SESSION_ID}")):
        assert (answer.status, answer.body) == (503, b"")
        assert answer.headers["retry-after"] == str(BUSY_SECONDS)
    receiver.store.refusing = False
    assert receiver.post(GOOD).status == 200


def test_a_recalled_report_is_gone_and_not_taken_again(receiver: Receiving) -> None:
    receiver.post(GOOD)
    for _ in range(2):
        answer = receiver.ask("DELETE", f"/v1/usage/{SESSION_ID}")
        assert (answer.status, answer.body) == (204, b"")
        assert "content-length" not in answer.headers
    assert not receiver.store.rows
    assert (receiver.post(GOOD).status, receiver.post(GOOD).json) == (409, {"rule": "recalled"})
    array = receiver.post(b"[" + GOOD + b"]")
    assert (array.status, array.json["refused"][0]["rule"]) == (422, "recalled")
    assert receiver.ask("DELETE", f"/v1/usage/{uuid4()}").status == 204


def test_once_the_programme_has_ended_reports_are_gone_and_recalls_go_on(receiver: Receiving) -> None:
    receiver.post(GOOD)
    receiver.programme = Programme(ended=True)
    answer = receiver.post(named(OTHER_ID))
    assert (answer.status, answer.body) == (410, b"")
    assert receiver.ask("DELETE", f"/v1/usage/{SESSION_ID}").status == 204
    assert not receiver.store.rows
    receiver.programme = Programme()
    assert receiver.post(named(OTHER_ID)).status == 200


def test_a_group_size_of_its_own_stands_in_every_answer(receiver: Receiving) -> None:
    receiver.programme = Programme(k=3)
    assert receiver.post(GOOD).json["k"] == 3
    assert receiver.post(changed(lambda report: report.update(planted=1))).json["k"] == 3


def test_the_operator_s_text_is_there_or_is_not(receiver: Receiving) -> None:
    assert receiver.ask("GET", "/v1/operator").status == 404
    receiver.programme = Programme(operator=b'{"name":"A team","text":"Ours.","k":3}')
    assert receiver.ask("GET", "/v1/operator").json == {"name": "A team", "text": "Ours.", "k": 3}
