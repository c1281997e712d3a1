"""What passes bytes on writes to the local log only while something may be measured."""

import asyncio
import ssl
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from shimmy_metrics.actions.decide import Decided, decline, enable, only_for_me
from shimmy_metrics.serve.client_limit import client_limit
from shimmy_metrics.serve.loop import new_loop
from shimmy_metrics.serve.tls_error_reporter import TlsErrorReporter
from shimmy_metrics.serve.upstream import parse_url
from shimmy_metrics.system.profile import Profile
from support.samples import profile


def _no_tls() -> ssl.SSLError:
    error = ssl.SSLError(1, "wrong version number")
    error.reason = "WRONG_VERSION_NUMBER"
    return error


def _damage(mine: Profile) -> None:
    mine.config_path.write_text("{")


def _all_that_is_noted(mine: Profile) -> list[str]:
    """Have each event of the relay's happen; return the log's lines, without their times."""

    class Failing:
        host = "127.0.0.1"

        async def connect(self, _: Callable[[], asyncio.Protocol]) -> asyncio.Transport:
            raise _no_tls()

    reporter = TlsErrorReporter(Failing(), parse_url("https://localhost"), mine, lambda _: None)
    client_limit(mine, lambda _: None).on_met()
    with pytest.raises(ssl.SSLError):
        asyncio.run(reporter.connect(asyncio.Protocol))
    loop = new_loop(mine)
    loop.call_exception_handler({"exception": ZeroDivisionError()})
    loop.close()
    for thread in threading.enumerate():
        if thread.name in {"limit", "tls-error", "note"}:
            thread.join()
    log = Path(mine.log_file)
    return sorted(line.partition(" ")[2] for line in log.read_text().splitlines()) if log.exists() else []


@pytest.mark.parametrize("answer", [enable, only_for_me])
def test_each_event_is_noted_while_something_is_measured(tmp_path: Path, answer: Callable[[Profile], Decided]) -> None:
    mine = profile(tmp_path)
    answer(mine)
    mine.state_path.mkdir(parents=True, exist_ok=True)
    assert _all_that_is_noted(mine) == [
        "more clients came than the limit of open files lets in; some waited",
        "no TLS connection with the upstream could be made (SSLError)",
        "the relay met an error (ZeroDivisionError)",
    ]


@pytest.mark.parametrize("then", [decline, _damage, lambda mine: mine.config_path.unlink()])
def test_while_off_nothing_is_written_though_there_is_a_log(tmp_path: Path, then: Callable[[Profile], object]) -> None:
    mine = profile(tmp_path)
    enable(mine)
    then(mine)
    mine.state_path.mkdir(parents=True, exist_ok=True)
    assert _all_that_is_noted(mine) == []


def test_a_switch_keeps_the_log_as_it_is(tmp_path: Path) -> None:
    enable(profile(tmp_path))
    switched = profile(tmp_path, DO_NOT_TRACK="1")
    switched.state_path.mkdir(parents=True, exist_ok=True)
    assert _all_that_is_noted(switched) == []
