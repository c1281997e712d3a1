"""Header fields that describe a message: the body's length, its coding, and whether more messages follow.

Whatever two parsers could interpret differently raises `UnsupportedError` (RFC 9112, section 6).
"""

from typing import Final

from shimmy_metrics.meter.clients import HEADER

VERSIONS: Final = (b"HTTP/1.1", b"HTTP/1.0")
"""The versions that are read."""

CHUNKED: Final = -1
OPEN: Final = 1 << 62
"""The length of a body delimited by connection close: longer than any Content-Length that is read (18 digits)."""

_SINGLE: Final = (b"content-type", HEADER)
"""Of these fields the last one counts; the others are lists, and several fields are one list."""

_CODINGS: Final = frozenset({b"gzip", b"x-gzip", b"deflate", b"compress", b"x-compress"})


class UnsupportedError(Exception):
    """The bytes are not plain HTTP/1 or WebSocket frames; nothing more of the connection is read."""


def items(value: bytes) -> list[bytes]:
    """Return a list's items (RFC 9110, section 5.6.1)."""
    return [item for each in value.split(b",") if (item := each.strip(b" \t"))]


def body_length(fields: dict[bytes, bytes], version: bytes) -> int | None:
    """Return the body's length by its head: bytes, `CHUNKED`, `OPEN`, or None where the head does not say.

    Raises `UnsupportedError` for both framings at once, codings before HTTP/1.1, unknown codings, a length that is not
    a number, and two lengths that differ.
    """
    coding = fields.get(b"transfer-encoding")
    length = fields.get(b"content-length")
    if coding is not None:
        if length is not None or version != b"HTTP/1.1":
            raise UnsupportedError
        if coding == b"chunked":
            return CHUNKED
        *others, last = items(coding) or [b""]
        if not _CODINGS.issuperset(others) or (last != b"chunked" and last not in _CODINGS):
            raise UnsupportedError
        return CHUNKED if last == b"chunked" else OPEN
    if length is None:
        return None
    if not length.isdigit():
        # The same length twice, as `5, 5` or in two fields, is one length (RFC 9110, section 8.6).
        lengths = {each.strip(b" \t") for each in length.split(b",")}
        length = lengths.pop()
        if lengths or not length.isdigit():
            raise UnsupportedError
    if len(length) > 18:
        raise UnsupportedError
    return int(length)


def encoded(fields: dict[bytes, bytes]) -> bool:
    """Whether a body is compressed, whichever field says so."""
    content = fields.get(b"content-encoding")
    coding = fields.get(b"transfer-encoding")
    return (content is not None and any(each != b"identity" for each in items(content))) or (
        coding is not None and coding != b"chunked" and items(coding) != [b"chunked"]
    )


def persists(fields: dict[bytes, bytes], version: bytes) -> bool:
    """Whether more messages may follow this one on its connection (RFC 9112, section 9.3)."""
    value = fields.get(b"connection")
    if value is None:
        return version == b"HTTP/1.1"
    if value == b"keep-alive":
        return True
    options = items(value)
    return b"close" not in options and (version == b"HTTP/1.1" or b"keep-alive" in options)


def joined(pairs: list[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Return the fields of a head in which one of them is repeated."""
    fields: dict[bytes, bytes] = {}
    for name, value in pairs:
        fields[name] = fields[name] + b"," + value if name in fields and name not in _SINGLE else value
    return fields
