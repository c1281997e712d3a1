"""The address that the person asked for, resolved as Shimmy does it, and taken at once.

In: the person's words and the environment. Out: addresses to try in turn, and the words for the real server, in which
its address is left to the environment (`ps` shows words). Whatever Shimmy would refuse is not decided here: it is
handed over untouched, and the real binary says so in its own words.
"""

import ipaddress
import re
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Self

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
_ENDS_EARLY: Final = frozenset({"--", "-h", "--help", "-V", "--version"})


@dataclass(frozen=True, slots=True)
class ListenAddress:
    """A numeric address with its port; `scope` is the interface number of a link-local IPv6 address."""

    host: str
    port: int
    scope: int = 0

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read `127.0.0.1:11435` or `[::1]:11435` as Rust's SocketAddr does; None for anything else."""
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
    def six(self) -> bool:
        """Whether this is IPv6."""
        return ":" in self.host

    @property
    def loopback(self) -> bool:
        """Whether only this machine reaches it, as Shimmy sees it: a mapped 127.0.0.1 is none to it."""
        return self.host == "::1" if self.six else self.host.startswith("127.")

    @property
    def sockaddr(self) -> tuple[str, int] | tuple[str, int, int, int]:
        """What the socket calls take."""
        return (self.host, self.port, 0, self.scope) if self.six else (self.host, self.port)

    @property
    def kept(self) -> str:
        """The URL for the store, which holds none of the machine's own addresses: those stand there as any."""
        if self.loopback:
            return f"http://{self}"
        return f"http://{ListenAddress('::' if self.six else '0.0.0.0', self.port)}"  # noqa: S104 - a word, not a bind

    def __str__(self) -> str:
        """`host:port`, an IPv6 host in brackets."""
        return f"[{self.host}]:{self.port}" if self.six else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class BindRequest:
    """What the person asked for: the addresses to try in turn, and the words for the real server."""

    places: tuple[ListenAddress, ...]
    words: tuple[str, ...]


def bind_request(arguments: Sequence[str], environment: Environment) -> BindRequest:
    """Resolve the address. `arguments` are all words after the program's name, options before `serve` included.

    Raises `HandOverError` for words that serve nothing or that Shimmy refuses, and for an address that others reach
    without a key that holds: behind us Shimmy would listen on loopback and no longer refuse it.
    """
    value, words = _without_bind(arguments)
    places = tuple(_places(value, environment))
    if not all(place.loopback for place in places) and not environment.api_key_holds:
        raise HandOverError("not measured: an address that others can reach needs a SHIMMY_API_KEY that holds")
    return BindRequest(places, words)


def bind(places: Sequence[ListenAddress]) -> tuple[socket.socket, ListenAddress]:
    """Bind the first address that is free, without listening: clients are refused until the server is ready.

    Raises `HandOverError` where none can be had: the real binary fails in its own words.
    """
    for place in places:
        taken = _bound(place)
        if taken is not None:
            return taken, ListenAddress(place.host, taken.getsockname()[1], place.scope)
    raise HandOverError


def _bound(place: ListenAddress) -> socket.socket | None:
    listener = socket.socket(socket.AF_INET6 if place.six else socket.AF_INET, socket.SOCK_STREAM)
    try:
        try:
            # Without SO_REUSEADDR the address is ours alone from this call on; with it Linux lets others bind it as
            # long as nobody listens.
            listener.bind(place.sockaddr)
        except OSError:
            # Connections of an earlier server may linger there: tokio's SO_REUSEADDR passes over those.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(place.sockaddr)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
    except OSError:
        listener.close()
        return None
    return listener


def _without_bind(arguments: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """Return the value of `--bind` (`auto` where there is none), and the words with `auto` in its place."""
    found: str | None = None
    words: list[str] = []
    left = iter(arguments)
    for word in left:
        name, equals, value = word.partition("=")
        if word in _ENDS_EARLY:
            raise HandOverError
        if name != "--bind":
            words.append(word)
            continue
        if not equals:
            value = next(left, "-")
        if found is not None or value.startswith("-"):
            raise HandOverError  # Shimmy's own usage error
        found = value
        words += ["--bind=auto"] if equals else ["--bind", "auto"]
    return ("auto" if found is None else found), tuple(words)


def _places(value: str, environment: Environment) -> Iterator[ListenAddress]:
    if value == "auto":
        named = environment.variables.get(VARIABLE)  # as it stands: Shimmy refuses an empty one
        if named is None:
            yield from (ListenAddress(LOOPBACK, port) for port in range(DEFAULT_PORT, LAST_PORT + 1))
            yield ListenAddress(LOOPBACK, 0)
            return
        value = named
    place = ListenAddress.parse(value)
    if place is None:
        raise HandOverError
    yield place
