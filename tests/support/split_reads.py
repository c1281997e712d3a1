"""One conversation read twice, whole and in pieces: both give the same result, whatever its bytes are."""

import random
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, NamedTuple

from shimmy_metrics.exchange import Exchange
from shimmy_metrics.meter.answer import Answer, Asked
from shimmy_metrics.meter.head_fields import UnsupportedError
from shimmy_metrics.meter.tap import Tap
from support.wire import Seen

BETWEEN: Final = b"\n--\xff--\n"
"""Parts of an input: flags, what the client sends, what the server sends."""

_CUTS: Final = 12


class Conversation(NamedTuple):
    """Both directions of a connection, how it ends, and what the server calls itself."""

    asked: bytes
    told: bytes
    by_server: bool = True
    reset: bool = False
    server: str = "shimmy"

    def input(self) -> bytes:
        """Return it as one input of a fuzzer."""
        flags = b"s" * self.by_server + b"r" * self.reset + b"o" * (self.server != "shimmy")
        return BETWEEN.join((flags, self.asked, self.told))


def conversation_of(data: bytes) -> Conversation:
    """Return the conversation that a fuzzer's input stands for; any bytes are one."""
    flags, _, rest = data.partition(BETWEEN)
    asked, _, told = rest.partition(BETWEEN)
    return Conversation(asked, told, b"s" in flags, b"r" in flags, "" if b"o" in flags else "shimmy")


class Strict(Tap):
    """A tap that suppresses only the errors that it is meant to suppress."""

    __slots__ = ("errors",)

    def __init__(
        self,
        on_exchange: Callable[[Exchange], None],
        hash_model: Callable[[bytes], bytes],
        clock: Callable[[], float],
        server: Callable[[], str] = str,
    ) -> None:
        super().__init__(on_exchange, hash_model, clock, server)
        self.errors: list[Exception] = []

    def _read_client(self, data: bytes) -> None:
        with self._noted():
            super()._read_client(data)

    def _read_server(self, data: bytes) -> None:
        with self._noted():
            super()._read_server(data)

    def _finish(self, answer: Answer, now: float, last: bytes = b"", *, failed: bool = False) -> None:
        with self._noted():
            super()._finish(answer, now, last, failed=failed)

    def _count(
        self, asked: Asked, answer: Answer | None, now: float, *, failed: bool = False, unread: bool = False
    ) -> None:
        with self._noted():
            super()._count(asked, answer, now, failed=failed, unread=unread)

    def _disable(self) -> None:
        with self._noted():
            super()._disable()

    @contextmanager
    def _noted(self) -> Iterator[None]:
        try:
            yield
        except UnsupportedError:
            raise
        except Exception as error:
            self.errors.append(error)
            raise


def exchanges_of(
    conversation: Conversation, cuts: tuple[Sequence[int], Sequence[int]] = ((), ())
) -> tuple[list[Exchange], list[bytes]]:
    """Return the exchanges of a conversation that is split at these places, and the hashed names."""
    seen = Seen(conversation.server, Strict)
    asked, told, by_server, reset, _ = conversation
    seen.play(asked, told, by_server=by_server, reset=reset, cuts=cuts)
    assert isinstance(seen.tap, Strict)
    for error in seen.tap.errors:
        raise error
    assert seen.tap.disabled
    return seen.exchanges, seen.hashed


def check(conversation: Conversation, draw: random.Random) -> None:
    """Raise `AssertionError` if a conversation gives another result when it comes in pieces."""
    whole = exchanges_of(conversation)
    ends = max(len(conversation.asked), len(conversation.told)) + 1
    places = [draw.randrange(ends) for _ in range(_CUTS)]
    assert exchanges_of(conversation, (places, places)) == whole
    assert len(whole[0]) <= conversation.asked.count(b"HTTP/1.")


def check_input(data: bytes) -> None:
    """Check a fuzzer's input, split at places that follow from it alone."""
    check(conversation_of(data), random.Random(zlib.crc32(data)))
