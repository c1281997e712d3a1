"""What a receiver's operator says of itself, and what is printed where it says nothing. Pure."""

from collections.abc import Iterator

from shimmy_metrics.actions.operator import OperatorAnswer
from shimmy_metrics.errors import harmless
from shimmy_metrics.records import FAILURES
from shimmy_metrics.wording.departures import host
from shimmy_metrics.wording.numbers import amount


def operator_lines(found: OperatorAnswer) -> Iterator[str]:
    """Yield what came back, a line each; whatever is not printable is spelled out.

    The operator's own lines are indented: none of them can pass for one of this program's.
    """
    to = host(found.request.url)
    if found.name:
        own = [f"  {harmless(each.strip())}" for each in found.text.splitlines() if each.strip()]
        name = harmless(found.name).removesuffix(".")  # as in "Inc."
        yield f"{to} says that it is run by {name}.{' In its own words:' if own else ''}"
        yield from own
        if found.k:
            yield f"It says that it publishes no figure about fewer than {amount(found.k, 'report')}."
    elif found.status == 404:
        yield f"{to} publishes nothing about who runs it."
    elif found.status:
        yield f"{to} answered {found.status}, with nothing that can be shown as its operator's words."
    else:
        yield f"{to} could not be asked: {FAILURES[found.failure]}."
