"""The person's own figures are in no report: none of its fields comes from them."""

import ast
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from shimmy_metrics import report
from shimmy_metrics.counters import Counters, DaySums
from shimmy_metrics.report.build import build, raw_values
from shimmy_metrics.report.fields import FIELDS
from shimmy_metrics.report.seal import seal
from support.samples import COUNTERS, measured

OWN = {"tokens_in", "days"}
SUMS = st.builds(DaySums, *[st.integers(0, 10**12)] * 4)


@given(st.integers(0, 10**12), st.dictionaries(st.dates().map(str), SUMS, max_size=8))
def test_whatever_they_are_the_report_and_what_is_shown_beside_it_are_the_same(
    tokens_in: int, days: dict[str, DaySums]
) -> None:
    own = measured(counters=COUNTERS._replace(tokens_in=tokens_in, days=days))
    assert seal(build(own)) == seal(build(measured()))
    assert raw_values(own) == raw_values(measured())


def test_nothing_that_makes_a_report_names_them() -> None:
    assert set(Counters._fields) >= OWN
    assert not OWN & {field.name for field in FIELDS}
    for path in Path(report.__file__).parent.glob("*.py"):
        named = {node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)}
        assert not named & {*OWN, "as_json", "_asdict"} & _of_counters(path), path


def _of_counters(path: Path) -> set[str]:
    """Return the attributes that a module takes of a session's counters."""
    taken: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value).endswith("counters"):
            taken.add(node.attr)
    return taken
