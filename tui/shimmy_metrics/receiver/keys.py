"""The receiver's two keys: one that hashes ids, one that signs the retention log.

The hashing key makes what is stored useless to whoever has the rows alone. A receiver that runs hashes with the key of
its start; from the next start on, the key of before stays for the 16 days in which an id must be known again, and where
one was lost, that is noted for as long. Fingerprints of these keys lie beside their folder, so that one that is
missing, or another's in its place, is noticed. A signing key of before is deleted; its public half stays in
`retention.pub`, and the log has a line, signed by it, that names its successor.
"""

import os
import secrets
import shlex
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from shimmy_metrics.errors import UserError, reason_of
from shimmy_metrics.receiver.folder import Folder, write_private
from shimmy_metrics.receiver.retention_log import READABLE, append_line, last_key_named, public_keys, public_text
from shimmy_metrics.receiver.row import Hashing
from shimmy_metrics.receiver.sqlite.turn import turn

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

OLD_DAYS: Final = 16
"""How long a hashing key of before is looked up: as long as an id that it hashed is remembered."""

_BYTES: Final = 32
_HASHING: Final = "hashing"
_REPLACED: Final = f"{_HASHING}-replaced"
"""A hashing key that was replaced, until the start that no longer uses it: from then on it bears that day's date."""
_LOST: Final = f"{_HASHING}-lost"
"""Holds the day of the first start after a lost hashing key was replaced; empty before that."""
_SIGNING: Final = "signing"
_NEXT: Final = "signing-next"
"""The new signing key, until the log names it."""


class Keys(NamedTuple):
    """The keys in use: those that hash, the newest first, and the one that signs.

    `certain_from` is the day from which no report can stand here that a lost hashing key hashed; None: none was lost.
    """

    hashing: Hashing
    signing: "Ed25519PrivateKey"
    certain_from: date | None = None


def load_keys(folder: Folder, today: date) -> Keys:
    """Return the keys; make them where nothing was received yet.

    Raise `UserError` where one is lost, saying what that means and how to go on, or `StoreError`.
    """
    with turn(folder.keys_turn):
        _finish_rotation(folder)
        for error in lost_keys(folder):
            raise error
        _make_missing(folder, today)
        _date_replaced(folder, today)
        hashing = (_read(folder.keys / _HASHING), *_older(folder, today))
        _write_known(folder, {_fingerprint(each) for each in hashing})
        return Keys(hashing, _private(folder.keys / _SIGNING), _certain_from(folder))


def sign_line(folder: Folder, said: Mapping[str, Any]) -> None:
    """Add a line to the retention log, signed by the key in use. Raise `UserError`, `StoreError` or `OSError`."""
    with turn(folder.keys_turn):
        _finish_rotation(folder)
        for error in _lost_signing_key(folder):
            raise error
        append_line(folder, _private(folder.keys / _SIGNING), said)


def _make_missing(folder: Folder, today: date) -> None:
    hashing = folder.keys / _HASHING
    if not hashing.exists():
        write_private(hashing, secrets.token_bytes(_BYTES))
    if not (folder.keys / _SIGNING).exists():
        made = _generated()
        folder.retention_pub.unlink(missing_ok=True)  # of a key that was lost before it signed anything
        _publish(folder, made, today)
        write_private(folder.keys / _SIGNING, made.private_bytes_raw())


def lost_keys(folder: Folder) -> list[UserError]:
    """Return for each key that is missing what that means and how to go on."""
    lost = []
    if _lost_hashing_key(folder):
        current = folder.keys / _HASHING
        lost.append(
            UserError(
                "a key that hashed ids is lost: reports of the last 16 days can arrive twice, and not all of them can "
                "be recalled any more",
                where=str(folder.keys if current.exists() else current),
                remedy=f"Put it back, or go on with a new one: {folder.command('rotate-key hashing')}",
            )
        )
    return lost + _lost_signing_key(folder)


def _lost_hashing_key(folder: Folder) -> bool:
    """Whether something may stand here under a hashing key that is not among the keys, or no longer the same."""
    if not folder.seen.exists():
        return False
    return not (folder.keys / _HASHING).exists() or not _known(folder) <= _fingerprints(folder)


def _lost_signing_key(folder: Folder) -> list[UserError]:
    if not folder.retention_log.exists() or (folder.keys / _SIGNING).exists():
        return []
    return [
        UserError(
            "the key that signs the retention log is lost: lines that it signed can still be checked, no new one can "
            "be added under it",
            where=str(folder.keys / _SIGNING),
            remedy=f"Put it back, or go on with a new one: {folder.command('rotate-key signing')}",
        )
    ]


class Rotated(NamedTuple):
    """What became of the hashing keys of before: whether the newest is kept, and whether one was lost."""

    kept: bool
    lost: bool


def rotate_hashing(folder: Folder) -> Rotated:
    """Hash with a new key from the next start on, and keep the one of before for 16 days then.

    Raise `UserError`, `StoreError` or `OSError`.
    """
    current = folder.keys / _HASHING
    with turn(folder.keys_turn):
        rotated = Rotated(current.exists(), _lost_hashing_key(folder))
        if rotated.kept:
            write_private(_unused(folder, _REPLACED), _read(current))
        if rotated.lost:
            write_private(folder.keys / _LOST, b"")
        write_private(current, secrets.token_bytes(_BYTES))
        _write_known(folder, _fingerprints(folder))
    return rotated


