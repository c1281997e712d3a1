"""The search for what names this machine or its owner, which must appear nowhere in what is kept or sent.

The values searched for stay in memory; a find is reported by its kind and place, never by its value. Model names are
known only while a server runs, so they are not among them. In the environment it looks for what a variable's name calls
a secret, a password within an address, and what looks like a token whatever its name.

What is a find, in upper or lower case:

- a value of `_LONG` characters or more, wherever it stands, glued to letters and digits too: it does not come about by
  chance. An address is the exception, since with one more digit it is another machine's;
- a shorter one as a word of its own, with no letter or digit beside it: `box` is part of many words. Digits alone are
  not searched for then, and what looks like a UUID is passed over: figures and `session_id`s hold any of them;
- never one that our own words hold in that same way (a user may be called `dev`, a host `completion`): a long one that
  is part of a word of ours is searched for as a word of its own.
"""

import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Final, NamedTuple

from shimmy_metrics.actions.export_schema import words
from shimmy_metrics.config.codec import keys
from shimmy_metrics.config.file import load
from shimmy_metrics.consent.endpoint import ENDPOINT
from shimmy_metrics.errors import UserError
from shimmy_metrics.machine.text_file import read_text
from shimmy_metrics.report.fields import FIELDS
from shimmy_metrics.report.schema import schema
from shimmy_metrics.store.tables import words as table_words
from shimmy_metrics.system.places import StrPath, home_dir
from shimmy_metrics.system.profile import Profile

_CONFIDENTIAL: Final = (
    r"KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|PRIVATE|(?:^|_)(?:PAT|PASS|PW|AUTH|COOKIE|JWT|DSN)(?:_|$)"
)
_OPAQUE: Final = r"(?=.*[0-9])(?=.*[A-Za-z])[A-Za-z0-9_+.=~-]{20,}"
"""What looks like a token: one piece, with letters and digits, and neither a path nor an address."""

_WITHIN_ADDRESS: Final = r"[a-z][a-z0-9+.-]*://[^/?#\s:@]*:([^/?#\s]+)@"
"""An address with a password in it (RFC 3986, section 3.2.1)."""

_SECRET_CHARACTERS: Final = 8
_SHORTEST: Final = 3
"""A shorter name is found in any text and would say nothing."""

_LONG: Final = 8
"""Characters from which a value is found inside of other words as well."""

_UUID: Final = rb"(?<![0-9a-z])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-z])"

_ADDRESS_BYTES: Final = 2**24
"""A host of many containers has thousands of addresses."""

_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost", "0.0.0.0", "::"})  # noqa: S104 - words to pass over


class Identifier(NamedTuple):
    """One value to search for. `name`: what it is called here; `anywhere`: it is found inside other words too."""

    category: str
    value: str
    anywhere: bool = False
    name: str = ""

    @property
    def kind(self) -> str:
        """What a person is shown: `secret in the environment (API_KEY)`, never the value."""
        return f"{self.category} ({self.name})" if self.name else self.category


def identifiers(profile: Profile) -> tuple[Identifier, ...]:
    """Return what to search for on this machine, without what stands in any report, export or store of ours.

    Opens no connection.
    """
    texts = (
        json.dumps(schema()),
        *(field.path for field in FIELDS),
        *words(),
        table_words(),
        ENDPOINT,
        profile.environment.endpoint,
        *_config_texts(profile),
    )
    own = " ".join(texts).encode("utf-8", "surrogateescape").lower()
    made: dict[tuple[str, str], Identifier] = {}
    for identifier in _collect(profile):
        if _too_common(identifier.value):
            continue
        anywhere = identifier.anywhere and len(identifier.value) >= _LONG and not _occurs_in(identifier, own)
        searched = identifier._replace(anywhere=anywhere)
        if not _occurs_in(searched, own):
            made.setdefault((searched.kind, searched.value), searched)
    return tuple(made.values())


def matches(data: bytes, searched: tuple[Identifier, ...]) -> tuple[Identifier, ...]:
    """Return the identifiers that stand in `data`."""
    lower = data.lower()
    return tuple(identifier for identifier in searched if _occurs_in(identifier, lower))


def _too_common(value: str) -> bool:
    """Whether a value is found in any text, or is every machine's."""
    if value.isdecimal() and len(value) < _LONG:
        return True
    return len(value) < _SHORTEST or value.lower() in _LOOPBACK


