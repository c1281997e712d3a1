"""A session whose figures are not saved any more is not shown as if they were today's."""

from datetime import UTC, timedelta
from typing import Final

import pytest

from shimmy_metrics.actions.status import Status
from shimmy_metrics.app.screens.session.view import running_for, session_view
from shimmy_metrics.app.terminal.glyphs import UNICODE
from shimmy_metrics.app.ui.layout import Canvas
from shimmy_metrics.cli.plain_report import plain_report
from shimmy_metrics.cli.status_report import as_lines
from shimmy_metrics.consent.effective_consent import EffectiveConsent
from shimmy_metrics.consent.state import SCHEMA_VERSION, Consent, Decision, untrusted
from shimmy_metrics.wording.numbers import when
from shimmy_metrics.wording.running import cut_off, last_saved, shown_address
from support import overviews, samples
from support.samples import NOW

CANVAS: Final = Canvas(120, 40, UNICODE, NOW, zone=UTC)


@pytest.mark.parametrize(("seconds", "told"), [(0, ""), (120, ""), (121, "14:30"), (-9, "")])
def test_when_it_was_last_saved_is_said_once_two_writes_are_missing(seconds: int, told: str) -> None:
    session = samples.session()._replace(updated=NOW - timedelta(seconds=seconds))
    assert last_saved(session, NOW, UTC) == told


@pytest.mark.parametrize("minutes", [0, 5])
def test_every_face_says_when_the_figures_were_last_saved_where_that_is_long_ago(minutes: int) -> None:
    shown = overviews.busy()
    (live,) = shown.running
    session = live.session._replace(updated=NOW - timedelta(minutes=minutes))
    shown = shown._replace(running=(live._replace(session=session),))
    status = Status(shown.consent, NOW, "config", "store", running=(session,))
    page = str(session_view(CANVAS, shown, 0))
    faces = ["\n".join(as_lines(status)), "\n".join(plain_report(shown, NOW)), page]
    assert ["ast saved " in each for each in faces] == [minutes == 5] * 3
    assert ("Measuring since" in page) is (minutes == 0)
    assert running_for(CANVAS, session) == "2 h 02 min"  # what nobody saved is not added


@pytest.mark.parametrize(
    ("stored", "told"),
    [
        ("http://0.0.0.0:11435", "at port 11435"),
        ("http://[::]:11435", "at port 11435"),
        ("http://127.0.0.1:11435", "at http://127.0.0.1:11435"),
        ("http://[::1]:11435", "at http://[::1]:11435"),
    ],
)
def test_no_address_is_told_that_is_not_the_server_s_own(stored: str, told: str) -> None:
    session = samples.session()._replace(address=stored)
    assert told == f"at {shown_address(session)}"
    shown = overviews.busy()
    status = Status(shown.consent, NOW, "config", "store", running=(session,))
    (live,) = shown.running
    measured = shown._replace(running=(live._replace(session=session),))
    for face in (as_lines(status), plain_report(measured, NOW)):
        lines = "\n".join(face)
        assert "0.0.0.0" not in lines
        assert f" {told}" in lines


def test_a_session_that_began_on_another_day_is_said_to_be_measured_since_then() -> None:
    shown = overviews.busy()
    (live,) = shown.running
    yesterday = live.session._replace(started=NOW - timedelta(days=1), updated=NOW)
    page = str(session_view(CANVAS, shown._replace(running=(live._replace(session=yesterday),)), 0))
    assert f"Measuring since {when(yesterday.started, NOW, UTC)}." in page
    assert " " in when(yesterday.started, NOW, UTC)


def test_of_a_session_that_was_cut_off_no_report_is_promised_where_none_is_made() -> None:
    killed = [samples.session()]
    yes = EffectiveConsent(Decision(Consent.GRANTED, consent_id="yes"))
    switched = yes._replace(switch="DO_NOT_TRACK")  # another shell's servers start
    for made in (yes, switched, yes._replace(endpoint="https://other.example.org")):
        assert cut_off(killed, made).endswith(": it ends and its report is made when a session starts")
    newer = yes._replace(decision=yes.decision._replace(schema_version=SCHEMA_VERSION + 1))
    mine = yes._replace(decision=Decision(Consent.DECLINED, local=True))
    for none_made in (newer, newer._replace(switch="DO_NOT_TRACK"), yes._replace(ended=True), mine):
        assert cut_off(killed, none_made).endswith(": it ends when a session starts")
    untrustworthy = yes._replace(decision=untrusted(yes.decision), distrust="others may write it")
    for undecided in (untrustworthy, EffectiveConsent(Decision())):  # it stays until a session may be measured
        assert ":" not in cut_off(killed, undecided)


def test_of_sessions_that_were_cut_off_only_those_that_are_not_for_the_person_alone_become_reports() -> None:
    yes = EffectiveConsent(Decision(Consent.GRANTED, consent_id="yes"))
    one, mine = samples.session(), samples.session(local=True)
    for found, ends in (
        ([one, one], "they end and their reports are made"),
        ([one, mine], "they end and 1 report is made"),
        ([one, mine, one], "they end and 2 reports are made"),
        ([mine, mine], "they end"),
    ):
        assert cut_off(found, yes).endswith(f": {ends} when a session starts")
