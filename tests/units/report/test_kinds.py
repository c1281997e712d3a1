"""What a value may be: the validator and an independent reading of the published schema agree."""

from collections.abc import Iterator
from random import Random

import jsonschema
import pytest

from shimmy_metrics.report import coarsen
from shimmy_metrics.report.fields import BY_NAME, FIELDS
from shimmy_metrics.report.kinds import (
    UUID4,
    VERSION,
    Boolean,
    Day,
    Integer,
    IntegerRange,
    Kind,
    PowerOfTwo,
    Value,
    Word,
    Words,
    closed_list,
)
from shimmy_metrics.vocabulary import OTHER, ROUTES

ROUNDED = {field.kind for field in FIELDS if isinstance(field.kind, Integer) and field.kind.rounded}
DRAWN = 30_000 // len(ROUNDED)


def _edges(top: int) -> Iterator[int]:
    """Yield each band's first and last number, and the numbers beside them."""
    for power in range(15):
        for digits in (1, 9, 10, 11, 52, 99):
            yield from (digits * 10**power + beside for beside in (-1, 0, 1))
    yield from (-1, 0, top - 1, top, top + 1)


def _drawn(rng: Random) -> Iterator[int]:
    """Yield integers of every order of magnitude, every other one near a number of two digits."""
    for _ in range(DRAWN // 2):
        value = rng.randrange(10 ** rng.randrange(1, 15))
        yield value
        yield coarsen.two_digits(value) + rng.choice((-1, 0, 0, 1))


@pytest.mark.parametrize("kind", sorted(ROUNDED), ids=lambda kind: kind.bounds)
def test_the_schema_s_bands_are_the_numbers_that_the_validator_takes(kind: Integer) -> None:
    schema = jsonschema.Draft202012Validator(kind.schema())
    values = [*_edges(kind.top), *_drawn(Random(kind.top))]
    taken = [value for value in values if kind.violation(value) is None]
    assert taken == [value for value in values if schema.is_valid(value)]
    # And both are right: nothing but zeros behind the second digit.
    assert taken == [value for value in values if 0 <= value <= kind.top and len(str(value).rstrip("0")) <= 2]
    assert len(taken) > DRAWN / 10


@pytest.mark.parametrize("kind", sorted(ROUNDED), ids=lambda kind: kind.bounds)
def test_rounding_never_leads_beyond_a_bound(kind: Integer) -> None:
    assert coarsen.two_digits(kind.top) == kind.top
    for value in (*_edges(kind.top), *_drawn(Random(kind.top))):
        assert kind.violation(coarsen.rounded(value, kind.top)) is None
    assert coarsen.rounded(kind.top * 9, kind.top) == kind.top


def test_the_counters_and_times_that_are_rounded_are_these() -> None:
    assert {field.name for field in FIELDS if field.kind in ROUNDED} == {
        "session_duration_minutes",
        "requests_per_session",
        "total_tokens_generated",
        "errors_count",
        "avg_response_time_ms",
        "startup_time_ms",
        "peak_requests_per_hour",
    }
    assert BY_NAME["session_duration_minutes"].kind.bounds == "0 to 520,000, two digits"
    assert BY_NAME["avg_response_time_ms"].kind.bounds == "0 to 3,600,000, two digits or null"
    assert BY_NAME["models_used_count"].kind.bounds == "0 to 64"


def test_the_bands_are_the_ones_a_reader_expects() -> None:
    assert Integer(2_500, rounded=True).schema() == {
        "type": "integer",
        "minimum": 0,
        "maximum": 2_500,
        "anyOf": [
            {"maximum": 99},
            {"minimum": 100, "maximum": 990, "multipleOf": 10},
            {"minimum": 1_000, "maximum": 2_500, "multipleOf": 100},
        ],
    }
    assert Integer(100, rounded=True).schema()["anyOf"][1:] == [{"minimum": 100, "maximum": 100, "multipleOf": 10}]
    assert Integer(64, rounded=True).schema()["anyOf"] == [{"maximum": 64}]
    assert "anyOf" not in Integer(64).schema()


LISTS: tuple[list[str], ...] = ([], ["other"], ["other", "other"], ["/v1/models"], ["llama"])
OF_OTHER_TYPES: tuple[object, ...] = (None, True, False, 1.5, "1", "", "nvidia", {}, *LISTS)
NUMBERS = (-1, 0, 1, 2, 3, 63, 64, 65, 256, 257, 512, 1_024, 2_048)


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_every_kind_and_its_schema_take_the_same(field: object) -> None:
    kind = next(each.kind for each in FIELDS if each is field)
    schema = jsonschema.Draft202012Validator(kind.schema())
    for value in (*OF_OTHER_TYPES, *NUMBERS, kind.longest):
        assert (kind.violation(value) is None) == schema.is_valid(value), value


def test_the_schemas_are_those_that_the_other_end_reads() -> None:
    assert IntegerRange(1, 3).schema() == {"type": "integer", "minimum": 1, "maximum": 3}
    assert PowerOfTwo(4).schema() == {"enum": [1, 2, 4, None]}
    assert Boolean().schema() == {"type": "boolean"}
    assert Word(("a", "b")).schema() == {"enum": ["a", "b"]}
    assert Word(("a",), optional=True).schema() == {"enum": ["a", None]}
    assert Words(("a",)).schema() == {
        "type": "array",
        "items": {"enum": ["a", "other"]},
        "uniqueItems": True,
        "maxItems": 11,
    }


@pytest.mark.parametrize("kind", [UUID4, VERSION, Day()], ids=lambda kind: kind.bounds)
@pytest.mark.parametrize(
    "text", ["", "x", "2026-12-31T00:00:00Z", "2026-13-31T00:00:00Z", "1.2.3", "01.2.3", "1.2.1000"]
)
def test_a_form_and_its_pattern_take_the_same_texts(kind: Kind, text: str) -> None:
    assert (kind.violation(text) is None) == jsonschema.Draft202012Validator(kind.schema()).is_valid(text)


@pytest.mark.parametrize(
    ("kind", "value", "rule"),
    [
        (Integer(64), 64, None),
        (Integer(64), 65, "not within 0 to 64"),
        (Integer(64), True, "no integer"),
        (Integer(64), None, "no integer"),
        (Integer(64, optional=True), None, None),
        (Integer(990, rounded=True), 101, "more than two significant digits"),
        (IntegerRange(1, 1), 1, None),
        (IntegerRange(1, 1), 0, "not 1"),
        (IntegerRange(1, 3), 4, "not 1 to 3"),
        (IntegerRange(1, 1), True, "no integer"),
        (PowerOfTwo(256), 256, None),
        (PowerOfTwo(256), 512, "no power of two within its bounds"),
        (PowerOfTwo(256), 0, "no power of two within its bounds"),
        (PowerOfTwo(256), -2, "no power of two within its bounds"),
        (PowerOfTwo(256), 3, "no power of two within its bounds"),
        (PowerOfTwo(256), True, "no integer"),
        (PowerOfTwo(256), None, None),
        (Boolean(), False, None),
        (Boolean(), 0, "neither true nor false"),
        (Word(("a", "b")), "b", None),
        (Word(("a", "b")), "c", "none of its words"),
        (Word(("a", "b")), None, "none of its words"),
        (Word(("a", "b"), optional=True), None, None),
        (Words(ROUTES), [], None),
        (Words(ROUTES), list(ROUTES[:10]), None),
        (Words(ROUTES), [*ROUTES[:10], OTHER], None),
        (Words(ROUTES), list(ROUTES[:11]), "too many words"),
        (Words(ROUTES), [ROUTES[1], ROUTES[0]], "not sorted, or a word twice"),
        (Words(ROUTES), [7], "none of its words"),
        (Words(ROUTES), None, "no list"),
        (Day(), "2026-12-31T00:00:00Z", None),
        (Day(), "2026-02-29T00:00:00Z", "no UTC day"),
        (Day(), "2028-02-29T00:00:00Z", None),
        (Day(), "1999-12-31T00:00:00Z", "no UTC day"),
        (Day(), "2026-12-31T00:00:01Z", "no UTC day"),
        (Day(), "2026-12-31T00:00:00Z\n", "no UTC day"),
        (Day(), 20261231, "no UTC day"),
        (UUID4, "c0ffee00-0000-4000-8000-00000000cafe", None),
        (UUID4, "c0ffee00-0000-4000-c000-00000000cafe", "not of the form: a random UUID, version 4"),
        (UUID4, "c0ffee00-0000-4000-8000-00000000cafe\n", "not of the form: a random UUID, version 4"),
        (UUID4, 7, "not of the form: a random UUID, version 4"),
        (VERSION, "0.0.0", None),
        (VERSION, "999.999.999", None),
        (VERSION, "unknown", None),
        (VERSION, "1.0.01", "not of the form: three numbers to 999, or unknown"),
        (VERSION, "1.0.\u0661", "not of the form: three numbers to 999, or unknown"),
        (VERSION, "1.0", "not of the form: three numbers to 999, or unknown"),
    ],
)
def test_the_rule_that_a_value_breaks_is_named(kind: Kind, value: object, rule: str | None) -> None:
    assert kind.violation(value) == rule


@pytest.mark.parametrize(
    ("kind", "bounds", "longest"),
    [
        (IntegerRange(1, 1), "1", 1),
        (IntegerRange(1, 3), "1 to 3", 3),
        (PowerOfTwo(1_024), "1, 2, 4 to 1,024 or null", 1_024),
        (PowerOfTwo(256), "1, 2, 4 to 256 or null", None),
        (Boolean(), "true or false", False),
        (Word(("a", "bcd", "ef"), optional=True), "a, bcd, ef or null", "bcd"),
        (Word(("a", "b", "c", "d", "e")), "a, b, c, d, e", "a"),
        (Word(("a", "b", "c", "d", "e", "f")), "one of 6 words", "a"),
        (Words(("b", "a")), "10 of 2 words, and other", ["a", "b", "other"]),
        (UUID4, "a random UUID, version 4", "00000000-0000-4000-8000-000000000000"),
        (VERSION, "three numbers to 999, or unknown", "999.999.999"),
        (Day(), "a UTC day", "2026-01-01T00:00:00Z"),
    ],
)
def test_a_kind_tells_its_bounds_and_its_longest_value(kind: Kind, bounds: str, longest: Value) -> None:
    assert (kind.bounds, kind.longest) == (bounds, longest)


def test_words_are_named_while_they_are_few_and_counted_where_the_list_tells_them() -> None:
    words = ("one", "two", "three", "four", "five", "six")
    assert (Word(words[:5]).bounds, closed_list(Word(words[:5]))) == ("one, two, three, four, five", ())
    assert (Word(words).bounds, closed_list(Word(words))) == ("one of 6 words", words)
