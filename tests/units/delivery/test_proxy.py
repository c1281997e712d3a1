"""Which proxy of the environment serves an endpoint, what `NO_PROXY` leaves out, and what is shown of it."""

import httpx
import pytest

from shimmy_metrics.consent.endpoint import ENDPOINT
from shimmy_metrics.delivery.proxy import UNUSABLE, UnusableProxyError, proxy_for, proxy_shown
from shimmy_metrics.system.environment import Environment
from support.queued import LOCAL


@pytest.mark.parametrize(
    ("endpoint", "variables", "proxy"),
    [
        (ENDPOINT, {}, ""),
        (ENDPOINT, {"HTTPS_PROXY": "http://p:1"}, "http://p:1"),
        (ENDPOINT, {"HTTPS_PROXY": "p:1"}, "http://p:1"),
        (ENDPOINT, {"https_proxy": "http://q:1", "HTTPS_PROXY": "http://p:1"}, "http://q:1"),
        (ENDPOINT, {"ALL_PROXY": "http://p:1"}, "http://p:1"),
        (ENDPOINT, {"ALL_PROXY": "socks5://p:1"}, "socks5://p:1"),
        (ENDPOINT, {"all_proxy": "socks5://q:1", "ALL_PROXY": "socks5://p:1"}, "socks5://q:1"),
        (ENDPOINT, {"HTTPS_PROXY": "http://q:1", "ALL_PROXY": "socks5://p:1"}, "http://q:1"),
        (ENDPOINT, {"HTTP_PROXY": "http://p:1"}, ""),
        (LOCAL, {"HTTPS_PROXY": "http://p:1", "HTTP_PROXY": "http://p:1", "ALL_PROXY": "http://p:1"}, ""),
        ("https://127.0.0.1/", {"HTTPS_PROXY": "http://p:1"}, ""),
        ("https://localhost./", {"HTTPS_PROXY": "http://p:1"}, ""),
        ("https://[::1]/", {"ALL_PROXY": "socks5://p:1"}, ""),
    ],
)
def test_a_proxy_serves_https_and_never_loopback(endpoint: str, variables: dict[str, str], proxy: str) -> None:
    assert proxy_for(endpoint, Environment(variables)) == proxy


