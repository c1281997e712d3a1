"""History: every attempt to send stands there in words, also after its receipt is deleted."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from shimmy_metrics.actions.decide import enable
from shimmy_metrics.actions.overview import Overview, overview
from shimmy_metrics.app.screens.fields.view import fields_view
from shimmy_metrics.app.screens.history.view import DAMAGED, history_view
from shimmy_metrics.app.terminal.glyphs import UNICODE
from shimmy_metrics.app.ui.layout import Canvas
from shimmy_metrics.delivery.sender_lock import lock_path
from shimmy_metrics.records import Failure, Note, NoteKind, Outcome, QueuedReport
from shimmy_metrics.report.seal import digest, join
from shimmy_metrics.store import departures, outbox
from shimmy_metrics.store.database import opened as store
from shimmy_metrics.system.locks import Lock
from shimmy_metrics.wording.departures import became, label, sentence
from shimmy_metrics.wording.receiver import UNREACHABLE
from support import opened, overviews, samples
from support.departed import depart

CANVAS = Canvas(100, 30, UNICODE, samples.NOW)


def reports(number: int) -> list[QueuedReport]:
    return [overviews.reported(overviews.named(each, days=1), each) for each in range(1, number + 1)]


def content(shown: Overview) -> str:
    made = history_view(CANVAS, shown, 0)
    lines = (*made.head, *(row.line for row in made.rows))
    return "\n".join("".join(span.text for span in line) for line in lines)


@pytest.mark.parametrize("outcome", [None, *Outcome])
async def test_each_kind_of_departure_stands_there_in_words_with_its_numbers(
    tmp_path: Path, outcome: Outcome | None
) -> None:
    made = overviews.departure(1, 0, overviews.named(1), overviews.named(2), outcome=outcome, status=0)
    app = opened.still(tmp_path, overviews.idle()._replace(entries=(made,), sending=outcome is None))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "3")
        shown = opened.text(app)
        (row,) = (each for each in shown.splitlines() if each.startswith("›"))
        when, what = row[3:15], row[17:31].strip()
        assert when.startswith("23 Nov ")
        assert what == label(made)
        assert row.split()[-4:] == ["2", f"{made.length:,}", "metrics.shimmy-ai.dev", f"{made.sha256[:8]}…"]
        assert made.sha256 in shown
        assert "Nothing was sent" not in shown
        assert ("No attempt to send" in shown) is False


async def test_like_failures_are_one_row_with_their_number_and_since_when(tmp_path: Path) -> None:
    profile = opened.profile_of(tmp_path)
    decision = enable(profile).decision
    with store(profile) as db:
        outbox.add(db, samples.queued(consent_id=decision.consent_id, endpoint=decision.endpoint))
        for hours in (30, 20, 10):
            moment = samples.NOW - timedelta(hours=hours)
            depart(db, samples.queued(), outcome=Outcome.NOTHING_LEFT, failure=Failure.NAME, moment=moment)
    app = opened.living(tmp_path)
    async with app.run_test(size=(120, 30)) as pilot:
        await opened.press(pilot, "3")
        shown = opened.text(app)
        assert shown.count("nothing sent 3x") == 1
        alike = "Like attempts in a row that sent nothing are one line, with their number."
        assert f"Nothing sent in 3 attempts. {alike}" in opened.read(app)
        assert "(3 attempts since 22 Nov" in shown
        assert "The next attempt is made when the next session ends." in shown
        assert "its name was not found" in shown
        await opened.press(pilot, "enter")
        assert "The last: POST " in opened.text(app)  # one before it may have been released


async def test_enter_opens_the_bytes_of_a_request_whole_and_each_report_in_it(tmp_path: Path) -> None:
    profile = opened.profile_of(tmp_path)
    enable(profile)
    gone = reports(2)
    body = join([report.body for report in gone])
    with store(profile) as db:
        depart(db, *gone)
    app = opened.living(tmp_path)
    async with app.run_test(size=(120, 60)) as pilot:
        await opened.press(pilot, "3", "enter")
        shown = opened.text(app)
        assert "The whole request" in shown
        assert f"sha256 {digest(body)}" in shown
        assert f"{len(body):,} bytes" in shown
        assert "header" not in shown  # the request's own are not kept, and today's are not its
        await opened.press(pilot, "w")
        assert "Host:" not in opened.text(app)
        assert "The body of what was sent is kept, the headers are not." in opened.text(app)
        await opened.press(pilot, "right_square_bracket")
        assert "Report 1 of 2 in this request" in opened.text(app)
        assert f"sha256 {gone[0].sha256}" in opened.text(app)
        await opened.press(pilot, "h")  # the person's own figures by day stay as well
        assert "What a report is made from is deleted when it is delivered." in opened.text(app)
        await opened.press(pilot, "l")
        await opened.press(pilot, "right_square_bracket")
        assert f"sha256 {gone[1].sha256}" in opened.text(app)


async def test_what_is_copied_of_a_receipt_is_its_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    profile = opened.profile_of(tmp_path)
    enable(profile)
    gone = reports(2)
    with store(profile) as db:
        depart(db, *gone)
        (made,) = departures.everything(db)
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "3", "enter")
        for _ in range(2):
            await opened.answer(pilot, "y")
            await opened.until(pilot, lambda: "Also handed to the terminal, for its clipboard." in opened.read(app))
    (saved,) = home.iterdir()  # the same bytes are saved once
    assert app.clipboard == saved.read_text()
    assert digest(saved.read_bytes()) == made.sha256
    assert len(json.loads(saved.read_bytes())) == 2


async def test_after_its_receipts_are_deleted_history_still_says_what_was_sent(tmp_path: Path) -> None:
    profile = opened.profile_of(tmp_path)
    enable(profile)
    gone = reports(2)
    with store(profile) as db:
        depart(db, *gone)
        depart(db, *gone, outcome=Outcome.NOTHING_LEFT, failure=Failure.PROXY)
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "3", "d")
        asked = " ".join(opened.text(app).split())
        assert "1 receipt (" in asked
        assert "Nothing in them can be recalled after that. When, where to and each digest stay on record." in asked
        await opened.answer(pilot, "y")
        await opened.until(pilot, lambda: "No receipt is kept." in opened.text(app))
        told = " ".join(opened.text(app).split())
        assert "Deleted: the bytes of 1 receipt. When, where to and each digest stay on record." in told
        assert "2 reports were sent and taken." in told
        assert "bytes of 1 receipt deleted by you" in told
        await opened.press(pilot, "G")
        await opened.until(pilot, lambda: "you deleted its bytes" in opened.text(app))
        shown = opened.text(app)
        (row,) = (each for each in shown.splitlines() if each.startswith("›"))
        assert "confirmed" in row
        assert digest(join([report.body for report in gone])) in shown
        assert "No receipt is kept here: you deleted its bytes." in shown
        await opened.press(pilot, "d")
        assert "No receipt is kept here, so there is nothing to delete." in opened.text(app)
        await opened.press(pilot, "m")
        assert app.baseline is None


@pytest.mark.parametrize("gone_out", [False, True])
async def test_what_a_sender_left_open_is_told_as_what_it_can_be(tmp_path: Path, *, gone_out: bool) -> None:
    profile = opened.profile_of(tmp_path)
    enable(profile)
    report = samples.queued()
    with store(profile) as db:
        outbox.add(db, report)
        number = depart(db, report, outcome=None)
        if not gone_out:
            departures.record_report_ids(db, number, [])
    lock = Lock(lock_path(profile))
    assert lock.take()
    try:
        at_work = overview(profile, samples.FACTS)
        assert at_work.sending
        assert at_work.departures[0].outcome is None
        assert "on the way" in content(at_work)
    finally:
        lock.release()
    abandoned = overview(profile, samples.FACTS, at_work)
    assert not abandoned.sending
    made = abandoned.departures[0]
    assert made.outcome is (Outcome.MAY_HAVE_LEFT if gone_out else Outcome.NOTHING_LEFT)
    assert ("possibly sent" if gone_out else "nothing sent") in content(abandoned)
    with store(profile) as db:
        assert departures.everything(db)[0].outcome is None  # a look writes nothing


async def test_a_sender_that_is_killed_shows_by_itself(tmp_path: Path) -> None:
    profile = opened.profile_of(tmp_path)
    enable(profile)
    report = samples.queued()
    with store(profile) as db:
        outbox.add(db, report)
        depart(db, report, outcome=None)
    lock = Lock(lock_path(profile))
    assert lock.take()
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "3")
        assert "on the way" in opened.text(app)
        lock.release()
        await opened.until(pilot, lambda: "possibly sent" in opened.text(app))


def test_what_was_set_aside_is_told_with_its_departure() -> None:
    shown = overviews.busy()
    refused = overviews.departure(9, 0, overviews.named(5), outcome=Outcome.REFUSED, status=400)
    told = content(shown._replace(entries=(refused,)))
    assert "refused" in told
    assert "Bytes may have been sent in 1 attempt; none is known to be taken." in told


async def test_a_refused_departure_says_that_its_report_is_set_aside(tmp_path: Path) -> None:
    refused = overviews.departure(9, 0, overviews.named(5), outcome=Outcome.REFUSED, status=400)
    app = opened.still(tmp_path, overviews.busy()._replace(entries=(refused,)))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "3")
        assert "1 report of it is set aside, and not sent again by itself." in opened.text(app)
        await opened.press(pilot, "enter")
        assert "POST https://metrics.shimmy-ai.dev/v1/usage" in opened.text(app)


@pytest.mark.parametrize(("taken", "told"), [(0, "No attempt to send"), (7, "7 reports were sent and taken")])
def test_folded_departures_count_as_sent(taken: int, told: str) -> None:
    folded = Note(1, samples.NOW, NoteKind.FOLDED, 9, taken)
    assert told in content(overviews.idle()._replace(entries=(folded,)))


def test_what_is_not_as_written_is_named(tmp_path: Path) -> None:
    shown = overviews.busy()
    told = content(shown._replace(broken=(shown.entries[0].key, shown.entries[2].key)))
    assert "2 entries are not as written." in told


@pytest.mark.parametrize("outcome", [each for each in Outcome if each.taken])
async def test_what_became_of_a_receipt_stands_there_whole(tmp_path: Path, outcome: Outcome) -> None:
    made = overviews.departure(1, 3, overviews.named(1), overviews.named(2), outcome=outcome)
    app = opened.still(tmp_path, overviews.idle()._replace(entries=(made,)))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "3", "enter")
        whole = sentence(became(made, samples.NOW))
        assert whole in " ".join(opened.text(app).split())


async def test_history_says_how_all_receipts_are_saved_and_what_happens_when_nobody_answers(tmp_path: Path) -> None:
    for shown, exports in ((overviews.busy(), True), (overviews.undecided(), False)):
        told = " ".join(content(shown).split())
        assert UNREACHABLE in told
        assert ("Enter opens a receipt: its bytes, and what is new in it." in told) is exports
        assert ("s saves those of the last 7 days, of last week, or all: each body beside" in told) is exports
        assert ("beside its sha256, and whether its receiver answered with that." in told) is exports
        assert ("Those of any days: shimmy-metrics history --json --from DATE --to DATE" in told) is exports


@pytest.mark.parametrize("size", [(80, 24), (200, 60)], ids=str)
async def test_a_receipt_says_itself_that_the_receiver_confirmed_these_bytes(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    entries = tuple(
        overviews.departure(number, 0, overviews.named(number), outcome=outcome)
        for number, outcome in ((2, Outcome.ACCEPTED), (1, Outcome.CONFIRMED))
    )
    app = opened.still(tmp_path, overviews.idle()._replace(entries=entries))
    async with app.run_test(size=size) as pilot:
        await opened.press(pilot, "3")
        for confirmed in (False, True):
            assert ("the receiver computed it" in opened.read(app)) is confirmed
            await opened.press(pilot, "enter")
            assert ("The receiver sent back the SHA-256 of what it got" in opened.read(app)) is confirmed
            await opened.press(pilot, "q", "j")


@pytest.mark.parametrize("word", ["net", "network", "offline", "network down", "reach", "unreach", "Internet"])
async def test_a_search_of_the_fields_for_the_network_says_what_happens_without_it(tmp_path: Path, word: str) -> None:
    told = fields_view(CANVAS, overviews.idle(), word)
    rows = " ".join(" ".join("".join(span.text for span in row.line) for row in told.rows).split())
    assert rows.startswith(UNREACHABLE)
    head = "".join(span.text for span in told.head[0])
    assert head.strip().startswith("What happens without the network")
    assert "No field" not in head
    rows = " ".join("".join(span.text for span in row.line) for row in fields_view(CANVAS, overviews.idle(), "nt").rows)
    assert "cannot be reached" not in rows


async def test_below_many_rows_what_happens_when_nobody_answers_is_reached_by_the_last_line(tmp_path: Path) -> None:
    entries = tuple(overviews.departure(number, 0, overviews.named(number)) for number in range(40, 0, -1))
    app = opened.still(tmp_path, overviews.idle()._replace(entries=entries))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "3")
        assert "cannot be reached" not in opened.text(app)
        await opened.press(pilot, "G")
        assert UNREACHABLE in " ".join(opened.read(app).split())


async def test_of_a_receipt_that_is_not_as_written_no_digest_is_said_to_be_confirmed(tmp_path: Path) -> None:
    made = overviews.departure(1, 3, overviews.named(1), outcome=Outcome.CONFIRMED)
    app = opened.still(tmp_path, overviews.idle()._replace(entries=(made,), broken=(made.key,)))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "3", "enter")
        assert DAMAGED in opened.read(app)
        assert "The receiver sent back the SHA-256" not in opened.read(app)


async def test_a_receipt_that_comes_while_the_question_stands_open_is_not_deleted(tmp_path: Path) -> None:
    profile = opened.profile_of(tmp_path)
    enable(profile)
    first, second = reports(2)
    with store(profile) as db:
        depart(db, first)
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "3", "d")
        assert "1 receipt (" in " ".join(opened.text(app).split())
        with store(profile) as db:
            depart(db, second)
        await opened.answer(pilot, "y")
        await opened.until(pilot, lambda: "Deleted: the bytes of 1 receipt." in opened.read(app))
    with store(profile) as db:
        newest, oldest = departures.everything(db)
    assert (newest.body, newest.report_ids) == (second.body, (second.report_id,))
    assert (oldest.body, oldest.report_ids) == (b"", ())
