"""The host of an address, read without the library that checks addresses: it is what that library would say."""

from urllib.parse import urlsplit

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from shimmy_metrics.consent.endpoint import ENDPOINT, check_endpoint, host_of
from shimmy_metrics.errors import UserError

_ADDRESSES = st.builds(
    "{}://{}{}".format,
    st.sampled_from(["https", "HTTPS", "http"]),
    st.sampled_from(["metrics.example.org", "Example.ORG:8443", "127.0.0.1:9", "[::1]:1", "localhost"]),
    st.text("/?#@:[]ab1.=&%\\;", max_size=12),
)


@given(_ADDRESSES)
@example(ENDPOINT)
@example("https://metrics.example.org?to=me")
@example("https://metrics.example.org#")
@example("https://metrics.example.org/a//b?c=d//e")
def test_the_host_of_an_address_that_may_be_used_is_what_the_library_says(url: str) -> None:
    try:
        check_endpoint(url, "here")
    except UserError:
        assume(False)
    assert host_of(url) == urlsplit(url).netloc


@pytest.mark.parametrize(
    ("url", "host"),
    [
        (ENDPOINT, "metrics.shimmy-ai.dev"),
        ("http://[::1]:8787/v1/usage", "[::1]:8787"),
        ("https://metrics.example.org/a//b?c=d//e", "metrics.example.org"),
    ],
)
def test_a_port_stands_behind_it_where_the_address_names_one_and_no_path(url: str, host: str) -> None:
    assert host_of(url) == host
