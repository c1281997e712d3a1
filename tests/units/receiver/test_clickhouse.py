"""What is said to a cluster and read of it, without one."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shimmy_metrics.errors import UserError
from shimmy_metrics.receiver.clickhouse import sql
from shimmy_metrics.receiver.clickhouse.address import ClusterAddress, Host, parse
from shimmy_metrics.receiver.clickhouse.cluster import Cluster, Layout, Shard
from shimmy_metrics.receiver.clickhouse.server import Server
from shimmy_metrics.receiver.clickhouse.store import ClusterStore
from shimmy_metrics.receiver.columns import COLUMNS
from shimmy_metrics.receiver.folder import prepared
from shimmy_metrics.receiver.retain import verify
from shimmy_metrics.receiver.sqlite.store import SqliteStore
from shimmy_metrics.receiver.status import as_json, lines, status
from shimmy_metrics.receiver.store import StoreError
from shimmy_metrics.receiver.stores import choose, drain_of, open_store
from support.stored import row


def test_an_address_names_each_server_and_the_database() -> None:
    assert parse("clickhouse://one,two.example:8124,[::1]:9/metrics") == ClusterAddress(
        (Host("one"), Host("two.example", 8124), Host("::1", 9)), "metrics"
    )
    given_user = parse("clickhouse://me:p%40ss@one/metrics")
    assert (given_user.user, given_user.password) == ("me", "p@ss")
    assert str(given_user) == "clickhouse://one:8123/metrics"


@pytest.mark.parametrize(
    "text",
    [
        "", "files", "clickhouse:", "clickhouse://", "clickhouse://one", "clickhouse://one/", "clickhouse:///metrics",
        "clickhouse://one,/metrics", "clickhouse://one,one/metrics", "clickhouse://one:99999/metrics",
        "clickhouse://one/Metrics", "clickhouse://one/a;b", "clickhouse://one/a.b", "clickhouse://o'ne/metrics",
        "http://one/metrics", "clickhouse://one/metrics?x=1", "clickhouse://öne/metrics",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(UserError, match="--store: this names no store"):
        parse(text)


@given(st.text(), st.integers(min_value=-(2**63), max_value=2**63 - 1))
def test_a_report_s_values_come_back_as_they_went(text: str, number: int) -> None:
    values = tuple(
        None if place % 3 == 0 else number if column.type == "INTEGER" else text for place, column in enumerate(COLUMNS)
    )
    line = sql.report_row(date(2026, 11, 25), b"\xff" * 8, values).decode()
    assert line.count("\n") == 1
    day, key, *cells = line.removesuffix("\n").split("\t")
    assert (day, sql.key(int(key))) == ("2026-11-25", b"\xff" * 8)
    assert sql.report_values(cells) == values


def test_a_made_up_report_has_a_cell_for_each_column() -> None:
    made = row()
    cells = sql.report_row(date(2026, 11, 25), made.key, made.values).decode().removesuffix("\n").split("\t")[2:]
    assert sql.report_values(cells) == made.values


@given(st.binary(min_size=8, max_size=8), st.binary(min_size=8, max_size=8))
def test_keys_are_numbers_in_the_same_order(one: bytes, other: bytes) -> None:
    assert sql.key(sql.number(one)) == one
    assert (one < other) == (sql.number(one) < sql.number(other))


@contextmanager
def _answering(status: int, body: bytes) -> Iterator[Host]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Host("127.0.0.1", server.server_port)
        server.shutdown()


def test_an_error_is_told_by_its_number_and_first_words_and_never_quotes_a_row() -> None:
    said = b"Code: 27, e.displayText() = DB::Exception: Cannot parse input: expected \\t before: secret-row\n, e.what()"
    with _answering(500, said) as host, pytest.raises(StoreError) as error:
        Server(host, "default", "").ask("INSERT INTO reports FORMAT TabSeparated", body=b"secret-row")
    assert str(error.value) == f"{host} says Cannot parse input (error 27)"


def test_an_error_of_what_is_no_clickhouse_is_told_by_its_status() -> None:
    with _answering(502, b"<html>Bad Gateway</html>") as host, pytest.raises(StoreError) as error:
        Server(host, "default", "").ask("SELECT 1")
    assert str(error.value) == f"{host} answers 502, and not as ClickHouse does"


def test_what_a_database_may_be_called_is_said() -> None:
    with pytest.raises(UserError, match=r"HOST/DATABASE \(letters, digits and _, the first a small letter\)"):
        parse("clickhouse://one/Metrics")


def test_a_file_that_names_no_store_is_named(tmp_path: Path) -> None:
    folder = prepared(tmp_path / "data")
    folder.store.write_text("garbage")
    for opened in (open_store, drain_of):
        with pytest.raises(UserError) as error:
            opened(folder)
        assert error.value.where == str(folder.store)


@pytest.mark.parametrize("said", [b"not a table", b"1\t", b"", b"a\tb\tc\n"])
def test_a_server_that_is_no_clickhouse_fails_as_a_store_does(said: bytes) -> None:
    with _answering(200, said) as host, pytest.raises(StoreError):
        Cluster(ClusterAddress((host,), "metrics")).layout()


def test_the_folder_remembers_its_cluster_and_shows_its_password_to_nobody(tmp_path: Path) -> None:
    folder = prepared(tmp_path / "data")
    choose(folder, "clickhouse://me:secret@127.0.0.1:9/metrics")
    assert folder.store.stat().st_mode & 0o077 == 0
    with closing(open_store(folder)) as store:
        health = store.health()
        silent = "127.0.0.1:9 does not answer (ConnectionRefusedError)"
        assert verify(store, folder, datetime.now(UTC)) == [f"whether a day is too old cannot be told: {silent}"]
        told = status(store, folder, datetime.now(UTC))
    assert lines(told)[0] == "Reports held: 0, not counting what cannot be read; days of arrival held: 0."
    assert as_json(told)["retention_holds"] is None
    assert health.ready
    assert health.reason == "127.0.0.1:9 does not answer (ConnectionRefusedError); 0 reports wait here for the cluster"
    with pytest.raises(UserError, match="nobody would delete them there"):
        choose(folder, "sqlite")


class _OneShardSilent(Cluster):
    """A cluster of two shards; no replica of the first one answers."""

    def layout(self) -> Layout:
        names = ("1", "2")
        return Layout(tuple(Shard(name, b"", b"", 1, ()) for name in names), ("one:8123 does not answer",))

    def read(self, shard: Shard, question: str) -> list[list[str]]:
        if shard.name == "1":
            raise StoreError("no replica of shard 1 answers")
        return [["2026-11-25", "40"]]


def test_what_the_shards_that_answer_hold_is_counted_though_another_one_does_not(tmp_path: Path) -> None:
    cluster = _OneShardSilent(parse("clickhouse://one,two/metrics"))
    with closing(ClusterStore(prepared(tmp_path / "data"), cluster)) as store:
        health = store.health()
    assert health.reports == {date(2026, 11, 25): 40}
    assert health.silent == ("one:8123 does not answer", "no replica of shard 1 answers")


def test_a_folder_without_a_cluster_keeps_its_reports_itself(tmp_path: Path) -> None:
    folder = prepared(tmp_path / "data")
    choose(folder, "sqlite")
    assert isinstance(open_store(folder), SqliteStore)
    assert drain_of(folder) is None
    assert not folder.store.exists()
