"""A foreign process that takes the inner port; `python -m support.port_thief RECORD PORT` is that process.

It answers as Shimmy does and writes to RECORD how many connections and bytes it was given.
"""

import socket
import sys
from pathlib import Path
from typing import Final

from support.installed import BIN

_HEALTH: Final = b'{"service":"shimmy","version":"2.6.5"}'
_ANSWER: Final = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
    len(_HEALTH),
    _HEALTH,
)
_TESTS: Final = Path(__file__).parent.parent


def launcher(folder: Path, then: str) -> Path:
    """Write a launcher for `SHIMMY_BIN` that lets the thief take the inner address first, and then does `then`."""
    made = folder / "launcher"
    thief = f'{BIN}/python -m support.port_thief {folder}/record "${{SHIMMY_BIND_ADDRESS##*:}}"'
    made.write_text(
        "#!/bin/sh\n"
        f"cd {_TESTS}\n"
        # Nobody's child, in a session of its own and without our streams, like another user's process; the pid file is
        # for ending it.
        f"(setsid {thief} </dev/null >/dev/null 2>&1 & echo $! >{folder}/thief)\n"
        f"while ! [ -e {folder}/record ]; do sleep 0.02; done\n"
        f"{then}\n"
    )
    made.chmod(0o755)
    return made


def steal(record: Path, port: int) -> None:
    """Listen at the port beside whoever keeps it bound, for ever."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen()
        record.write_text("")
        while True:
            connection, _ = listener.accept()
            with connection, record.open("a") as told:
                told.write(f"{len(connection.recv(65_536))}\n")
                connection.sendall(_ANSWER)


if __name__ == "__main__":
    steal(Path(sys.argv[1]), int(sys.argv[2]))
