"""The environment's proxy: which one serves an endpoint, and what may be shown of it. Imports no network."""

import contextlib
from typing import Final

from shimmy_metrics.consent.endpoint import is_loopback
from shimmy_metrics.system.environment import Environment

UNUSABLE: Final = "a proxy that cannot be used, so nothing leaves"
"""Shown for a proxy that is no address, or of an unknown kind: its text may be part of a password."""

_PORTS: Final = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
"""The supported schemes, each with its default port."""


class UnusableProxyError(ValueError):
    """The environment names a proxy that cannot be used. Connecting without it would ignore that: nothing leaves."""


def proxy_for(endpoint: str, environment: Environment) -> str:
    """Return the URL of the proxy that the environment names for this endpoint, or empty.

    Raise `UnusableProxyError` for one that cannot be used.
    """
    named = _named(endpoint, environment)
    if named and not _host_and_port(named):
        raise UnusableProxyError
    return named


def proxy_shown(endpoint: str, environment: Environment) -> str:
    """Return `HOST:PORT` of the proxy that would be used, `UNUSABLE`, or empty: never a user, a password or a path."""
    named = _named(endpoint, environment)
    return (_host_and_port(named) or UNUSABLE) if named else ""


def _named(endpoint: str, environment: Environment) -> str:
    variables = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
    named = next((found for found in map(environment.get, variables) if found), "")
    if not named:
        return ""
    from urllib.parse import urlsplit  # only where a proxy is named, as below

    parts = urlsplit(endpoint)
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme != "https" or is_loopback(host):
        return ""
    no_proxy = environment.get("no_proxy") or environment.get("NO_PROXY")
    if any(_matches(entry, host, parts.port or 443) for entry in no_proxy.lower().replace(",", " ").split()):
        return ""
    return named if "://" in named else f"http://{named}"


def _host_and_port(proxy: str) -> str:
    """Return the proxy's `HOST:PORT`, or empty where it cannot be used."""
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(proxy)
        host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        return ""
    # An @ after the host: a `/`, `?` or `#` in the password ended the authority early, and the "host" is a user name.
    torn = "@" in f"{parts.path}{parts.query}{parts.fragment}"
    if torn or parts.scheme not in _PORTS or not (host and port and host.isascii() and host.isprintable()):
        return ""
    if " " in host:
        return ""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _matches(entry: str, host: str, port: int) -> bool:
    """Whether one entry of `NO_PROXY` matches the host.

    An entry is `*` (every host), a domain with its subdomains (also as `.domain` or `*.domain`), an IP address, or a
    range such as `10.0.0.0/8`. A domain or an address (IPv6 in brackets) may end with `:PORT`. No name is looked up:
    addresses and ranges match only a host that is written as an address.
    """
    name, _, given = entry.rpartition(":")
    if name and given.isdigit() and (":" not in name or name.endswith("]")):
        if int(given) != port:
            return False
        entry = name
    if entry == "*":
        return True
    if _is_address(host):
        return _contains(entry.strip("[]"), host)
    domain = entry.removeprefix("*").strip(".")
    return bool(domain) and f".{host}".endswith(f".{domain}")


def _is_address(host: str) -> bool:
    import ipaddress

    with contextlib.suppress(ValueError):
        return bool(ipaddress.ip_address(host))
    return False


def _contains(addresses: str, host: str) -> bool:
    """Whether an address, or a range, contains the host's."""
    import ipaddress

    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host) in ipaddress.ip_network(addresses, strict=False)
    return False
