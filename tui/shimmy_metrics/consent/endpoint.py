"""Where reports go: the description's endpoint, which addresses are allowed, and which are the same. Pure."""

import re
from typing import TYPE_CHECKING, Final

from shimmy_metrics.errors import UserError

if TYPE_CHECKING:
    from urllib.parse import SplitResult  # a quarter of a bare Python's start, and the usual endpoint needs none of it

ENDPOINT: Final = "https://metrics.shimmy-ai.dev/v1/usage"
"""The description's endpoint: what a yes covers where the config names no other."""


def same_endpoint(one: str, other: str) -> bool:
    """Whether two addresses name the same receiver.

    Scheme, host (ignoring case), port (or the scheme's default), path (ignoring a slash at its end) and query are
    compared. A text that is no address equals only itself.
    """
    return one == other or (bool(one and other) and _address(one) == _address(other))


def _address(url: str) -> tuple[str | int | None, ...]:
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    except ValueError:
        return (url,)
    return parts.scheme, (parts.hostname or "").removesuffix("."), port, parts.path.rstrip("/"), parts.query


def check_endpoint(url: str, where: str) -> "SplitResult":
    """Return the URL's parts. Raises `UserError` unless it is https, or http to loopback, without a password."""
    from urllib.parse import urlsplit

    remedy = "Give an https address, such as https://metrics.example.org/v1/usage"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise UserError("the endpoint is no address", where=where, remedy=remedy) from None
    if not host or not url.isascii() or not url.isprintable() or " " in url:
        raise UserError("the endpoint is no address", where=where, remedy=remedy)
    if parts.username is not None or parts.fragment:
        raise UserError("the endpoint holds more than an address", where=where, remedy=remedy)
    if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host)):
        return parts
    raise UserError("the endpoint is not https", where=where, remedy=remedy)


def host_of(url: str) -> str:
    """Return the host of a checked address, with its port where it names one: what a `Host` header says."""
    return re.split(r"[/?#]", url.partition("//")[2])[0]


def is_loopback(host: str) -> bool:
    """Whether a host name or address leads to this machine alone, by its form (no name is looked up)."""
    if host.lower() == "localhost":
        return True
    import ipaddress  # not needed for https, as the description's endpoint is

    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
