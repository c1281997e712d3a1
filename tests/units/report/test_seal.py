"""The bytes of a report, alone and in one request with others."""

import hashlib

from shimmy_metrics.report.seal import join, seal, written


def test_a_report_is_compact_text_in_the_fields_order_and_its_digest_is_that_of_the_bytes() -> None:
    sealed = seal({"schema_version": 1, "metrics": {"requests": 120, "memory_gb": None}})
    assert sealed.body == b'{"schema_version":1,"metrics":{"requests":120,"memory_gb":null}}'
    assert sealed.sha256 == hashlib.sha256(sealed.body).hexdigest()


def test_a_letter_is_written_as_itself_so_that_what_is_shown_is_what_is_checked() -> None:
    assert written({"client": "Zażółć"}) == '{"client":"Zażółć"}'.encode()


def test_one_report_is_sent_as_it_is_and_several_as_an_array_of_the_same_bytes() -> None:
    one, other = seal({"requests": 1}).body, seal({"requests": 2}).body
    assert join([one]) == one
    assert join([one, other]) == b'[{"requests":1},{"requests":2}]'