def _date_replaced(folder: Folder, today: date) -> None:
    """Note that a receiver starts which hashes nothing with the keys that were replaced."""
    for path in sorted(folder.keys.glob(f"{_REPLACED}.*")):
        path.replace(_unused(folder, f"{_HASHING}-{today.isoformat()}"))
    lost = folder.keys / _LOST
    if lost.exists() and not lost.read_bytes():
        write_private(lost, today.isoformat().encode())


def _unused(folder: Folder, name: str) -> Path:
    """Return the next path of this name, with a number that tells the order."""
    return folder.keys / f"{name}.{len(list(folder.keys.glob(f'{name}.*'))):04}"


def rotate_signing(folder: Folder, now: datetime) -> None:
    """Sign with a new key from now on. The one of before signs a line that names it, where it is not lost.

    Where this is interrupted, the next use of a key finishes it or takes it back. Raise `UserError`, `StoreError` or
    `OSError`.
    """
    with turn(folder.keys_turn):
        _finish_rotation(folder)
        made = _generated()
        write_private(folder.keys / _NEXT, made.private_bytes_raw())
        _publish(folder, made, now.date())
        said = {"at": f"{now:%Y-%m-%dT%H:%M:%SZ}", "next_key": public_text(made)}
        if (folder.keys / _SIGNING).exists():
            append_line(folder, _private(folder.keys / _SIGNING), said)
        else:
            append_line(folder, made, {**said, "key_lost": True})
        _finish_rotation(folder)


def _finish_rotation(folder: Folder) -> None:
    """Put the new signing key in its place if the log names it; if it does not yet, it never signed anything."""
    following = folder.keys / _NEXT
    if not following.exists():
        return
    if public_text(_private(following)) == last_key_named(folder):
        following.replace(folder.keys / _SIGNING)
    else:
        following.unlink()


def delete_old_hashing_keys(folder: Folder, today: date) -> None:
    """Delete the hashing keys that none used in the last 16 days, and the note of one that was lost before."""
    old = [path for replaced, path in _replaced(folder) if replaced + timedelta(days=OLD_DAYS) < today]
    if old:  # first it is no longer missed, whatever interrupts this
        _write_known(folder, _known(folder) - {_fingerprint(path.read_bytes()) for path in old})
    for path in old:
        path.unlink(missing_ok=True)
    certain_from = _certain_from(folder)
    if certain_from is not None and certain_from <= today:
        (folder.keys / _LOST).unlink(missing_ok=True)


def _certain_from(folder: Folder) -> date | None:
    with suppress(FileNotFoundError, ValueError):
        return date.fromisoformat((folder.keys / _LOST).read_text()) + timedelta(days=OLD_DAYS + 1)
    return None


def _older(folder: Folder, today: date) -> list[bytes]:
    """Return the hashing keys of the last 16 days, the newest first, and delete those that are older."""
    delete_old_hashing_keys(folder, today)
    kept = [(replaced, path.suffix, _read(path)) for replaced, path in _replaced(folder)]
    return [key for *_, key in sorted(kept, reverse=True)]


def _replaced(folder: Folder) -> list[tuple[date, Path]]:
    """Return the hashing keys of before with the days on which a receiver started without them."""
    found = []
    for path in folder.keys.glob(f"{_HASHING}-*"):
        with suppress(ValueError):
            replaced = date.fromisoformat(path.name.removeprefix(f"{_HASHING}-").partition(".")[0])
            found.append((replaced, path))
    return found


def _fingerprints(folder: Folder) -> set[str]:
    """Return those of the hashing keys that are there and whole: the one in use, and those of before."""
    found = (path.read_bytes() for path in folder.keys.glob(f"{_HASHING}*"))
    return {_fingerprint(each) for each in found if len(each) == _BYTES}


def _fingerprint(key: bytes) -> str:
    return blake2b(key, digest_size=8).hexdigest()


def _known(folder: Folder) -> set[str]:
    return set(folder.hashing_known.read_text().split()) if folder.hashing_known.exists() else set()


def _write_known(folder: Folder, known: set[str]) -> None:
    if known != _known(folder):
        write_private(folder.hashing_known, "".join(f"{each}\n" for each in sorted(known)).encode())


def _generated() -> "Ed25519PrivateKey":
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.generate()


def _publish(folder: Folder, key: "Ed25519PrivateKey", today: date) -> None:
    """Add a key's public half to those that anybody may read."""
    if public_text(key) in public_keys(folder):
        return
    stood = folder.retention_pub.read_text() if folder.retention_pub.exists() else ""
    line = f"{public_text(key)} {today.isoformat()}\n"
    write_private(folder.retention_pub, f"{stood}{line}".encode(), mode=READABLE)


def _private(path: Path) -> "Ed25519PrivateKey":
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(_read(path))


def _read(path: Path) -> bytes:
    try:
        found = path.read_bytes()
    except OSError as error:
        what = f"the key cannot be read: {reason_of(error)}"
        remedy = f"Give it to the receiver's user: chown and chmod 600 {shlex.quote(str(path))}"
        raise UserError(what, where=str(path), remedy=remedy) from None
    if os.name == "posix" and path.stat().st_mode & 0o077:
        remedy = f"Close it: chmod 600 {shlex.quote(str(path))}"
        raise UserError("others can read this key", where=str(path), remedy=remedy)
    if len(found) != _BYTES:
        raise UserError(
            f"this is no key of {_BYTES} bytes",
            where=str(path),
            remedy="Put the right one back, or delete it: then a start makes one, or says how to go on",
        )
    return found
