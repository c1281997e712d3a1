"""A receiver with a certificate of its own, and the way of a report to it and back."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from shimmy_metrics.receiver.folder import Folder
from shimmy_metrics.receiver.row import recall_of
from shimmy_metrics.receiver.search import holding
from support.certificates import issue
from support.installed import Home, wait_until
from support.receive_process import Process, receive


@contextmanager
def receiver_with_tls(home: Home) -> Iterator[tuple[Process, dict[str, str]]]:
    """Run `receive` over TLS; yield it with the variables that make a sender use it."""
    files = issue(home.root)
    with receive(home, "--tls-cert", str(files.chain), "--tls-key", str(files.key)) as running:
        endpoint = f"https://localhost:{running.port}/v1/usage"
        yield running, {"SHIMMY_METRICS_ENDPOINT": endpoint, "SSL_CERT_FILE": str(files.authority)}


def confirmed(home: Home) -> dict[str, Any]:
    """Wait until the last request was confirmed, and return it as `history` tells it."""

    def last() -> dict[str, Any]:
        listed: list[dict[str, Any]] = json.loads(_own(home, "history", "--json").stdout)
        return listed[0] if listed else {}

    assert wait_until(lambda: last().get("outcome") == "confirmed"), last()
    return last()


def recall_and_look(home: Home, running: Process, sent: dict[str, Any]) -> None:
    """Recall what was sent: it was stored, is in no file afterwards, and the week is told without it."""
    folder = Folder(running.data)
    hashing = ((folder.keys / "hashing").read_bytes(),)
    body = json.loads(sent["body"])
    ids = [each["session_id"] for each in (body if isinstance(body, list) else [body])]
    keys = [recall_of(each, hashing).key for each in ids]
    assert keys
    assert all(list(holding(folder.days, key)) for key in keys)
    assert running.held() == len(keys)
    folder.group_size.write_text("1")  # with 20, a few reports are rounded to none
    assert _received(home, running) == len(keys)
    told = _own(home, "recall", sent["sha256"][:12], "--yes")
    assert told.returncode == 0, told.stdout + told.stderr
    assert not any(list(holding(folder.days, key)) for key in keys)
    assert running.held() == 0
    assert _received(home, running) == 0


def _received(home: Home, running: Process) -> int:
    week = _own(home, "receive", "week", "--json", "--data", str(running.data))
    received: int = json.loads(week.stdout)["received"]
    return received


def _own(home: Home, *words: str) -> "subprocess.CompletedProcess[str]":
    return home.run(*words, command="shimmy-metrics")
