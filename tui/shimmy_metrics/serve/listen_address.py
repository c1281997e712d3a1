"""The address that the person asked for, resolved as Shimmy does it, and bound at once.

In: the command line and the environment. Out: addresses to try in turn, and the arguments for the real server, which
leave its address to the environment (`ps` shows arguments). What Shimmy would refuse is not decided here: it is handed
over untouched, and the real binary reports it.
"""

import ipaddress
import re
import socket
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple, Self

from shimmy_metrics.serve.exit_status import HandOverError
from shimmy_metrics.system.environment import Environment

DEFAULT_PORT: Final = 11435
LAST_PORT: Final = 11535
"""Shimmy's own default, and the last port that its `auto` tries before it takes any free one."""

LOOPBACK: Final = "127.0.0.1"
VARIABLE: Final = "SHIMMY_BIND_ADDRESS"

_FORM: Final = re.compile(
    r"(?:\[(?P<six>[0-9A-Fa-f:.]+)(?:%(?P<scope>[0-9]{1,9}))?\]|(?P<four>[0-9.]+)):(?P<port>[0-9]{1,5})"
)
_PORT_MAX: Final = 65_535
_NO_SERVER: Final = frozenset({"--", "-h", "--help", "-V", "--version"})


class ListenAddress(NamedTuple):
    """A numeric address with its port; `scope` is the interface number of a link-local IPv6 address."""

    host: str
    port: int
    scope: int = 0

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Parse `127.0.0.1:11435` or `[::1]:11435` as Rust's SocketAddr does; return None for anything else."""
        found = _FORM.fullmatch(text)
        if found is None or int(found["port"]) > _PORT_MAX:
            return None
        try:
            host = ipaddress.ip_address(found["six"] or found["four"])
        except ValueError:
            return None
        if (host.version == 6) is not bool(found["six"]):
            return None
        return cls(str(host), int(found["port"]), int(found["scope"] or 0))

    @property
    def is_ipv6(self) -> bool:
        """Whether this is an IPv6 address."""
        return ":" in self.host

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it. As for Shimmy, an IPv4-mapped 127.0.0.1 is not loopback."""
        return self.host == "::1" if self.is_ipv6 else self.host.startswith("127.")

    @property
    def sockaddr(self) -> tuple[str, int] | tuple[str, int, int, int]:
        """The form that socket calls take."""
        return (self.host, self.port, 0, self.scope) if self.is_ipv6 else (self.host, self.port)

    @property
    def stored_url(self) -> str:
        """The URL for the store, which keeps no address of this machine: `0.0.0.0` or `::` stands for those."""
        if self.is_loopback:
            return f"http://{self}"
        return f"http://{ListenAddress('::' if self.is_ipv6 else '0.0.0.0', self.port)}"  # noqa: S104 - text, no bind

    def __str__(self) -> str:
        """`host:port`, an IPv6 host in brackets."""
        return f"[{self.host}]:{self.port}" if self.is_ipv6 else f"{self.host}:{self.port}"


class BindRequest(NamedTuple):
    """What the person asked for: the addresses to try in turn, and the arguments for the real server."""

    addresses: tuple[ListenAddress, ...]
    arguments: tuple[str, ...]


def parse_bind_request(arguments: Sequence[str], environment: Environment) -> BindRequest:
    """Resolve the address. `arguments` are all those after the program's name, options before `serve` included.

    Raises `HandOverError` for arguments that start no server or that Shimmy refuses, and for an address that others can
    reach without a valid key: behind us Shimmy would listen on loopback and no longer refuse it.
    """
    value, rest = _without_bind(arguments)
    addresses = tuple(_addresses(value, environment))
    if not all(address.is_loopback for address in addresses) and not environment.api_key_holds:
        raise HandOverError("not measured: an address that others can reach needs a SHIMMY_API_KEY that holds")
    return BindRequest(addresses, rest)


def bind(addresses: Sequence[ListenAddress]) -> tuple[socket.socket, ListenAddress]:
    """Bind the first free address, without listening: clients are refused until the server is ready.

    Raises `HandOverError` if none is free: the real binary reports that itself.
    """
    for address in addresses:
        listener = _bind_one(address)
        if listener is not None:
            return listener, ListenAddress(address.host, listener.getsockname()[1], address.scope)
    raise HandOverError


def _bind_one(address: ListenAddress) -> socket.socket | None:
    listener = socket.socket(socket.AF_INET6 if address.is_ipv6 else socket.AF_INET, socket.SOCK_STREAM)
    try:
        try:
            # Without SO_REUSEADDR the address is ours alone from this call on; with it Linux lets others bind it
            # until somebody listens.
            listener.bind(address.sockaddr)
        except OSError:
            # Connections of an earlier server may linger there. Shimmy (tokio) sets SO_REUSEADDR and ignores them.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address.sockaddr)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
    except OSError:
        listener.close()
        return None
    return listener


def _without_bind(arguments: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """Return the value of `--bind` (`auto` if it is not given), and the arguments with `auto` in its place."""
    found: str | None = None
    rest: list[str] = []
    remaining = iter(arguments)
    for argument in remaining:
        name, equals, value = argument.partition("=")
        if argument in _NO_SERVER:
            raise HandOverError
        if name != "--bind":
            rest.append(argument)
            continue
        if not equals:
            value = next(remaining, "-")
        if found is not None or value.startswith("-"):
            raise HandOverError  # Shimmy's own usage error
        found = value
        rest += ["--bind=auto"] if equals else ["--bind", "auto"]
    return ("auto" if found is None else found), tuple(rest)


def _addresses(value: str, environment: Environment) -> Iterator[ListenAddress]:
    if value == "auto":
        named = environment.variables.get(VARIABLE)  # not stripped or skipped when empty: Shimmy refuses an empty one
        if named is None:
            yield from (ListenAddress(LOOPBACK, port) for port in range(DEFAULT_PORT, LAST_PORT + 1))
            yield ListenAddress(LOOPBACK, 0)
            return
        value = named
    address = ListenAddress.parse(value)
    if address is None:
        raise HandOverError
    yield address
