"""A person's own figures: counted once whatever is killed, kept with a yes and with only for me, gone with a no."""

import csv
import io
import json
import random
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as prometheus

from shimmy_metrics.actions.decide import only_for_me
from shimmy_metrics.counters import DaySums
from shimmy_metrics.demo.toy_server import ToyServer
from shimmy_metrics.store import days, sessions
from shimmy_metrics.store.database import opened
from shimmy_metrics.store.readonly import open_readonly
from support.installed import Home, stop, wait_until
from support.one_line import assert_one_line
from support.servers import ask, chat, free_port, wait_for
from support.steady_client import LOST_SECONDS, SteadyClient
from support.whole_day import today

__all__ = ["today"]

OFF = "Metrics are off here, and no figures of your own are kept."
UNDECIDED = "Nothing is decided yet, so nothing is counted. To decide: shimmy tui."


@pytest.fixture(scope="module")
def toy() -> Iterator[ToyServer]:
    with ToyServer() as server:
        yield server


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": "http://127.0.0.1:9/v1/usage"})


class _Server:
    """The installed `serve --upstream` in front of the toy server."""

    def __init__(self, stack: ExitStack, home: Home, toy: ToyServer) -> None:
        self.port = free_port()
        words = ("serve", "--upstream", toy.url, "--bind", f"127.0.0.1:{self.port}")
        self.process = stack.enter_context(home.started(*words))
        wait_for(self.port, self.process)


def _usage(home: Home, *more: str) -> list[dict[str, Any]]:
    asked = home.run("usage", "--json", *more, command="shimmy-metrics")
    assert asked.returncode == 0, asked.stderr
    rows: list[dict[str, Any]] = json.loads(asked.stdout)
    return rows


def _sum(home: Home, figure: str = "requests") -> int:
    return sum(row[figure] for row in _usage(home))


def _counts(home: Home, requests: int) -> bool:
    return _sum(home) >= requests


@pytest.mark.usefixtures("today")
@pytest.mark.parametrize("answer", ["yes", "only for me"])
def test_what_a_server_answers_is_summed_by_day_in_every_form_and_a_no_deletes_it(
    home: Home, toy: ToyServer, answer: str
) -> None:
    if answer == "yes":
        home.agree()
    else:
        only_for_me(home.profile)
    empty = home.run("usage", command="shimmy-metrics")
    assert (empty.returncode, empty.stdout, empty.stderr) == (0, "No figures are kept here.\n", "")
    for number in (1, 2):
        with ExitStack() as stack:
            server = _Server(stack, home, toy)
            assert chat(server.port, max_tokens=3)[0] == 200
            assert chat(server.port, stream=True)[0] == 200
            assert ask(server.port, path="/nowhere")[0] == 404
            assert wait_until(partial(_counts, home, 3 * number))  # while it runs, within a second or so
            stop(server.process)
        (row,) = _usage(home)
        assert (row["requests"], row["errors"], row["tokens_in"]) == (3 * number, number, 10 * number)
        assert row["tokens"] > 3 * number
        assert abs(date.fromisoformat(row["from"]) - datetime.now(UTC).date()) <= timedelta(days=1)
    _every_form_tells(home, row)
    exported = json.loads(home.metrics("export").stdout)
    assert exported["days"] == [{"day": row["from"], **{name: row[name] for name in DaySums._fields}}]
    assert "own figures" not in "".join(each.get("body", "") for each in exported["outbox"])
    assert home.metrics("validate").returncode == 0
    assert "your own figures of 1 day" in home.metrics("disable").stdout
    assert home.run("usage", command="shimmy-metrics").stdout == f"{OFF}\n"
    assert json.loads(home.metrics("export").stdout)["days"] == []


def _every_form_tells(home: Home, row: dict[str, Any]) -> None:
    table = home.run("usage", "--by", "month", command="shimmy-metrics").stdout.splitlines()
    figures = [f"{row[name]:,}" for name in DaySums._fields]
    figures.append(f"{row['tokens'] + row['tokens_in']:,}")
    assert table[0].split() == ["month", "requests", "errors", "generated", "prompts", "all", "tokens"]
    assert table[1].split() == [row["from"][:7], *figures]
    assert table[2].split() == ["last", "7", "days", *figures]
    assert table[3].split() == ["in", "all", *figures]
    alone = home.run("usage", "--last", "7", command="shimmy-metrics").stdout.splitlines()
    assert alone[1].split() == [row["from"], *figures]
    assert alone[2].split() == ["in", "all", *figures]
    read = list(csv.DictReader(io.StringIO(home.run("usage", "--csv", command="shimmy-metrics").stdout)))
    assert read == [{name: str(value) for name, value in row.items()}]
    text = home.run("usage", "--openmetrics", "--from", "2020-01-01", command="shimmy-metrics").stdout
    told = {f"shimmy_usage_{name}_total": row[name] for name in DaySums._fields}
    families = list(openmetrics(text))  # type: ignore[no-untyped-call]  # it has no annotations
    assert {family.type for family in families} == {"counter"}
    assert all(family.documentation for family in families)
    # node_exporter's textfile collector reads that older form.
    for found in (families, prometheus(text)):
        assert {sample.name: sample.value for family in found for sample in family.samples} == told


def test_with_neither_answer_nothing_is_kept(home: Home, toy: ToyServer) -> None:
    with ExitStack() as stack:
        server = _Server(stack, home, toy)
        assert chat(server.port)[0] == 200
        time.sleep(1.2)
        stop(server.process)
    told = home.run("usage", command="shimmy-metrics")
    assert (told.returncode, told.stdout, told.stderr) == (0, f"{UNDECIDED}\n", "")
    beside = home.run("usage", "--json", command="shimmy-metrics")
    assert (beside.returncode, beside.stdout, beside.stderr) == (0, "[]\n", f"{UNDECIDED}\n")
    assert not home.profile.state_path.exists()


