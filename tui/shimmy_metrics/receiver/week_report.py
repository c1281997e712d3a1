"""A week's aggregates as JSON, CSV and lines of text. Pure."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any, Final

from shimmy_metrics.receiver.week import ENOUGH, Cell, Week

_BAR: Final = 20
_COLUMNS: Final = 80


def as_json(week: Week) -> dict[str, Any]:
    """Return a week as JSON members; `tables` by field, each with its groups in order."""
    return {
        "week": week.name,
        "k": week.k,
        "reports": week.reports,
        "active": week.active,
        "tables": {
            table.field: {
                "cells": [cell._asdict() for cell in table.cells],
                **({"median": table.median} if table.median else {}),
            }
            for table in week.tables
        },
    }


def json_text(week: Week) -> str:
    """Return a week as one JSON object."""
    return json.dumps(as_json(week), indent=2) + "\n"


def csv_text(week: Week) -> str:
    """Return a week as CSV: a row for each group of each field."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(("week", "field", "group", "percent", "reports"))
    writer.writerow((week.name, "all", "reports", "", week.reports))
    writer.writerows(
        (week.name, table.field, cell.label, cell.percent, cell.reports)
        for table in week.tables
        for cell in table.cells
    )
    return file.getvalue()


def _row(cell: Cell) -> tuple[str, int, int]:
    return cell.label, cell.percent, cell.reports


def lines(week: Week) -> Iterator[str]:
    """Yield a week as lines of at most 80 columns."""
    yield f"{week.name}: reports, in two digits: {week.reports:,}"
    if not week.tables:
        yield f"Not enough data: shares are told from {ENOUGH * week.k:,} reports of a day's first active use on."
        return
    yield f"Shares are of the {week.active:,} reports of a day's first active use."
    yield f"Groups of fewer than {week.k} on their best day are together in (other)."
    width = max(len(cell.label) for table in week.tables for cell in table.cells)
    for table in week.tables:
        yield ""
        yield f"{table.field}{f'   median {table.median}' if table.median else ''}"
        for cell in table.cells:
            bar = "#" * round(cell.percent * _BAR / 100)
            yield f"  {cell.label:<{width}}  {cell.percent:>3} %  {cell.reports:>9,}  {bar}"[:_COLUMNS].rstrip()
