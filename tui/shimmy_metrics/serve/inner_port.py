"""The real server's inner address: a free loopback port, and the proof of who listens there (Linux).

Another user's process on that port would get prompts and keys. So no byte goes there before the server itself is seen
to own the listening socket: /proc/net/tcp names the socket's inode, /proc/PID/fd the inodes that a process holds.
"""

import contextlib
import os
import socket
import sys
from pathlib import Path
from typing import Final

from shimmy_metrics.serve.listen_address import LOOPBACK, ListenAddress

_LISTENING: Final = "0A"


def reserve() -> tuple[socket.socket, ListenAddress]:
    """Find a free port and keep it while the server starts, which may take a while; the caller closes the socket then.

    A bound socket with SO_REUSEADDR that never listens: the server can bind beside it (tokio sets the option too), and
    the kernel gives the port to nobody who asks for any. Raises `OSError`.
    """
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind((LOOPBACK, 0))
    return holder, ListenAddress(LOOPBACK, holder.getsockname()[1])


def owns(pid: int, place: ListenAddress, proc: Path = Path("/proc")) -> bool:
    """Whether that process itself holds the socket that listens at the IPv4 address. Never raises."""
    inode = _listener(place, proc)
    if inode is None:
        return False
    wanted = f"socket:[{inode}]"
    with contextlib.suppress(OSError):
        for each in os.scandir(proc / str(pid) / "fd"):
            with contextlib.suppress(OSError):
                if os.readlink(each.path) == wanted:
                    return True
    return False


def _listener(place: ListenAddress, proc: Path) -> str | None:
    # proc(5): address and port in hexadecimal, the address in the machine's byte order.
    number = int.from_bytes(socket.inet_aton(place.host), sys.byteorder)
    wanted = f"{number:08X}:{place.port:04X}"
    # The kernel lists what listens first (Documentation/networking/proc_net_tcp.rst); of the rest, connections that
    # ended a minute ago among them, there may be thousands.
    with contextlib.suppress(OSError), (proc / "net/tcp").open() as table:
        next(table, "")
        for line in table:
            words = line.split()
            if words[3] != _LISTENING:
                break
            if words[1] == wanted:
                return words[9]
    return None
