"""The real server's inner port: a free loopback port, and proof of who listens there (Linux).

Another user's process on that port would receive prompts and keys. So no byte goes there until the server itself, or a
process that it started (a script may stand in its place), owns the listening socket: /proc/net/tcp gives the socket's
inode, /proc/PID/fd the inodes that a process holds, /proc/PID/stat its parent.
"""

import contextlib
import os
import socket
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from shimmy_metrics.serve.listen_address import LOOPBACK, ListenAddress

_LISTENING: Final = "0A"


def reserve() -> tuple[socket.socket, ListenAddress]:
    """Reserve a free port until the server has it; then the caller closes the socket. Raises `OSError`.

    The socket is bound with SO_REUSEADDR and never listens: the server can bind the same port (tokio sets the option
    too), and the kernel gives it to nobody who asks for any free port.
    """
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind((LOOPBACK, 0))
    return holder, ListenAddress(LOOPBACK, holder.getsockname()[1])


def owner(pid: int, address: ListenAddress, proc: Path = Path("/proc")) -> int | None:
    """Return the process that holds the socket which listens at the IPv4 address; None where that is a stranger.

    It is `pid` itself, or one that this process started, directly or not. Never raises.
    """
    inode = _listener_inode(address, proc)
    if inode is None:
        return None
    return next((each for each in _with_descendants(pid, proc) if _holds(each, inode, proc)), None)


def _holds(pid: int, inode: str, proc: Path) -> bool:
    wanted = f"socket:[{inode}]"
    with contextlib.suppress(OSError):
        for each in os.scandir(proc / str(pid) / "fd"):
            with contextlib.suppress(OSError):
                if os.readlink(each.path) == wanted:
                    return True
    return False


def _with_descendants(pid: int, proc: Path) -> Iterator[int]:
    """Yield the process, then those that descend from it, the nearest first."""
    yield pid  # nearly always it is this one: then no other is looked at
    started = _by_parent(proc)
    found = [pid]
    for each in found:
        yield from started[each]
        found += started[each]


def _by_parent(proc: Path) -> defaultdict[int, list[int]]:
    started: defaultdict[int, list[int]] = defaultdict(list)
    with contextlib.suppress(OSError):
        for each in os.scandir(proc):
            if each.name.isdecimal():
                with contextlib.suppress(OSError):
                    # proc(5): behind the name, which may hold any character, the state and the parent.
                    told = (proc / each.name / "stat").read_bytes().rpartition(b")")[2].split()
                    started[int(told[1])].append(int(each.name))
    return started


def _listener_inode(address: ListenAddress, proc: Path) -> str | None:
    # proc(5): address and port in hexadecimal, the address in the machine's byte order.
    number = int.from_bytes(socket.inet_aton(address.host), sys.byteorder)
    wanted = f"{number:08X}:{address.port:04X}"
    # The kernel lists listening sockets first (Documentation/networking/proc_net_tcp.rst). Of the others, which
    # include connections closed a minute ago, there may be thousands.
    with contextlib.suppress(OSError), (proc / "net/tcp").open() as table:
        next(table, "")
        for line in table:
            words = line.split()
            if words[3] != _LISTENING:
                break
            if words[1] == wanted:
                return words[9]
    return None
