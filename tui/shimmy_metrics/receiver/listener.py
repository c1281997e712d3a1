"""Where the receiver listens: an address or a Unix socket, in TLS or plain."""

import contextlib
import errno
import os
import socket
import ssl
import stat
import sys
from typing import Final, NamedTuple

from shimmy_metrics.errors import UserError, reason_of
from shimmy_metrics.receiver.response import PATH

DEFAULT: Final = "127.0.0.1:8787"

_BACKLOG: Final = 2_048
_UNIX: Final = "unix:"
_PORT_MAX: Final = 65_535
_EVERYBODY: Final = 0o666
"""Of a Unix socket. Whoever reaches its folder may connect, as to a port."""


class Address(NamedTuple):
    """A host and a port, or the path of a Unix socket."""

    host: str
    port: int
    path: str = ""

    def __str__(self) -> str:
        """As it is given to `--listen`."""
        return f"{_UNIX}{self.path}" if self.path else f"{_bracketed(self.host)}:{self.port}"

    @property
    def loopback(self) -> bool:
        """Whether nobody but this machine reaches it."""
        return bool(self.path) or self.host in ("localhost", "::1") or self.host.startswith("127.")

    @property
    def url(self) -> str:
        """What a sender on this machine sends to, where it listens at a port without TLS."""
        return f"http://{_bracketed(self.host)}:{self.port}{PATH}"


def parse(text: str) -> Address:
    """Return the address that `HOST:PORT`, `[HOST]:PORT` or `unix:PATH` names. Raises `UserError`."""
    if text.startswith(_UNIX) and len(text) > len(_UNIX):
        return Address("", 0, os.path.abspath(text.removeprefix(_UNIX)))
    host, _, port = text.rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    if not bare or (":" in bare) != host.startswith("[") or not (port.isascii() and port.isdecimal()):
        raise UserError(f"this is no address: {text!a}", where="--listen", remedy="Give one such as 127.0.0.1:8787")
    if len(port) > 5 or int(port) > _PORT_MAX:
        raise UserError(f"there is no port {port[:20]}", where="--listen", remedy=f"Give one up to {_PORT_MAX}")
    return Address(bare, int(port))


def bind(address: Address) -> socket.socket:
    """Return a socket that listens there. Raises `UserError`."""
    try:
        made = _bind_unix(address.path) if address.path else _bind_port(address)
        made.listen(_BACKLOG)
    except OSError as error:
        remedy = "Name another address with --listen, or stop what listens there"
        raise UserError(f"cannot listen there: {reason_of(error)}", where=str(address), remedy=remedy) from None
    made.settimeout(0)
    return made


def tls_context(certificate: str, key: str) -> ssl.SSLContext:
    """Return the context for the certificate and its key (PEM files; one may hold both). Raises `UserError`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # A session that is resumed would tie its requests to those of the session before.
    context.options |= ssl.OP_NO_TICKET
    context.num_tickets = 0
    for option, file in (("--tls-cert", certificate), ("--tls-key", key)):
        try:
            open(file, "rb").close()
        except OSError as error:
            what = f"cannot be read: {reason_of(error)}"
            raise UserError(what, where=f"{option} {file}", remedy="Name a PEM file that can be") from None
    try:
        context.load_cert_chain(certificate, key, _no_password)
    except (ssl.SSLError, ValueError):
        what = "these are no certificate and the key that belongs to it, in PEM form and without a password"
        raise UserError(what, where=f"--tls-cert {certificate} --tls-key {key}", remedy="Check both files") from None
    return context


def _bind_port(address: Address) -> socket.socket:
    family, _, _, _, where = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)[0]
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "posix":  # on Windows it would let another program listen at the same port
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(where)
    except OSError:
        made.close()
        raise
    return made


def _bind_unix(path: str) -> socket.socket:
    if sys.platform == "win32":
        raise OSError(errno.EAFNOSUPPORT, "Python has no Unix sockets on Windows")
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _remove_left_over(path, socket.AF_UNIX)
        made.bind(path)
        os.chmod(path, _EVERYBODY)
    except OSError:
        made.close()
        raise
    return made


def _remove_left_over(path: str, family: socket.AddressFamily) -> None:
    """Remove the socket of a receiver that was killed; of one that answers, or another kind of file, touch nothing."""
    with contextlib.suppress(FileNotFoundError):
        if stat.S_ISSOCK(os.lstat(path).st_mode):
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                try:
                    probe.connect(path)
                except ConnectionRefusedError:
                    os.unlink(path)


def _no_password() -> str:
    raise ValueError("a key with a password")


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
