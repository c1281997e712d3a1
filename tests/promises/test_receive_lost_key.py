"""After the key that hashed ids was lost nothing is said of a report that cannot be found by its id any more."""

import json

from support.installed import Home
from support.receive_folder import act, home, report
from support.receive_process import receive

__all__ = ["home"]


def test_after_a_lost_hashing_key_no_recall_is_confirmed_and_a_report_is_stored_twice(home: Home) -> None:
    body = report()
    report_id = json.loads(body)["session_id"]
    with receive(home) as running:
        assert running.post(body).status == 200
        assert running.stop() == 0
    (running.data / "keys" / "hashing").unlink()
    act(home, "rotate-key", "hashing")
    with receive(home) as running:
        assert running.post(body).status == 200
        assert running.held() == 2
        told = running.ask("DELETE", f"/v1/usage/{report_id}")
        assert (told.status, told.headers["retry-after"]) == (503, "86400")
        assert running.post(body).status == 409  # it is noted all the same: it is not taken again
        assert running.stop() == 0
        assert running.held() == 1
