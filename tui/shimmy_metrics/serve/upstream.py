"""A server that is already running, named by a URL: the URL is parsed and the server reached."""

import asyncio
import ipaddress
import ssl
from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from shimmy_metrics.consent.endpoint import is_loopback
from shimmy_metrics.errors import UserError
from shimmy_metrics.serve.listen_address import DEFAULT_PORT, LOOPBACK, ListenAddress
from shimmy_metrics.serve.lookup import look_up
from shimmy_metrics.serve.route import Route
from shimmy_metrics.serve.target import Target
from shimmy_metrics.serve.tls_error_causes import cause_of

DEFAULT_BIND: Final = f"{LOOPBACK}:{DEFAULT_PORT}"
"""Where `--upstream` listens by default: Shimmy's own address."""

_PORTS: Final = {"http": 80, "https": 443}
_REACH_SECONDS: Final = 5.0
_START: Final = "Start that server first, or give its address"
_FORM: Final = "Give an address such as http://127.0.0.1:8080"


class Url(NamedTuple):
    """The upstream as the person gave it."""

    text: str
    host: str
    port: int
    secure: bool

    @property
    def host_field(self) -> str:
        """The value of a request's Host field."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_url(text: str) -> Url:
    """Parse the URL of an upstream. Raises `UserError` for one that is invalid or names more than an address."""
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise UserError("this is no URL", where=f"--upstream {text}", remedy=_FORM) from None
    if parts.scheme not in _PORTS or not host or not text.isprintable() or port == 0:
        raise UserError("this is no http or https URL", where=f"--upstream {text}", remedy=_FORM)
    if parts.username is not None:
        raise UserError("a name or a password cannot stand here", where="--upstream", remedy=_FORM)
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        what = "more than a server's address: requests pass unchanged, so a path cannot be put before theirs"
        raise UserError(what, where=f"--upstream {text}", remedy=_FORM)
    return Url(text, host, port or _PORTS[parts.scheme], parts.scheme == "https")


async def reach(url: Url, variables: Mapping[str, str]) -> Route:
    """Connect once, so that an upstream that is down is reported at the start; return the route to it.

    `variables` are those of the environment. Raises `UserError` if it cannot be reached.
    """
    tls = ssl.create_default_context() if url.secure else None
    error: OSError | None = None
    try:
        async with asyncio.timeout(_REACH_SECONDS):
            addresses = await _addresses(url)
            for address in addresses:
                target = Target(address, url.port, tls, url.host if url.secure else None)
                try:
                    await _try(target)
                except OSError as failed:
                    # Of several addresses, the error of one where somebody answered says most.
                    error = failed if error is None or _answered(failed) else error
                    continue
                return Route(url.host, target, addresses)
    except TimeoutError:
        remedy = "Look whether it speaks TLS, or give its address" if url.secure else _START
        raise _unreachable(url, f"no answer within {_REACH_SECONDS:.0f} s", remedy) from None
    if url.secure and error is not None and _answered(error):
        raise _unreachable(url, *cause_of(error, url.host, variables))
    raise _unreachable(url, "nothing listens there")


async def _try(target: Target) -> None:
    """Connect, and disconnect again. Raises `OSError`."""
    (await target.connect(asyncio.Protocol)).abort()
    if target.tls is not None:
        from shimmy_metrics.serve.tls import look_for_refusal  # most servers are reached without it

        await asyncio.to_thread(look_for_refusal, target.host, target.port, target.tls, target.name)


async def _addresses(url: Url) -> list[str]:
    try:
        return await look_up(url.host, url.port)
    except OSError as failed:
        raise _unreachable(url, "the name is not known") from failed


def _answered(error: OSError) -> bool:
    """Whether something is there: it answered or hung up."""
    return isinstance(error, ssl.SSLError | ConnectionResetError | ConnectionAbortedError)


def _unreachable(url: Url, what: str, remedy: str = _START) -> UserError:
    return UserError(what, where=f"--upstream {url.text}", remedy=remedy)


def parse_listen_address(text: str, target: Target) -> ListenAddress:
    """Parse where to listen: on loopback, unless others can reach the upstream as well. Raises `UserError`."""
    address = ListenAddress.parse(text)
    if address is None:
        remedy = f"Give it in numbers, such as {DEFAULT_BIND} or [::1]:{DEFAULT_PORT}"
        raise UserError("this is no numeric address with a port", where=f"--bind {text}", remedy=remedy)
    if not address.is_loopback and _only_this_machine(target.host):
        what = "others would reach a server that only this machine reaches now"
        raise UserError(what, where=f"--bind {text}", remedy=f"Listen on loopback, such as {DEFAULT_BIND}")
    return address


def _only_this_machine(host: str) -> bool:
    """Whether only this machine can reach an upstream's numeric address; connecting to 0.0.0.0 connects here."""
    return is_loopback(host) or ipaddress.ip_address(host.partition("%")[0]).is_unspecified