def _config_texts(profile: Profile) -> Iterator[str]:
    """Yield what a person wrote into the config: the endpoint that a yes covers, in force or not, and their keys."""
    with suppress(UserError):
        document = load(profile)
        yield document.decision.endpoint
        yield json.dumps(keys(document))


def _forms(value: str) -> set[bytes]:
    """Return the bytes that a value may stand as: itself, and as JSON writes it, with escapes or without.

    The letters A to Z alone are made small, in the value and in what is searched. A name or a variable need not be
    UTF-8.
    """
    raw = value.encode("utf-8", "surrogateescape")
    written = (json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1])
    return {raw.lower(), *(each.encode("utf-8", "surrogateescape").lower() for each in written)}


def _occurs_in(identifier: Identifier, data: bytes) -> bool:
    """Whether a value stands in `data`, which is in lower case."""
    forms = [form for form in _forms(identifier.value) if form in data]
    if identifier.anywhere or not forms:
        return bool(forms)
    text = re.sub(_UUID, b" ", data) if len(identifier.value) < _LONG else data
    return any(re.search(rb"(?<![0-9a-z])" + re.escape(form) + rb"(?![0-9a-z])", text) for form in forms)


def _collect(profile: Profile) -> Iterator[Identifier]:
    yield Identifier("user name", _login_name(), anywhere=True)
    for name in ("USER", "LOGNAME", "LNAME", "SUDO_USER", "USERNAME"):
        if profile.environment.get(name):
            yield Identifier("user name", profile.environment.get(name), anywhere=True)
    host = _host_name()
    yield Identifier("host name", host, anywhere=True)
    yield Identifier("host name", host.partition(".")[0], anywhere=True)
    yield Identifier("home directory", home_dir(), anywhere=True)
    with suppress(OSError):
        here = os.getcwd()
        if here.count("/") > 1 or "\\" in here:  # "/" and "/tmp" are nobody's
            yield Identifier("working directory", here, anywhere=True)
    for name, value in profile.environment.variables.items():
        yield from _secrets(name, value)
    if sys.platform == "linux":
        yield from _addresses()


def _login_name() -> str:
    """Return whose process this is, in the system's own list; empty where it names nobody.

    On Windows the environment alone has the name.
    """
    if sys.platform == "win32":
        return ""
    import pwd  # there is none on Windows

    with suppress(KeyError):  # many containers run as a number without a name
        return pwd.getpwuid(os.getuid()).pw_name
    return ""


def _host_name() -> str:
    if sys.platform == "win32":
        import platform  # it compiles patterns for a tenth of a bare Python's start

        return platform.node()
    return os.uname().nodename


def _secrets(name: str, value: str) -> Iterator[Identifier]:
    """Yield what has to be taken for a secret in one environment variable."""
    if len(value) >= _SECRET_CHARACTERS and (
        re.search(_CONFIDENTIAL, name, re.IGNORECASE) or re.fullmatch(_OPAQUE, value)
    ):
        yield Identifier("secret in the environment", value, anywhere=True, name=name)
    if "://" not in value:
        return
    from urllib.parse import unquote  # few variables hold an address

    for password in re.findall(_WITHIN_ADDRESS, value, re.IGNORECASE):
        for form in {password, unquote(password)}:
            if len(form) >= _SECRET_CHARACTERS:
                yield Identifier("password in the environment", form, anywhere=True, name=name)


def _addresses(root: StrPath = "/") -> Iterator[Identifier]:
    """Yield this machine's own IP and MAC addresses as Linux lists them, loopback aside."""
    with suppress(OSError):
        for name in os.listdir(os.path.join(root, "sys/class/net")):
            mac = read_text(os.path.join(root, "sys/class/net", name, "address"))
            if mac.strip("0:"):
                yield Identifier("MAC address", mac)
    trie = read_text(os.path.join(root, "proc/net/fib_trie"), _ADDRESS_BYTES)
    for address in set(re.findall(r"\|-- (\S+)\n\s+/32 host LOCAL", trie)):
        if not address.startswith("127."):
            yield Identifier("IP address", address)
    lines = read_text(os.path.join(root, "proc/net/if_inet6"), _ADDRESS_BYTES).splitlines()
    if lines:
        from ipaddress import IPv6Address  # where there is an IPv6 address

        for line in lines:
            yield Identifier("IP address", str(IPv6Address(bytes.fromhex(line.split()[0]))))
