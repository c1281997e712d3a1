"""This machine's values as a person reads them."""

import pytest

from shimmy_metrics.app.screens.fields.view import fields_view
from shimmy_metrics.app.terminal.glyphs import UNICODE
from shimmy_metrics.app.ui.layout import Canvas
from shimmy_metrics.cli.field_report import matching_lines
from shimmy_metrics.wording.values import ONCE_A_MONTH, current_values
from support import overviews, samples

MONTHLY = ("memory_gb", "cpu_cores")


@pytest.mark.parametrize(("first", "known", "told"), [(True, True, False), (False, True, True), (False, False, False)])
def test_of_a_monthly_null_no_more_is_said_than_that_it_is_monthly(*, first: bool, known: bool, told: bool) -> None:
    facts = samples.FACTS if known else samples.FACTS._replace(memory_bytes=None, cores=None)
    report = overviews.reported(overviews.named(1)._replace(first_of_month=first, facts=facts))
    assert ONCE_A_MONTH == "null: once a month"  # that report may never have been sent
    now = current_values(report)
    assert [now[name] == ONCE_A_MONTH for name in MONTHLY] == [told] * 2
    assert {name for name, value in now.items() if value == ONCE_A_MONTH} <= set(MONTHLY)
    canvas = Canvas(80, 24, UNICODE, samples.NOW)
    rows = {
        row.key: "".join(span.text for span in row.line)
        for row in fields_view(canvas, overviews.idle()._replace(example=report)).rows
    }
    for name in MONTHLY:
        assert (ONCE_A_MONTH in rows[name]) is told
        assert (f"    Now: {ONCE_A_MONTH}." in matching_lines(report, name)) is told