def _zone_with_midnight_in(seconds: int) -> str:
    """Return a time zone (POSIX's form) in which the day ends so many seconds from now."""
    now = datetime.now(UTC)
    ahead = 86_400 - seconds - (now.hour * 3_600 + now.minute * 60 + now.second)
    sign = "-" if ahead >= 0 else "+"  # east of Greenwich has a minus there
    hours, rest = divmod(abs(ahead), 3_600)
    return f"XYZ{sign}{hours:02}:{rest // 60:02}:{rest % 60:02}"


def test_a_session_over_midnight_is_split_where_each_answer_ended_and_another_zone_does_no_harm(
    home: Home, toy: ToyServer
) -> None:
    home.agree()
    ahead = 15
    midnight = time.time() + ahead + 1
    there = home.having(TZ=_zone_with_midnight_in(ahead))
    with ExitStack() as stack:
        server = _Server(stack, there, toy)
        assert chat(server.port, max_tokens=3)[0] == 200
        assert wait_until(partial(_counts, there, 1)), "it started too slowly"
        assert len(_usage(there)) == 1
        time.sleep(max(0.0, midnight - time.time()))
        for _ in range(2):
            assert chat(server.port, max_tokens=3)[0] == 200
        stop(server.process)
    assert wait_until(partial(_counts, there, 3))  # a process that has ended may leave the last write to its sender
    before, after = _usage(there)
    assert (before["requests"], after["requests"]) == (1, 2)
    assert date.fromisoformat(after["from"]) - date.fromisoformat(before["from"]) == timedelta(days=1)
    assert _usage(there, "--from", after["from"]) == [after]
    assert _usage(there, "--to", before["from"]) == [before]
    elsewhere = home.having(TZ="Pacific/Kiritimati")
    with ExitStack() as stack:
        server = _Server(stack, elsewhere, toy)
        assert chat(server.port, max_tokens=3)[0] == 200
        stop(server.process)
    assert wait_until(partial(_counts, home, 4))
    assert (_sum(home), _sum(home, "tokens"), _sum(home, "tokens_in")) == (4, 12, 20)
    assert sum(row["requests"] for row in _usage(home, "--by", "week")) == 4


@pytest.mark.thorough
@pytest.mark.parametrize(("kills", "within"), [(2, (1.6, 2.0)), pytest.param(45, (0.0, 3.0), marks=pytest.mark.long)])
def test_several_servers_that_are_killed_lose_at_most_a_second_and_count_nothing_twice(
    home: Home, toy: ToyServer, kills: int, within: tuple[float, float]
) -> None:
    only_for_me(home.profile)
    draw = random.Random(kills)
    least = most = 0
    for _ in range(kills):
        with ExitStack() as stack:
            servers = [_Server(stack, home, toy) for _ in range(2)]
            clients = [SteadyClient(server.port) for server in servers]
            time.sleep(draw.uniform(*within))
            killed = []
            for server in servers:
                killed.append(time.monotonic())
                server.process.kill()
                server.process.wait()
            for client, instant in zip(clients, killed, strict=True):
                client.ended()
                least += sum(came < instant - LOST_SECONDS for came in client.answered)
                most += len(client.answered) + 1  # one may have been asked and not answered
    with ExitStack() as stack:
        server = _Server(stack, home, toy)  # its start ends what was killed
        assert chat(server.port, max_tokens=3)[0] == 200
        stop(server.process)
    assert least or within[0] < LOST_SECONDS, "nothing was answered early enough to be lost"
    assert least + 1 <= _sum(home) <= most + 1
    with open_readonly(home.profile) as db:
        assert db is not None
        ended = sessions.kept(db)
        assert 1 < len(ended) <= 2 * kills + 1  # one that is killed at its very start leaves nothing
        assert sum(each.sums.requests for each in days.everything(db)) == sum(one.counters.requests for one in ended)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--from", "2026-02-30"], "--from takes a day such as 2026-11-28, not '2026-02-30'"),
        (["--to", "yesterday"], "--to takes a day such as 2026-11-28, not 'yesterday'"),
        (["--to", ""], "--to takes a day such as 2026-11-28, not ''"),
        (["--from", "2026-11-28", "--to", "2026-11-27"], "--from 2026-11-28 is later than --to 2026-11-27"),
        (["--by", "year"], "--by: invalid choice: 'year'"),
        (["--json", "--csv"], "not allowed with argument"),
        (["--openmetrics", "--by", "day"], "--openmetrics prints totals, so it goes without --by"),
        (["--openmetrics", "--to", "2026-11-01"], "so it goes without --to and --last"),
        (["2026"], "unrecognized arguments: 2026"),
    ],
)
def test_what_cannot_be_read_gets_one_line(home: Home, words: list[str], said: str) -> None:
    ended = home.run("usage", *words, command="shimmy-metrics")
    assert_one_line(ended, "shimmy-metrics usage: ", 2)
    assert said in ended.stderr


def test_after_a_long_time_without_a_server_the_days_up_to_the_newest_are_still_here_as_it_is_said(home: Home) -> None:
    home.run("only-me", command="shimmy-metrics")
    long_ago = date.today() - timedelta(days=500)  # noqa: DTZ011 - a local day
    with opened(home.profile) as db:
        days.add(db, {long_ago.isoformat(): DaySums(5, 0, 7, 9)}, {})
    told = home.run("usage", command="shimmy-metrics").stdout
    assert f"{long_ago}" in told
    assert "Kept on this machine only, 400 days up to the newest, in no report." in told
