"""A report's final bytes and their SHA-256: what is shown, exported and sent."""

import hashlib
from typing import TYPE_CHECKING, NamedTuple

import orjson

if TYPE_CHECKING:
    from shimmy_metrics.report.build import Report  # the field table, which a digest does not need


class Sealed(NamedTuple):
    """The only byte form of a report: the fields' order, compact, ASCII without escapes, plain integers."""

    body: bytes
    sha256: str


def seal(report: "Report") -> Sealed:
    """Return the report's bytes with their digest."""
    body = orjson.dumps(report)
    return Sealed(body, digest(body))


def digest(body: bytes) -> str:
    """Return the SHA-256 of `body`, 64 hexadecimal digits."""
    return hashlib.sha256(body).hexdigest()


def join(bodies: list[bytes]) -> bytes:
    """Return a request's body: one report as it is, several as a JSON array of the same bytes."""
    return bodies[0] if len(bodies) == 1 else b"[" + b",".join(bodies) + b"]"
