"""A report's final bytes and their SHA-256: what is shown, exported and sent.

Written by the standard library: `orjson` makes the same bytes of a report, but `preview` need not load it.
"""

import json
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from shimmy_metrics.report.build import Report  # the field table, which a digest does not need


class Sealed(NamedTuple):
    """The only byte form of a report: the fields' order, compact, ASCII without escapes, plain integers."""

    body: bytes
    sha256: str


def seal(report: "Report") -> Sealed:
    """Return the report's bytes with their digest."""
    body = written(report)
    return Sealed(body, digest(body))


def written(report: "Report") -> bytes:
    """Return the report's bytes."""
    return json.dumps(report, ensure_ascii=False, separators=(",", ":")).encode()


def digest(body: bytes) -> str:
    """Return the SHA-256 of `body`, 64 hexadecimal digits."""
    import hashlib  # OpenSSL: many a command that loads this needs no digest

    return hashlib.sha256(body).hexdigest()


def join(bodies: list[bytes]) -> bytes:
    """Return a request's body: one report as it is, several as a JSON array of the same bytes."""
    return bodies[0] if len(bodies) == 1 else b"[" + b",".join(bodies) + b"]"
