"""The retention log: a signed line for each day that was dropped, and one for each change of the signing key.

Anybody may read it, with `retention.pub` beside it. A line is a JSON object whose `signature` (Ed25519, base64) is over
the others in their order, compact.
"""

import base64
import json
import os
from collections.abc import Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from shimmy_metrics.receiver.folder import Folder, sync_folder
from shimmy_metrics.receiver.keys import public_text

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_PUBLIC_TO_ALL: Final = 0o644


class Dropped(NamedTuple):
    """One day that was dropped: how many reports it held, when that was done (UTC), its canary's 16 bytes."""

    day: date
    reports: int
    dropped_at: datetime
    canary: bytes


def write_dropped(folder: Folder, dropped: Dropped, signing: "Ed25519PrivateKey") -> None:
    """Add a day's line. It is on the disk when this returns. Raise `OSError`."""
    members = {
        "day": dropped.day.isoformat(),
        "reports": dropped.reports,
        "dropped_at": _time(dropped.dropped_at),
        "canary": dropped.canary.hex(),
    }
    _write(folder, members, signing)


def write_new_key(folder: Folder, before: "Ed25519PrivateKey | None", new: "Ed25519PrivateKey", at: datetime) -> None:
    """Add the line in which the key of before names its successor; where it is lost, the new one names itself."""
    members = {"new_key": public_text(new), "at": _time(at), "before_is_lost": before is None}
    _write(folder, members, before or new)


class Line(NamedTuple):
    """One line: its number from 1, its members (empty where it is no JSON object), whether its signature holds."""

    number: int
    members: dict[str, Any]
    signed: bool


def read_log(folder: Folder) -> Iterator[Line]:
    """Yield the log's lines; none where there is no log. Raise `OSError`."""
    if not folder.retention_log.exists():
        return
    keys = [base64.b64decode(line.split()[0]) for line in folder.retention_pub.read_text().splitlines() if line.split()]
    for number, line in enumerate(folder.retention_log.read_text(encoding="utf-8").splitlines(), 1):
        try:
            members = json.loads(line)
        except ValueError:
            members = {}
        members = members if isinstance(members, dict) else {}
        yield Line(number, members, _is_signed(members, keys))


def dropped_days(lines: list[Line]) -> list[tuple[date, bytes]]:
    """Return the days that the lines say were dropped, each with its canary; what says it badly is passed over."""
    found: list[tuple[date, bytes]] = []
    for line in lines:
        try:
            found.append((date.fromisoformat(line.members["day"]), bytes.fromhex(line.members["canary"])))
        except (KeyError, TypeError, ValueError):
            continue
    return found


def _write(folder: Folder, members: dict[str, Any], signing: "Ed25519PrivateKey") -> None:
    signature = base64.b64encode(signing.sign(_signed_part(members))).decode()
    line = json.dumps({**members, "signature": signature}, separators=(",", ":")) + "\n"
    descriptor = os.open(folder.retention_log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, _PUBLIC_TO_ALL)
    with os.fdopen(descriptor, "ab") as file:
        file.write(line.encode())
        file.flush()
        os.fsync(file.fileno())
    sync_folder(folder.path)


def _signed_part(members: dict[str, Any]) -> bytes:
    signed = {name: each for name, each in members.items() if name != "signature"}
    return json.dumps(signed, separators=(",", ":")).encode()


def _is_signed(members: dict[str, Any], keys: list[bytes]) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    signature = members.get("signature")
    if not isinstance(signature, str):
        return False
    for key in keys:
        try:
            Ed25519PublicKey.from_public_bytes(key).verify(base64.b64decode(signature), _signed_part(members))
        except (InvalidSignature, ValueError):
            continue
        return True
    return False


def _time(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
