"""The outline of JSON: what a parser finds in it is what it finds in the whole, without the long parts."""

import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shimmy_metrics.meter import outline as module
from shimmy_metrics.meter.outline import Outline, outline
from support.wire import pass_cut

LIMIT = 10_000
LONG = 30
MANY = 3


@pytest.fixture(autouse=True, scope="module")
def what_is_long_is_soon_reached() -> Iterator[None]:
    """Let shorter strings and arrays be long ones, so that examples stay small."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "_STRING_BYTES", LONG)
        patched.setattr(module, "_ELEMENTS", MANY)
        patched.setattr(module, "_MEMBERS", module.members(MANY))
        patched.setattr(module, "_BATCH_BYTES", 1)
        yield


def pruned(value: object, depth: int, *, top: bool = True) -> object:
    """Return what an outline keeps of a parsed value."""
    match value:
        case dict():
            return {pruned(key, 1): pruned(each, depth - 1, top=False) for key, each in value.items()} if depth else {}
        case list():
            kept = value if top else value[:MANY]
            return [pruned(each, depth - 1, top=False) for each in kept] if depth else []
        case str():
            return value if len(json.dumps(value, ensure_ascii=False).encode()) - 2 <= LONG else "…"
    return value


texts = st.sampled_from(["", "a", '"', "\\", '\\"', "[{,", "]}", "ë\n", "x" * LONG, '"' * LONG, "é" * LONG]) | st.text()
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: (
        st.lists(inner, max_size=MANY + 2)
        | st.dictionaries(st.text(max_size=5), inner, max_size=5)
        | inner.map(lambda each: [each] * (MANY + 1))
    ),
    max_leaves=10,
)


@given(values, st.integers(1, 4), st.sampled_from([None, 1]), st.lists(st.integers(0, 5_000), max_size=8))
def test_an_outline_is_the_whole_without_its_long_parts(
    value: object, depth: int, indent: int | None, places: list[int]
) -> None:
    whole = json.dumps(value, ensure_ascii=False, indent=indent).encode()
    told = Outline(10**6, depth)
    pass_cut(whole, places, told.feed)
    assert json.loads(told.text()) == pruned(value, depth)
    assert outline(whole, 10**6, depth) == told.text()


signs = st.lists(
    st.sampled_from([b'"', b"\\", b"[", b"]", b"{", b"}", b",", b" ", b"\n", b"a", b"a" * LONG]), max_size=60
)


@given(signs, st.lists(st.integers(0, 5_000), max_size=8))
def test_any_cut_of_any_bytes_gives_the_same_outline(parts: list[bytes], places: list[int]) -> None:
    data = b"".join(parts)
    told = Outline(LIMIT, 3)
    pass_cut(data, places, told.feed)
    assert told.text() == outline(data, LIMIT, 3)


def test_an_outline_is_as_long_as_its_limit_at_most() -> None:
    assert outline(b"1" * LIMIT, LIMIT, 3) == b"1" * LIMIT
    assert outline(b"1" * LIMIT + b"1", LIMIT, 3) == b""
    told = Outline(LIMIT, 3)
    for _ in range(100):
        told.feed(b"1" * 999)
        assert len(told._kept) <= LIMIT
    assert told.text() == b""


@pytest.mark.parametrize("begun", [b"[" * 100_000, b'{"a":' * 100_000, b'["' + b"a" * 100_000, b"[" + b"1," * 100_000])
def test_what_has_no_end_keeps_no_memory(begun: bytes) -> None:
    told = Outline(LIMIT, 3)
    told.feed(begun)
    assert len(told._kept) <= 200
    assert len(told._pending) <= 4_096
    assert len(told._room) <= 4


def test_space_outside_of_strings_is_left_out_and_nothing_else() -> None:
    assert outline(b'{ "a b" :\t[1 , X]\n}', LIMIT, 3) == b'{"a b":[1,X]\n}'
    assert outline(b'[[ "a b" ,\t1 , { "c" : 2 } ] ]', LIMIT, 3) == b'[["a b",1,{"c":2}]]'


def test_an_escape_may_be_cut_from_what_it_escapes() -> None:
    for places in ([5], [5, 6], [4, 5, 6, 7]):
        told = Outline(LIMIT, 3)
        pass_cut(b'["ab\\"c\\\\"]', places, told.feed)
        assert told.text() == b'["ab\\"c\\\\"]'


def test_containers_within_what_is_dropped_do_not_end_it() -> None:
    inner = b'{"a":[{"b":[{"c":["]",{}]}]}],"d":"}"}'
    for more in (b"[[[[1]]],2]", inner, b"[" * 9 + inner + b"]" * 9, b'[{"]":"[{"},[' + inner + b"]]"):
        whole = b"[[1,2,3," + more + b"," + more + b"],4"
        for size in (1, 7, len(whole)):
            told = Outline(LIMIT, 9)
            pass_cut(whole, range(0, len(whole), size), told.feed)
            assert told.text() == b"[[1,2,3],4"


def test_a_long_string_counts_for_what_it_leaves() -> None:
    whole = b'["' + b"1" * 9 + b'","' + b"2" * LONG * 2 + b'"]'
    for places in ([], [20], [15, 20, 30, 40]):
        told = Outline(20, 3)
        pass_cut(whole, places, told.feed)
        assert told.text() == '["111111111","…"]'.encode()


@pytest.mark.parametrize(("depth", "told"), [(1, b'{"a":{},"c":[]}'), (2, b'{"a":{"b":{}},"c":[1]}')])
def test_what_is_nested_more_deeply_than_is_kept_is_emptied(depth: int, told: bytes) -> None:
    assert outline(b'{"a":{"b":{"d":1}},"c":[1]}', LIMIT, depth) == told


def test_an_escaped_quote_does_not_end_its_string_in_any_cut() -> None:
    whole = b'[["a\\",1,2,3,4,5]",6]]'
    for places in ([], [5], [5, 6], [4, 5, 6, 7]):
        told = Outline(LIMIT, 3)
        pass_cut(whole, places, told.feed)
        assert told.text() == whole


def test_each_string_is_measured_by_itself() -> None:
    whole = b'["%s","%s"]' % (b"a" * LONG, b"b" * LONG)
    assert outline(whole, LIMIT, 3) == whole


def test_brackets_in_what_is_dropped_count_outside_of_strings_alone() -> None:
    whole = b'[[1,2,3,[[{"a\\\n[":["{"],"b":1}]]],4'
    assert outline(whole, LIMIT, 9) == b"[[1,2,3],4"
    escaped = b'[[1,2,3,[{"a\\"[[":[1],"b":1}]],4'
    assert outline(escaped, LIMIT, 9) == b"[[1,2,3],4"


def test_an_array_at_the_top_holds_answers_and_each_is_kept() -> None:
    answers = b"[" + b",".join(b'{"a":[1,2,3,4]}' for _ in range(MANY * 5)) + b"]"
    assert outline(answers, LIMIT, 3) == answers.replace(b",4", b"")


def test_what_is_nested_more_deeply_than_is_ever_read_is_nothing() -> None:
    for size in (100, 10_000):
        told = Outline(LIMIT, 3)
        pass_cut(b"[" * 1_028, range(0, 1_028, size), told.feed)
        assert told._lost
        assert told.text() == b""
    assert outline(b"[" * 1_000 + b"]" * 1_000, LIMIT, 3) == b"[[[[]]]]"
