"""A SOCKS5 proxy on loopback (RFC 1928, and RFC 1929 with a password). Every host it is asked for is 127.0.0.1."""

import contextlib
import socket
import socketserver
import threading
from types import TracebackType
from typing import Self


def _whole(connection: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        piece = connection.recv(count - len(data))
        if not piece:
            raise ConnectionError
        data += piece
    return data


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65_536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


class SocksProxy:
    """Listens on a free port of 127.0.0.1 inside its `with` block.

    `asked` are the hosts and ports that clients named; whatever the name, 127.0.0.1 at that port is reached. With a
    `password` it wants that one, of any user; `passwords` are the users and passwords that were given.
    """

    def __init__(self, password: str = "") -> None:
        self.asked: list[tuple[str, int]] = []
        self.passwords: list[tuple[str, str]] = []
        self.password = password
        proxy = self

        class Conversation(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with contextlib.suppress(OSError):
                    proxy._converse(self.request)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Conversation)
        self._server.daemon_threads = True
        self.place = f"127.0.0.1:{self._server.server_address[1]}"

    def _converse(self, client: socket.socket) -> None:
        _, methods = _whole(client, 2)
        offered = _whole(client, methods)
        wanted = 2 if self.password else 0
        if wanted not in offered:
            client.sendall(b"\x05\xff")
            return
        client.sendall(bytes([5, wanted]))
        if self.password and not self._admits(client):
            return
        _, _, _, kind = _whole(client, 4)
        host = _whole(client, _whole(client, 1)[0]).decode() if kind == 3 else socket.inet_ntoa(_whole(client, 4))
        port = int.from_bytes(_whole(client, 2))
        self.asked.append((host, port))
        with socket.create_connection(("127.0.0.1", port)) as target:
            client.sendall(b"\x05\x00\x00\x01" + bytes(6))
            back = threading.Thread(target=_pass_on, args=(target, client), daemon=True)
            back.start()
            _pass_on(client, target)
            back.join()

    def _admits(self, client: socket.socket) -> bool:
        _whole(client, 1)
        user = _whole(client, _whole(client, 1)[0]).decode()
        password = _whole(client, _whole(client, 1)[0]).decode()
        self.passwords.append((user, password))
        client.sendall(bytes([1, password != self.password]))
        return password == self.password

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
