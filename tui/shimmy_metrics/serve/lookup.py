"""Looking a name up, in a thread of its own: a look-up may take half a minute, and nothing can end it."""

import asyncio
import contextlib
import socket
import threading


async def look_up(host: str, port: int) -> list[str]:
    """Return the numeric addresses of a host. Raises `OSError`.

    Nobody waits for the thread at the end of the process, as it would be for one of the loop's executor.
    """
    loop = asyncio.get_running_loop()
    told: asyncio.Future[list[str]] = loop.create_future()

    def answer(addresses: list[str], error: OSError | None) -> None:
        if told.done():  # nobody waits any more
            return
        if error is not None:
            told.set_exception(error)
        else:
            told.set_result(addresses)

    def ask() -> None:
        addresses: list[str] = []
        failed: OSError | None = None
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            addresses = list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))
        except UnicodeError:  # a label that is too long fails before it is looked up
            failed = OSError("no name")
        except OSError as error:
            failed = error
        with contextlib.suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(answer, addresses, failed)

    try:
        threading.Thread(target=ask, daemon=True, name="look-up").start()
    except RuntimeError as error:
        raise OSError("no thread is left") from error
    return await told
