"""What is left of a deleted value in a file: a store holds a long one in pieces, on pages of 512 bytes."""

from typing import Final

_PIECE_BYTES: Final = 64
"""Several lie whole on each page that a value fills."""


def pieces_left(value: bytes, data: bytes) -> list[bytes]:
    """Return the pieces of `value` that stand in `data`."""
    pieces = (value[start : start + _PIECE_BYTES] for start in range(0, len(value), _PIECE_BYTES))
    return [piece for piece in pieces if piece in data]
