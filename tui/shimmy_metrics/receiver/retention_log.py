"""The retention log: a signed line for each day that was dropped, and for each change of the key that signs.

Each line holds the SHA-256 of the one before it, so that none can be taken out, and a signature (Ed25519) of all that
stands before the signature. A key names its successor, under its own signature. The public halves stand in
`retention.pub`; the first line there is signed by the first key.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from shimmy_metrics.receiver.folder import Folder, write_private

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

READABLE: Final = 0o644
"""The log and the public keys are for anybody."""


class Dropped(NamedTuple):
    """A day that was dropped, as a line says it: the day, the moment (UTC), its canary, its reports, rounded."""

    day: str
    dropped_at: str
    canary: bytes
    reports: int


class Checked(NamedTuple):
    """What the log says, as far as it can be read, and what is wrong with it: a line of text for each."""

    dropped: tuple[Dropped, ...] = ()
    wrong: tuple[str, ...] = ()


def public_text(key: "Ed25519PrivateKey") -> str:
    """Return a key's public half in base64, as it stands in `retention.pub`."""
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()


def append_line(folder: Folder, key: "Ed25519PrivateKey", said: Mapping[str, Any]) -> None:
    """Add a line, signed by `key`, and durable when this returns. Raise `OSError`."""
    lines = _lines(folder)
    signed = {**said, "previous": _digest(lines[-1]) if lines else ""}
    signature = base64.b64encode(key.sign(_text(signed))).decode()
    added = _text({**signed, "signature": signature})
    # Written anew as a whole: half a line would spoil the next one.
    write_private(folder.retention_log, b"".join(each + b"\n" for each in (*lines, added)), mode=READABLE)


def last_key_named(folder: Folder) -> str:
    """Return the public key that the newest line hands over to; empty where it does not."""
    lines = _lines(folder)
    try:
        return str(json.loads(lines[-1]).get("next_key", "")) if lines else ""
    except (ValueError, AttributeError):
        return ""


def dropped_days(folder: Folder) -> tuple[Dropped, ...]:
    """Return what the lines say, without checking who signed them. What cannot be read is left out."""
    return tuple(found for line in _lines(folder) if (found := _dropped(_parsed(line))))


def checked(folder: Folder) -> Checked:
    """Read the log with the public keys alone, and check every line."""
    dropped: list[Dropped] = []
    wrong: list[str] = []
    known = public_keys(folder)
    current = known[0] if known else ""
    previous = ""
    for number, line in enumerate(_lines(folder), 1):
        said = _parsed(line)
        if said.get("previous") != previous:
            wrong.append(f"line {number} does not follow the one before it: a line was changed, added or taken out")
        previous = _digest(line)
        signer = str(said.get("next_key")) if said.get("key_lost") else current
        if signer not in known or not _signed_by(signer, said, line):
            wrong.append(f"line {number} is not signed by the receiver's key")
        if "next_key" in said:
            current = str(said["next_key"])
        elif found := _dropped(said):
            dropped.append(found)
        else:
            wrong.append(f"line {number} cannot be read")
    return Checked(tuple(dropped), tuple(wrong))


def public_keys(folder: Folder) -> list[str]:
    """Return the public halves of all keys that ever signed, the oldest first."""
    if not folder.retention_pub.exists():
        return []
    return [line.split()[0] for line in folder.retention_pub.read_text().splitlines() if line.strip()]


def _lines(folder: Folder) -> list[bytes]:
    return folder.retention_log.read_bytes().splitlines() if folder.retention_log.exists() else []


def _text(said: Mapping[str, Any]) -> bytes:
    return json.dumps(said, separators=(",", ":")).encode()


def _digest(line: bytes) -> str:
    return sha256(line).hexdigest()


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _dropped(said: Mapping[str, Any]) -> Dropped | None:
    try:
        canary = bytes.fromhex(said["canary"])
        return Dropped(str(said["day"]), str(said["dropped_at"]), canary, int(said["reports"]))
    except (KeyError, ValueError, TypeError):
        return None


def _signed_by(public: str, said: Mapping[str, Any], line: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    signed = {name: value for name, value in said.items() if name != "signature"}
    if _text({**signed, "signature": said.get("signature")}) != line:
        return False  # other bytes that say the same
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public, validate=True))
        key.verify(base64.b64decode(str(said.get("signature")), validate=True), _text(signed))
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True
