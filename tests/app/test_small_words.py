"""Small words that stand beside figures: one of a thing and several, thousands, the key here, the switch in force."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from shimmy_metrics.actions.operator import OperatorAnswer
from shimmy_metrics.actions.overview import Overview
from shimmy_metrics.actions.usage import Period
from shimmy_metrics.app.messages import OverviewChanged
from shimmy_metrics.app.screens.consent.answers import choices_now
from shimmy_metrics.app.screens.report.view import reports
from shimmy_metrics.app.screens.session.kept_sessions import kept_rows
from shimmy_metrics.app.screens.session.no_session import WATCH, no_session_view
from shimmy_metrics.app.screens.session.view import session_view
from shimmy_metrics.app.screens.usage.view import usage_view
from shimmy_metrics.app.terminal.glyphs import UNICODE
from shimmy_metrics.app.ui.layout import Canvas
from shimmy_metrics.app.ui.text import Line
from shimmy_metrics.consent.effective_consent import EffectiveConsent
from shimmy_metrics.consent.state import Delivery
from shimmy_metrics.delivery.request import operator_request
from shimmy_metrics.report.fields import BY_NAME
from shimmy_metrics.wording.decision import FROM_NEXT_START
from shimmy_metrics.wording.operator import operator_lines
from support import opened, overviews, samples

CANVAS = Canvas(80, 24, UNICODE, samples.NOW)


def _session_rows(peak: int = 15) -> list[str]:
    shown = overviews.busy()
    live = shown.running[0]
    counters = live.session.counters._replace(peak_hour=peak)
    live = live._replace(session=live.session._replace(counters=counters))
    rows = session_view(CANVAS, shown._replace(running=(live,)), 0).rows
    return ["".join(span.text for span in row.line) for row in rows]


def test_figures_are_written_alike_and_their_arrows_stand_below_each_other() -> None:
    rows = _session_rows()
    assert any("2,350" in row and "→ 2,400" in row for row in rows)
    assert len({row.index("→") for row in rows if "→" in row}) == 1


@pytest.mark.parametrize(("peak", "unit"), [(1, "1 request "), (2, "2 requests ")])
def test_one_request_is_one(peak: int, unit: str) -> None:
    assert any("busiest hour" in row and unit in row for row in _session_rows(peak))


def _text(line: Line) -> str:
    return " ".join("".join(span.text for span in line).split())


@pytest.mark.parametrize(("number", "unit"), [(1, "1 request "), (2, "2 requests ")])
def test_one_request_is_one_also_in_lists(number: int, unit: str) -> None:
    counters = samples.COUNTERS._replace(requests=number, tokens=1)
    made = samples.sealed(counters=counters)
    report = samples.queued()._replace(body=made.body, sha256=made.sha256)
    (row,) = reports(CANVAS, [report], sealed=True)
    assert unit in _text(row.line)
    ended = overviews.idle()._replace(ended=(samples.session(local=True)._replace(counters=counters),))
    for width in (80, 40):
        kept = _text(kept_rows(CANVAS._replace(width=width), ended)[-1].line)
        assert unit in f"{kept} "
    assert kept_rows(CANVAS, ended)[-1].line[-1].text == "token"
    measured = BY_NAME["deployment_type"].measured
    assert measured is not None
    assert measured(samples.measured(counters=counters)).startswith(f"{unit.rstrip()}, ")


@pytest.mark.parametrize(("size", "told"), [(1, "about fewer than 1 report."), (2, "about fewer than 2 reports.")])
def test_a_group_of_one_is_one_report(size: int, told: str) -> None:
    answer = OperatorAnswer(operator_request("https://example.org/v1/usage"), status=200, name="Example Org", k=size)
    assert list(operator_lines(answer))[-1].endswith(told)


@pytest.mark.parametrize(("number", "told"), [(1, ", report waiting (press 2)"), (2, ", 2 reports waiting (press 2)")])
def test_it_is_told_how_many_reports_wait(number: int, told: str) -> None:
    shown = overviews.busy()
    shown = shown._replace(running=(), outbox=shown.outbox[:number])
    rows = no_session_view(CANVAS, shown).rows
    assert any(told in "".join(span.text for span in row.line) for row in rows)


def test_where_no_server_of_its_own_start_is_measured_none_is_offered() -> None:
    def shown(*, own_server: bool) -> str:
        rows = no_session_view(CANVAS, overviews.idle(), own_server=own_server).rows
        return "\n".join("".join(span.text for span in row.line) for row in rows)

    assert "Start one" in shown(own_server=True)
    assert "it will show up here" in shown(own_server=True)
    assert shown(own_server=False).split() == ["Measure", "one", "shimmy", "serve", "--upstream", WATCH.split()[-1]]


def test_where_one_was_sent_after_another_ended_that_one_waits_is_told_too() -> None:
    shown = overviews.busy()._replace(running=())
    (sent, *_) = shown.receipts
    before = tuple(each._replace(sealed=sent.begun - timedelta(hours=1)) for each in shown.outbox)
    rows = no_session_view(CANVAS, shown._replace(outbox=before)).rows
    told = f"; {len(before)} waiting (press 2)"
    (last,) = [text for row in rows if "Last" in (text := "".join(span.text for span in row.line))]
    assert "sent " in last
    assert told in last


def test_in_the_app_the_key_decides() -> None:
    head = usage_view(CANVAS, overviews.undecided(), Period.DAY).head
    assert "To decide: c." in "".join(span.text for line in head for span in line)


@pytest.mark.parametrize("label", ["Enable", "Enable, held", "Only for me"])
@pytest.mark.parametrize(
    ("answered", "does"),
    [(overviews.undecided, "recorded"), (overviews.declined, "recorded"), (overviews.only_for_me, "no change")],
)
def test_with_a_switch_in_force_an_answer_says_that_it_changes_nothing_here(
    answered: Callable[[], Overview], does: str, label: str
) -> None:
    shown = answered()
    shown = shown._replace(consent=EffectiveConsent(shown.consent.decision, "DO_NOT_TRACK=1"))
    said = {each.label: each for each in choices_now(shown)}[label]
    does = does if label == "Only for me" else "recorded"
    assert said.consequence == f"{does}; DO_NOT_TRACK=1 keeps this shell off"
    assert said.brief == does


@pytest.mark.parametrize(
    ("delivery", "label"), [(Delivery.AUTOMATIC, "Hold reports"), (Delivery.REVIEW, "Do not hold")]
)
def test_with_a_switch_in_force_holding_says_that_it_changes_nothing_here(delivery: Delivery, label: str) -> None:
    shown = overviews.busy()
    decision = shown.consent.decision._replace(delivery=delivery)
    shown = shown._replace(consent=EffectiveConsent(decision, "SHIMMY_METRICS=off"))
    said = {each.label: each for each in choices_now(shown)}[label]
    assert said.consequence == "recorded; SHIMMY_METRICS=off keeps this shell off"
    assert said.brief == "recorded"


async def test_a_notice_that_is_shortened_keeps_one_blank_between_its_sentences(tmp_path: Path) -> None:
    shown = overviews.idle()
    app = opened.still(tmp_path, shown)
    async with app.run_test(size=(80, 24)) as pilot:
        await app.report(f"Metrics are on. {FROM_NEXT_START} Each report is sent.")
        app.post_message(OverviewChanged(overviews.busy(overviews.GRANTED)))
        await opened.until(pilot, lambda: "Metrics are on. Each report is sent." in opened.text(app))
