"""Canaries: things about this machine and its owner that must appear nowhere in what is held or sent.

The values searched for stay in memory; a find is told by its kind and place, never by the value. Model names are only
known while a server runs, so they are not among them.
"""

import getpass
import json
import platform
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import IPv6Address
from pathlib import Path
from typing import Final, NamedTuple

from shimmy_metrics.actions.held import words
from shimmy_metrics.config.file import load
from shimmy_metrics.consent import ENDPOINT
from shimmy_metrics.errors import TroubleError
from shimmy_metrics.records import Outcome
from shimmy_metrics.report.fields import FIELDS
from shimmy_metrics.report.schema import text as schema_text
from shimmy_metrics.store.database import layout
from shimmy_metrics.system.profile import Profile

_SECRET: Final = re.compile(r"(KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL|PRIVATE)", re.IGNORECASE)
_SECRET_CHARACTERS: Final = 8
_SHORTEST: Final = 3
"""A shorter name is found in any text and would say nothing."""

_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost", "0.0.0.0", "::"})  # noqa: S104 - words to pass over


class Canary(NamedTuple):
    """One value to search for. `kind` is what a person is told."""

    kind: str
    value: str


def canaries(profile: Profile) -> tuple[Canary, ...]:
    """Return what to search for on this machine, without words that stand in any report, export or store.

    A user may be called `dev`, or `key`. Opens no connection.
    """
    texts = (
        schema_text(),
        *(field.path for field in FIELDS),
        *words(),
        layout(),
        *Outcome,
        ENDPOINT,
        profile.environment.endpoint,
        _agreed(profile),
    )
    own = " ".join(texts).encode("utf-8", "surrogateescape").lower()
    found = [canary for canary in _gather(profile) if len(canary.value) >= _SHORTEST]
    return tuple(
        canary
        for canary in found
        if canary.value.lower() not in _LOOPBACK and not any(_stands(form, own) for form in _forms(canary.value))
    )


def found_in(data: bytes, searched: tuple[Canary, ...]) -> tuple[Canary, ...]:
    """Return the canaries that stand in `data` as words of their own, in upper or lower case."""
    lower = data.lower()
    return tuple(canary for canary in searched if any(_stands(form, lower) for form in _forms(canary.value)))


def _agreed(profile: Profile) -> str:
    """Return the endpoint that a yes covers: it stands in the config and in receipts, in force or not."""
    with suppress(TroubleError):
        return load(profile).decision.endpoint
    return ""


def _forms(value: str) -> set[bytes]:
    """Return the bytes that a value may stand as: itself, and as JSON writes it, with escapes or without.

    The letters A to Z alone are made small, in the value and in what is searched. A name or a variable need not be
    UTF-8.
    """
    raw = value.encode("utf-8", "surrogateescape")
    written = (json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1])
    return {raw.lower(), *(each.encode("utf-8", "surrogateescape").lower() for each in written)}


def _stands(value: bytes, data: bytes) -> bool:
    if value not in data:
        return False
    return re.search(rb"(?<![0-9a-z])" + re.escape(value) + rb"(?![0-9a-z])", data) is not None


def _gather(profile: Profile) -> Iterator[Canary]:
    with suppress(OSError, KeyError, ImportError):
        yield Canary("user name", getpass.getuser())
    for name in ("USER", "LOGNAME", "SUDO_USER", "USERNAME"):
        if profile.environment.get(name):
            yield Canary("user name", profile.environment.get(name))
    host = platform.node()
    yield Canary("host name", host)
    yield Canary("host name", host.partition(".")[0])
    with suppress(RuntimeError):
        yield Canary("home directory", str(Path.home()))
    with suppress(OSError):
        here = str(Path.cwd())
        if here.count("/") > 1 or "\\" in here:  # "/" and "/tmp" are nobody's
            yield Canary("working directory", here)
    for name, value in profile.environment.variables.items():
        if _SECRET.search(name) and len(value) >= _SECRET_CHARACTERS:
            yield Canary(f"secret in the environment ({name})", value)
    if sys.platform == "linux":
        yield from _addresses()


def _addresses(root: Path = Path("/")) -> Iterator[Canary]:
    """Yield this machine's own IP and MAC addresses as Linux lists them, loopback aside."""
    with suppress(OSError):
        for entry in (root / "sys/class/net").iterdir():
            with suppress(OSError):
                mac = (entry / "address").read_text().strip()
                if mac.strip("0:"):
                    yield Canary("MAC address", mac)
    with suppress(OSError):
        trie = (root / "proc/net/fib_trie").read_text()
        for address in set(re.findall(r"\|-- (\S+)\n\s+/32 host LOCAL", trie)):
            if not address.startswith("127."):
                yield Canary("IP address", address)
    with suppress(OSError):
        for line in (root / "proc/net/if_inet6").read_text().splitlines():
            packed = bytes.fromhex(line.split()[0])
            yield Canary("IP address", str(IPv6Address(packed)))
