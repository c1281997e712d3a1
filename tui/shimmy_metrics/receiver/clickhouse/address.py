"""A cluster's address, as `--store` takes it. Pure."""

import re
from typing import Final, NamedTuple
from urllib.parse import unquote

from shimmy_metrics.errors import UserError

SCHEME: Final = "clickhouse://"

_PORT: Final = 8123
_FORM: Final = re.compile(
    r"(?:(?P<user>[^:@/]+)(?::(?P<password>[^@/]*))?@)?(?P<hosts>[^@/]+)/(?P<database>[a-z]\w{0,63})", re.ASCII
)
_HOST: Final = re.compile(r"(?:\[(?P<ipv6>[0-9a-fA-F:]+)\]|(?P<name>[\w.-]+))(?::(?P<port>\d{1,5}))?", re.ASCII)


class Host(NamedTuple):
    """One server, by its name or address and the port at which it speaks HTTP."""

    name: str
    port: int = _PORT

    def __str__(self) -> str:
        """Return what it is called in a message."""
        return f"{self.name}:{self.port}"


class ClusterAddress(NamedTuple):
    """Every server of a cluster, the database in it, and who asks."""

    hosts: tuple[Host, ...]
    database: str
    user: str = "default"
    password: str = ""

    def __str__(self) -> str:
        """Return it as people may see it: without the password."""
        return f"{SCHEME}{','.join(map(str, self.hosts))}/{self.database}"


def parse(text: str, where: str = "--store") -> ClusterAddress:
    """Return the address that a text such as `clickhouse://host1,host2:8124/metrics` means. Raise `UserError`.

    `where` it stands is named by the error.
    """
    found = _FORM.fullmatch(text.removeprefix(SCHEME)) if text.startswith(SCHEME) else None
    hosts = [_host(each) for each in found["hosts"].split(",")] if found else []
    if found is None or None in hosts or len(set(hosts)) < len(hosts):
        raise UserError(
            "this names no store",
            where=where,
            remedy=f"Give sqlite, or each server of a cluster once: {SCHEME}HOST,HOST/DATABASE (letters, digits and _, "
            "the first a small letter)",
        )
    user, password = (unquote(each or "") for each in (found["user"], found["password"]))
    return ClusterAddress(tuple(each for each in hosts if each), found["database"], user or "default", password)


def _host(text: str) -> Host | None:
    found = _HOST.fullmatch(text)
    if found is None or int(found["port"] or _PORT) > 65535:
        return None
    return Host(found["ipv6"] or found["name"], int(found["port"] or _PORT))
