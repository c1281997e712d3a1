"""Any report that keeps every rule, as the fields' kinds admit it."""

from datetime import date
from typing import Any, Final

from hypothesis import strategies as st

from shimmy_metrics.report.field import Field
from shimmy_metrics.report.fields import FIELDS
from shimmy_metrics.report.kinds import Boolean, Day, Integer, IntegerRange, PowerOfTwo, Word, Words
from shimmy_metrics.report.validate import validate_report


def _value(field: Field) -> st.SearchStrategy[Any]:
    """Return any value that the field admits, as its kind and not as its column sees it."""
    match field.kind:
        case Integer(top, rounded, optional):
            numbers = st.integers(0, 99) | st.builds(
                lambda digits, zeros: min(digits * 10**zeros, top), st.integers(10, 99), st.integers(0, 9)
            )
            return (numbers if rounded else st.integers(0, top)) | (st.none() if optional else st.nothing())
        case IntegerRange(lowest, top):
            return st.integers(lowest, top)
        case PowerOfTwo(top):
            return st.none() | st.sampled_from([2**power for power in range(top.bit_length())])
        case Boolean():
            return st.booleans()
        case Word(words, optional):
            return st.sampled_from([*words, *([None] if optional else [])])
        case Words(words):
            return st.lists(st.sampled_from(words), unique=True, max_size=8).map(sorted)
        case Day():
            return st.dates(date(2020, 1, 1), date(2090, 1, 1)).map(lambda day: f"{day.isoformat()}T00:00:00Z")
        case _ if field.name == "session_id":
            return st.uuids(version=4).map(str)
        case _:
            return st.sampled_from(["unknown", "1.9.0", "999.999.999"])


def _report(values: dict[str, Any]) -> dict[str, Any]:
    metrics = {field.name: values[field.name] for field in FIELDS if field.section}
    return {field.name: values[field.name] for field in FIELDS if not field.section} | {"metrics": metrics}


REPORTS: Final = (
    st.fixed_dictionaries({field.name: _value(field) for field in FIELDS})
    .map(_report)
    .filter(lambda made: not list(validate_report(made)))
)
