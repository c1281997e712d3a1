"""The receiver's two keys: one that hashes ids, one that signs the retention log.

The hashing key makes what is stored useless to whoever has the rows alone. A hashing key of before stays for the 16
days in which an id must be known again. A signing key of before is deleted; its public half stays in `retention.pub`,
and the log has a line, signed by it, that names its successor.
"""

import base64
import os
import secrets
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from shimmy_metrics.errors import UserError, reason_of
from shimmy_metrics.receiver.folder import Folder, write_private
from shimmy_metrics.receiver.row import Hashing

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

OLD_DAYS: Final = 16
_HASHING_BYTES: Final = 32
_HASHING: Final = "hashing"
_SIGNING: Final = "signing"


class Keys(NamedTuple):
    """The keys in use: those that hash, the newest first, and the one that signs."""

    hashing: Hashing
    signing: "Ed25519PrivateKey"


def load_keys(folder: Folder, today: date) -> Keys:
    """Return the keys; make them where nothing was received yet.

    Raise `UserError` where one is lost, saying what that means and how to go on.
    """
    hashing = folder.keys / _HASHING
    if not hashing.exists():
        if folder.seen.exists():
            raise UserError(
                "the key that hashes ids is lost: reports of the last 16 days can arrive twice, and none of them can "
                "be recalled any more",
                where=str(hashing),
                remedy="Put it back, or go on with a new one: shimmy-metrics receive rotate-key hashing",
            )
        write_private(hashing, secrets.token_bytes(_HASHING_BYTES))
    if not (folder.keys / _SIGNING).exists():
        if folder.retention_log.exists():
            raise UserError(
                "the key that signs the retention log is lost: lines that it signed can still be checked, no new one "
                "can be added under it",
                where=str(folder.keys / _SIGNING),
                remedy="Put it back, or go on with a new one: shimmy-metrics receive rotate-key signing",
            )
        _make_signing(folder)
    return Keys((_read(hashing, _HASHING_BYTES), *_older(folder, today)), _load_signing(folder))


def rotate_hashing(folder: Folder, today: date) -> None:
    """Hash with a new key from now on. The one of before is kept for 16 days. Raise `UserError`."""
    current = folder.keys / _HASHING
    if current.exists():
        write_private(folder.keys / f"{_HASHING}-{today.isoformat()}", _read(current, _HASHING_BYTES))
    write_private(current, secrets.token_bytes(_HASHING_BYTES))


def rotate_signing(folder: Folder) -> "tuple[Ed25519PrivateKey | None, Ed25519PrivateKey]":
    """Make a new signing key and return the one of before (None where it is lost) and the new one."""
    before = _load_signing(folder) if (folder.keys / _SIGNING).exists() else None
    return before, _make_signing(folder)


def public_text(key: "Ed25519PrivateKey") -> str:
    """Return a key's public half in base64, as it stands in `retention.pub`."""
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()


def _older(folder: Folder, today: date) -> list[bytes]:
    """Return the hashing keys of the last 16 days, the newest first, and delete those that are older."""
    found: list[tuple[date, Path]] = []
    for path in folder.keys.glob(f"{_HASHING}-????-??-??"):
        try:
            found.append((date.fromisoformat(path.name.removeprefix(f"{_HASHING}-")), path))
        except ValueError:
            continue
    for day, path in found:
        if day + timedelta(days=OLD_DAYS) < today:
            path.unlink(missing_ok=True)
    kept = [(day, path) for day, path in found if day + timedelta(days=OLD_DAYS) >= today]
    return [_read(path, _HASHING_BYTES) for _, path in sorted(kept, reverse=True)]


def _make_signing(folder: Folder) -> "Ed25519PrivateKey":
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    made = Ed25519PrivateKey.generate()
    public = folder.retention_pub
    stood = public.read_text() if public.exists() else ""
    stamp = datetime.now(UTC).date().isoformat()
    write_private(public, f"{stood}{public_text(made)} {stamp}\n".encode(), mode=0o644)
    write_private(folder.keys / _SIGNING, made.private_bytes_raw())
    return made


def _load_signing(folder: Folder) -> "Ed25519PrivateKey":
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(_read(folder.keys / _SIGNING, 32))


def _read(path: Path, size: int) -> bytes:
    try:
        found = path.read_bytes()
    except OSError as error:
        raise UserError(f"the key cannot be read: {reason_of(error)}", where=str(path)) from None
    if os.name == "posix" and path.stat().st_mode & 0o077:
        raise UserError("others can read this key", where=str(path), remedy=f"Close it: chmod 600 {path}")
    if len(found) != size:
        raise UserError(f"this is no key of {size} bytes", where=str(path), remedy="Put the right one back")
    return found
