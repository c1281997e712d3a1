"""Of a long answer only the ends are parsed, of one that is too long nothing is kept."""

import pytest

from shimmy_metrics.limits import BODY_BYTES
from shimmy_metrics.meter.bodies import JsonBody, _lean
from shimmy_metrics.meter.tally import Tally


@pytest.mark.parametrize(
    ("whole", "ends"),
    [
        (b'{"id":1,"choices":[{"a":1}],"usage":{"b":2}}', b'{"id":1,"choices":[],"usage":{"b":2}}'),
        (b'{"choices":[{"a":1}],"model":"m","usage":{"b":2}}', b'{"choices":[],"model":"m","usage":{"b":2}}'),
        (b'{"model":"m","choices":[{}],"usage":{"b":2}}', b'{"model":"m","choices":[],"usage":{"b":2}}'),
        # What stands within the choices under the same names goes with them.
        (b'{"choices":[{"choices":[1]}],"usage":{"b":2}}', b'{"choices":[],"usage":{"b":2}}'),
        (b'{"choices":[{"usage":{"a":1}}],"usage":{"b":2}}', b'{"choices":[],"usage":{"b":2}}'),
        (b'{"choices":[{"model":"x"}],"model":"m","usage":{}}', b'{"choices":[],"model":"m","usage":{}}'),
    ],
)
def test_the_choices_of_a_long_answer_are_left_out(whole: bytes, ends: bytes) -> None:
    assert _lean(whole) == ends


@pytest.mark.parametrize(
    "body",
    [
        b'{"response":"a","usage":{"b":2}}',
        b'{"choices":[{"a":1}]}',
        b'{"usage":{"b":2},"choices":[{"a":1}]}',
        b'{"choices":["\\"usage":{"b":2}}',
        b"",
    ],
)
def test_an_answer_of_another_form_is_read_whole(body: bytes) -> None:
    assert _lean(body) == b""


def test_of_an_answer_that_is_too_long_nothing_is_kept() -> None:
    body = JsonBody(Tally(), generating=True)
    body.feed(b"[" + b"0," * (BODY_BYTES // 2))
    assert body._kept == b""
    body.feed(b"0]")
    assert body._kept == b""
