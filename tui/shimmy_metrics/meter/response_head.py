"""What is kept of an answer's head. The answer itself, whole or broken off, is `meter.answer`."""

from typing import Final, NamedTuple

from shimmy_metrics.meter.bodies import Form, form_of
from shimmy_metrics.meter.head_fields import VERSIONS, UnsupportedError, body_length, encoded, persists
from shimmy_metrics.meter.http1 import Head

SWITCHING: Final = 101
_BODYLESS: Final = (204, 304)
_FINAL: Final = 200
"""The lowest status of a final answer, but for `SWITCHING`."""


class Response(NamedTuple):
    """An answer's head.

    `interim`: the final one follows. `bodyless`: there is no body, whatever the framing says; `length` is its length,
    and `form` its form. `last`: no other answer follows on the connection. `extended`: the frames of a WebSocket may be
    compressed.
    """

    status: int
    interim: bool = False
    bodyless: bool = False
    length: int | None = None
    form: Form = "other"
    last: bool = False
    extended: bool = False


def response_of(head: Head) -> Response:
    """Return what is kept of an answer. Raises `UnsupportedError`."""
    version, _, rest = head.line.partition(b" ")
    code = rest[:3]
    if version not in VERSIONS or rest[3:4] not in (b" ", b""):
        raise UnsupportedError
    if len(code) != 3 or not code.isdigit() or code[:1] == b"0":
        raise UnsupportedError
    status, fields = int(code), head.fields
    if status < _FINAL and status != SWITCHING:
        return Response(status, interim=True)
    if status == SWITCHING and fields.get(b"upgrade", b"").rstrip(b" \t") != b"websocket":
        raise UnsupportedError
    return Response(
        status,
        bodyless=status in _BODYLESS,
        length=body_length(fields, version),
        form="other" if encoded(fields) else form_of(fields.get(b"content-type", b"")),
        last=not persists(fields, version),
        extended=b"sec-websocket-extensions" in fields,
    )
