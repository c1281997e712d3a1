"""What a real receiver says reaches its senders: a smaller group in its answers, and who runs it."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shimmy_metrics.receiver.folder import Folder
from shimmy_metrics.receiver.programme import publish_text, set_k
from support.circle import confirmed, receiver_with_tls
from support.installed import Home, wait_until
from support.queue_report import FIRST, SECOND, THIRD, end_session, queue_report

OWN = "shimmy-metrics"


def test_a_smaller_group_holds_what_waits_and_the_operator_s_words_are_shown(tmp_path: Path) -> None:
    with receiver_with_tls(Home(tmp_path)) as (running, variables):
        home, folder = Home(tmp_path, variables), Folder(running.data)
        home.agree()
        queue_report(home, FIRST)
        end_session(home)
        confirmed(home)
        assert home.run("operator", command=OWN).returncode == 1
        set_k(folder, 3, datetime.now(UTC).date())
        publish_text(folder, "Example Org\nWe run this for our own fleet.\n")
        time.sleep(1.1)  # a running receiver looks at its files once a second
        queue_report(home, SECOND)
        end_session(home)
        assert wait_until(lambda: _status(home)["published_from"] == 3)
        queue_report(home, THIRD)
        end_session(home)
        found = _status(home)
        assert (found["published_from"], found["published_from_agreed"], found["reports_held"]) == (3, 20, 1)
        told = home.run("operator", command=OWN)
        assert told.returncode == 0
        assert "\n  Example Org\n" in told.stdout
        assert "In its own words:\n  We run this for our own fleet.\n" in told.stdout
        assert "no figure about fewer than 3 reports" in told.stdout


def _status(home: Home) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(home.metrics("status", "--json").stdout)
    return found
