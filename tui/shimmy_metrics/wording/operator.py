"""What a receiver's operator says of itself, and what is printed where it says nothing. Pure."""

import textwrap
from collections.abc import Iterator
from typing import Final

from shimmy_metrics.actions.operator import OperatorAnswer
from shimmy_metrics.errors import harmless
from shimmy_metrics.records import FAILURES
from shimmy_metrics.wording.departures import host
from shimmy_metrics.wording.numbers import amount

_COLUMNS: Final = 76
"""A terminal would wrap a longer line itself, and its next row would not be indented."""


def operator_lines(found: OperatorAnswer) -> Iterator[str]:
    """Yield what came back, a line each; whatever is not printable is spelled out.

    The operator's name and its own lines are indented: none of them can pass for words of this program's.
    """
    to = host(found.request.url)
    if found.name:
        own = [row for each in found.text.splitlines() for row in _indented(each)]
        yield f"{to} says that it is run by:"
        yield from _indented(found.name)
        if own:
            yield "In its own words:"
        yield from own
        if found.k:
            yield f"It says that it publishes no figure about fewer than {amount(found.k, 'report')}."
    elif found.status == 404:
        yield f"{to} publishes nothing about who runs it."
    elif found.status:
        yield f"{to} answered {found.status}, with nothing that can be shown as its operator's words."
    else:
        yield f"{to} could not be asked: {FAILURES[found.failure]}."


def _indented(words: str) -> list[str]:
    """Return what an operator wrote as rows that begin with two spaces; none where it is blank."""
    return textwrap.wrap(
        harmless(words.strip()), _COLUMNS, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False
    )
