"""Cut a stream into blocks, JSON at each line, server-sent events at empty lines; in bounded memory and linear time.

The blocks do not depend on how the stream is cut into reads. Of a long block there is only the outline, even where it
came whole: damage in what an outline leaves out would otherwise tell two things.
"""

from collections.abc import Iterator
from typing import Final

from shimmy_metrics.limits import KEPT_BYTES
from shimmy_metrics.meter.outline import DEPTH, Outline, outline

BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"

BLOCK_BYTES: Final = 4_096
"""A longer block whose end has not come is not kept whole: if it were, its first bytes would cost nothing beside those
that follow them."""


class Splitter:
    """Splits at `gap`, one or two line feeds. Between reads it keeps at most about `KEPT_BYTES`, of its outline.

    `kept` is what came last of a block that is not complete, empty where none is; of one too long to keep, of which
    there is an outline, it is the last byte.
    """

    __slots__ = ("_outline", "gap", "kept")

    def __init__(self, gap: bytes = b"\n") -> None:
        self.gap = gap
        self.kept = bytearray()
        self._outline: Outline | None = None  # of a block too long to keep

    def feed(self, piece: bytes) -> bytes:
        """Take the next piece; return all complete blocks, each with its gap, for `split`."""
        gap, rest = self.gap, self.kept
        if self._outline is not None:
            return self._feed_outline(piece)
        end = piece.rfind(gap) + len(gap)
        if end < len(gap):  # none in the piece alone
            end = self._straddling(piece)
        if not rest:
            if end < len(piece):
                self._keep(piece[end:])
            return piece[:end]
        if not end:
            self._keep(piece)
            return b""
        whole = b"".join((rest, piece[:end]))
        rest.clear()
        self._keep(piece[end:])
        return whole

    def rest(self) -> bytes:
        """Return what came after the last gap, and discard it."""
        rest = bytes(self.kept) if self._outline is None else self._outline.text()
        self.kept.clear()
        self._outline = None
        return rest

    def split(self, whole: bytes) -> Iterator[bytes]:
        """Yield blocks one by one, without their gaps and none empty."""
        for part in whole.split(self.gap):
            block = part.lstrip(b"\n")  # of three line feeds in a row the last is after the gap
            if len(block) > BLOCK_BYTES:
                block = outline(block, KEPT_BYTES, DEPTH)
            if block:
                yield block

    def _straddling(self, piece: bytes) -> int:
        """Return how many bytes of a gap that began in an earlier piece are in this one."""
        return int(len(self.gap) > 1 and self.kept.endswith(b"\n") and piece.startswith(b"\n"))

    def _keep(self, piece: bytes) -> None:
        rest = self.kept
        if not rest:
            piece = piece.lstrip(b"\n")  # so that a block is as long in any cut
        if len(rest) + len(piece) < BLOCK_BYTES + len(self.gap):
            rest += piece
            return
        self._outline = Outline(KEPT_BYTES, DEPTH)
        self._outline.feed(bytes(rest) + piece if rest else piece)
        rest[:] = piece[-1:]

    def _feed_outline(self, piece: bytes) -> bytes:
        """Take the next piece of a block that is too long to keep."""
        assert self._outline is not None
        begun = piece.startswith(b"\n") and self._straddling(piece)
        at = 0 if begun else piece.find(self.gap)
        if at < 0:
            self._outline.feed(piece)
            if piece and not self.kept.endswith(piece[-1:]):
                self.kept[:] = piece[-1:]
            return b""
        self._outline.feed(piece[:at])
        return self.rest() + self.gap + self.feed(piece[at + (begun or len(self.gap)) :])


class EventSplitter(Splitter):
    """Splits server-sent events. LF, CR LF and CR each end a line, also mixed; a byte order mark may come first.

    A gateway's keep-alive remarks can end their lines otherwise than the events of the server behind it.
    """

    __slots__ = ("_after_cr", "_first")

    def __init__(self) -> None:
        super().__init__(b"\n\n")
        self._after_cr = False
        self._first = True

    def feed(self, piece: bytes) -> bytes:
        """Take the next piece; return all complete events, each line ended by a line feed, for `split`."""
        if self._after_cr or b"\r" in piece:
            piece = self._with_line_feeds(piece)
        elif not self.kept and piece.endswith(self.gap):
            return piece  # whole events, as nearly all reads bring them
        return Splitter.feed(self, piece)

    def split(self, whole: bytes) -> Iterator[bytes]:
        """Yield events one by one, without the empty line after each and none empty."""
        if self._first and (whole := whole.lstrip(b"\n")):
            self._first = False
            whole = whole.removeprefix(BYTE_ORDER_MARK)
        return super().split(whole)

    def _with_line_feeds(self, piece: bytes) -> bytes:
        if self._after_cr and piece:
            piece = piece.removeprefix(b"\n")
            self._after_cr = False
        if b"\r" in piece:
            self._after_cr = piece.endswith(b"\r")
            piece = piece.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        return piece
