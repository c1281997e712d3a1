"""What an operator cannot have meant gets one line that says what to do."""

from pathlib import Path

import pytest

from shimmy_metrics.receiver.folder import prepared
from support.installed import Home
from support.one_line import assert_one_line


@pytest.mark.parametrize("action", ["week", "status", "retain", "verify-retention", "end"])
def test_where_no_receiver_was_started_that_is_said_and_nothing_made(tmp_path: Path, action: str) -> None:
    data = tmp_path / "nowhere"
    told = Home(tmp_path).run("receive", action, "--data", str(data), command="shimmy-metrics")
    assert_one_line(told, f"{data}: ")
    assert "no receiver was ever started here" in told.stderr
    assert not data.exists()


def test_a_week_is_named_as_iso_does(tmp_path: Path) -> None:
    data = tmp_path / "data"
    prepared(data)
    for week in ("2026-48", "48", "2026-W54"):
        told = Home(tmp_path).run("receive", "week", "--week", week, "--data", str(data), command="shimmy-metrics")
        assert_one_line(told, "receive week: ")
        assert f"--week takes the name of a week, not '{week}'" in told.stderr


@pytest.mark.parametrize(
    ("content", "said"), [(b"\xff\xfe", "is no UTF-8 text"), (b"", "text is empty"), (b"A\x1b[31m", "printed")]
)
def test_the_operator_s_text_is_text(tmp_path: Path, content: bytes, said: str) -> None:
    prepared(tmp_path / "data")
    text = tmp_path / "text"
    text.write_bytes(content)
    told = Home(tmp_path).run(
        "receive", "operator", str(text), "--data", str(tmp_path / "data"), command="shimmy-metrics"
    )
    assert_one_line(told, "")
    assert said in told.stderr


@pytest.mark.parametrize(
    ("action", "in_the_way"),
    [
        (("operator", "-"), "operator.txt"),
        (("end",), "ended"),
        (("status",), "retention.log"),
        (("verify-retention",), "retention.pub"),
        (("--own", "4"), "k"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_by_name(tmp_path: Path, action: tuple[str, ...], in_the_way: str) -> None:
    data = tmp_path / "data"
    prepared(data)
    (data / in_the_way / "something").mkdir(parents=True)
    told = Home(tmp_path).run("receive", *action, "--data", str(data), command="shimmy-metrics", given="Me\n")
    assert_one_line(told, f"{data / in_the_way}: cannot be used: ")


def test_a_store_that_cannot_be_used_is_told_as_that(tmp_path: Path) -> None:
    data = tmp_path / "data"
    prepared(data)
    (data / "keys.turn").mkdir()
    told = Home(tmp_path).run("receive", "--data", str(data), command="shimmy-metrics")
    assert_one_line(told, f"{data}: the store cannot be used: ")


def test_of_a_cluster_that_does_not_answer_nobody_is_sent_to_the_disk(tmp_path: Path) -> None:
    folder = prepared(tmp_path / "data")
    folder.store.write_text("clickhouse://127.0.0.1:9/reports\n")
    told = Home(tmp_path).run("receive", "week", "--data", str(folder.path), command="shimmy-metrics")
    assert_one_line(told, f"{folder.path}: the store cannot be used: 127.0.0.1:9 does not answer ")
    assert told.stderr.endswith(". Put that right, then try again\n")
