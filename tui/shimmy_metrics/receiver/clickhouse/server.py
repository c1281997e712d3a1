"""One question to one server, over plain HTTP: that is what versions of ten years understand."""

import http.client
import re
from collections.abc import Mapping
from contextlib import closing
from typing import Final, NamedTuple
from urllib.parse import urlencode

from shimmy_metrics.receiver.clickhouse.address import Host
from shimmy_metrics.receiver.store import StoreError

_CONNECT_SECONDS: Final = 2.0
_ANSWER_SECONDS: Final = 120.0

_ALWAYS: Final = {
    # An error is told by the status then, never in the midst of the rows.
    "wait_end_of_query": "1",
    "buffer_size": str(2**26),
    # Which reports were recalled shall stand in no log of questions.
    "log_queries": "0",
    # Each column of each part has a buffer: as large as ClickHouse's own, they would take gigabytes.
    "max_read_buffer_size": str(2**16),
}


class Server(NamedTuple):
    """A server, and who asks it."""

    host: Host
    user: str
    password: str

    def ask(
        self,
        sql: str,
        settings: Mapping[str, str] | None = None,
        body: bytes = b"",
        seconds: float = _ANSWER_SECONDS,
    ) -> list[list[str]]:
        """Return the rows of the answer, each a list of texts in ClickHouse's escaped form; `body` follows the SQL.

        Raise `StoreError` with the reason, in which nothing of `body` is.
        """
        path = f"/?{urlencode({**_ALWAYS, **(settings or {})})}"
        headers = {"X-ClickHouse-User": self.user, "X-ClickHouse-Key": self.password}
        try:
            with closing(http.client.HTTPConnection(self.host.name, self.host.port, timeout=_CONNECT_SECONDS)) as made:
                made.connect()
                made.sock.settimeout(seconds)
                made.request("POST", path, sql.encode() + b"\n" + body, headers)
                answer = made.getresponse()
                said = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise StoreError(f"{self.host} does not answer ({type(error).__name__})") from None
        if answer.status != http.client.OK:
            raise StoreError(f"{self.host} {_reason(answer.status, said.decode(errors='replace'))}")
        text = said.decode(errors="surrogateescape")
        return [line.split("\t") for line in text.removesuffix("\n").split("\n")] if text else []


def _reason(status: int, said: str) -> str:
    """Return what an error's answer says: its number and its first words, since what follows may quote a row."""
    number = re.search(r"Code: (\d+)", said)
    words = re.search(r"DB::Exception: ([^.:,\n]*)", said)
    if not number:
        return f"answers {status}, and not as ClickHouse does"
    return f"says {words[1] if words else 'no reason'} (error {number[1]})"