@pytest.mark.parametrize(
    ("host", "no_proxy", "left_out"),
    [
        ("a.example.org", "", False),
        ("a.example.org", " , ,", False),
        ("a.example.org", ".", False),
        ("a.example.org", "*", True),
        ("a.example.org", "other.net, *", True),
        ("a.example.org", "a.example.org", True),
        ("A.Example.ORG", "a.EXAMPLE.org", True),
        ("a.example.org.", "a.example.org", True),
        ("a.example.org", "a.example.org.", True),
        ("a.example.org", "example.org", True),
        ("a.example.org", ".example.org", True),
        ("a.example.org", "*.example.org", True),
        ("a.b.example.org", "*.example.org", True),
        ("example.org", ".example.org", True),
        ("example.org", "*.example.org", True),
        ("anexample.org", "example.org", False),
        ("anexample.org", ".example.org", False),
        ("anexample.org", "*.example.org", False),
        ("example.org", "a.example.org", False),
        ("a.example.org", "one.net,a.example.org", True),
        ("a.example.org", " one.net , a.example.org ", True),
        ("a.example.org", "one.net a.example.org", True),
        ("a.example.org", "one.net\ta.example.org,two.net", True),
        ("a.example.org", "a.example.org:443", True),
        ("a.example.org", "a.example.org:8443", False),
        ("a.example.org:8443", "a.example.org:8443", True),
        ("a.example.org:8443", "a.example.org:443", False),
        ("a.example.org:8443", "a.example.org", True),
        ("a.example.org", ".example.org:443", True),
        ("a.example.org", "*.example.org:8443", False),
        ("a.example.org", "*:8443", False),
        ("a.example.org", "*:443", True),
        ("a.example.org", "10.0.0.0/8", False),
        ("host1", "host1", True),
        ("host1:8443", "host1:8443", True),
        ("10.1.2.3", "10.1.2.3", True),
        ("10.1.2.3", "10.1.2.30", False),
        ("10.1.2.30", "10.1.2.3", False),
        ("10.1.2.3", "10.1.2.3:443", True),
        ("10.1.2.3", "10.1.2.3:80", False),
        ("10.1.2.3", "10.0.0.0/8", True),
        ("10.1.2.3", "10.9.9.9/8", True),
        ("11.1.2.3", "10.0.0.0/8", False),
        ("10.1.2.3", "192.168.0.0/16, 10.1.0.0/16", True),
        ("10.1.2.3", "0.0.0.0/0", True),
        ("10.1.2.3", "::/0", False),
        ("10.1.2.3", "10.0.0.0/99", False),
        ("10.1.2.3", "example.org", False),
        ("10.1.2.3", "3", False),
        ("[2001:db8::1]", "2001:db8::1", True),
        ("[2001:db8::1]", "2001:0DB8:0::1", True),
        ("[2001:db8::1]", "[2001:db8::1]", True),
        ("[2001:db8::1]", "[2001:db8::1]:443", True),
        ("[2001:db8::1]", "[2001:db8::1]:80", False),
        ("[2001:db8::1]:8443", "[2001:db8::1]:8443", True),
        ("[2001:db8::1]", "2001:db8::/32", True),
        ("[2001:db8::1]", "2001:db9::/32", False),
        ("[2001:db8::443]", "2001:db8::443", True),
        ("[2001:db8::1]", "10.0.0.0/8", False),
    ],
)
def test_no_proxy_in_each_of_its_forms(host: str, no_proxy: str, left_out: bool) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        environment = Environment({"https_proxy": "http://p:1", name: no_proxy})
        assert proxy_for(f"https://{host}/v1/usage", environment) == ("" if left_out else "http://p:1")
        assert proxy_shown(f"https://{host}/v1/usage", environment) == ("" if left_out else "p:1")


@pytest.mark.parametrize(
    ("named", "shown"),
    [
        ("http://proxy.example:3128", "proxy.example:3128"),
        ("proxy.example:3128", "proxy.example:3128"),
        ("http://proxy.example", "proxy.example:80"),
        ("https://proxy.example/", "proxy.example:443"),
        ("socks5://proxy.example", "proxy.example:1080"),
        ("socks5h://proxy.example", "proxy.example:1080"),
        ("socks5://[::1]:1080/", "[::1]:1080"),
        ("http://ada:s3cret@proxy.example:3128/s3cret?s3cret#s3cret", "proxy.example:3128"),
        ("ada:s3cret@proxy.example:3128", "proxy.example:3128"),
        ("http://ada:1815#s3cret@proxy.example:3128", UNUSABLE),
        ("http://ada:1815/s3cret@proxy.example:3128", UNUSABLE),
        ("http://ada:s3cret", UNUSABLE),
        ("s3cret://", UNUSABLE),
        ("http://", UNUSABLE),
        ("http://s3\x1b[2J:80", UNUSABLE),
        ("http://two words:80", UNUSABLE),
        ("http://proxy.example:70000", UNUSABLE),
        ("socks4://proxy.example:1080", UNUSABLE),
        ("socks://proxy.example:1080", UNUSABLE),
        ("quic://proxy.example:443", UNUSABLE),
    ],
)
def test_of_a_proxy_that_would_be_used_host_and_port_are_shown_and_never_more(named: str, shown: str) -> None:
    environment = Environment({"https_proxy": named})
    assert proxy_shown(ENDPOINT, environment) == shown
    assert proxy_shown(LOCAL, environment) == ""
    if shown == UNUSABLE:
        with pytest.raises(UnusableProxyError):
            proxy_for(ENDPOINT, environment)
    else:
        httpx.Client(proxy=proxy_for(ENDPOINT, environment)).close()  # it takes what we call usable


def test_of_one_that_cannot_be_used_it_is_said_what_that_means() -> None:
    environment = Environment({"https_proxy": "quic://ada:s3cret@proxy.example:443"})
    assert proxy_shown(ENDPOINT, environment) == "a proxy that cannot be used, so nothing leaves"
