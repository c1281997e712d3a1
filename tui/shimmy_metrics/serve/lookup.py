"""Name look-up in a thread of its own: it may take half a minute and cannot be cancelled."""

import asyncio
import contextlib
import socket
import threading


async def look_up(host: str, port: int) -> list[str]:
    """Return the numeric addresses of a host. Raises `OSError`.

    The thread never delays exit, as one of the loop's executor would.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[list[str]] = loop.create_future()

    def resolve(addresses: list[str], error: OSError | None) -> None:
        if future.done():  # nobody is waiting any more
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(addresses)

    def query() -> None:
        addresses: list[str] = []
        failed: OSError | None = None
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            addresses = list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))
        except UnicodeError:  # a label that is too long fails before the look-up
            failed = OSError("no name")
        except OSError as error:
            failed = error
        with contextlib.suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(resolve, addresses, failed)

    try:
        threading.Thread(target=query, daemon=True, name="look-up").start()
    except RuntimeError as error:
        raise OSError("no thread is left") from error
    return await future
