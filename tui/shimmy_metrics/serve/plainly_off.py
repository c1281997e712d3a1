"""Whether metrics are plainly off, by a look that loads next to nothing: then `serve` becomes the real server at once.

Only what is beyond doubt is answered here. All else goes the whole way: a config in another form or with something
wrong in it (which has its line), one that names an endpoint, a store (from which a deletion may be owed).
"""

import os
import stat
import sys

from shimmy_metrics.system import places

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    from shimmy_metrics.system.environment import Environment

_NO_WAIT: "Final[int]" = getattr(os, "O_NONBLOCK", 0)
"""Opening a FIFO in the file's place must not block. (Not every system has it.)"""

_BYTES: "Final" = 65_536
"""A longer config is not plain."""

_CHANGES_THAT: "Final" = frozenset({"endpoint", "local"})
"""Keys with which a no may need more: to be measured only for the person, or an address to be checked."""


def plainly_off(environment: "Environment", *, asking: bool) -> bool:
    """Whether nothing is measured, and nothing is to be deleted, said or asked before the server starts.

    `asking`: where nothing is decided, the person can be asked.
    """
    if sys.platform != "linux" or environment.endpoint:
        return False
    home = places.home_dir()
    if os.path.lexists(os.path.join(places.state_dir(environment, home), "metrics.db")):
        return False
    if environment.switch:
        return True
    text = _read(os.path.join(places.config_dir(environment, home), "config.json"))
    if text is None:
        return False
    return _declines(text) if text.strip() else not asking


def _read(path: str) -> bytes | None:
    """Return the file's bytes, none where it does not exist; None where more has to be known about it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | _NO_WAIT)
    except FileNotFoundError:
        return b""
    except OSError:
        return None
    try:
        found = os.fstat(descriptor)
        plain = stat.S_ISREG(found.st_mode) and found.st_size <= _BYTES
        return os.read(descriptor, _BYTES) if plain else None
    except OSError:
        return None
    finally:
        os.close(descriptor)


def _declines(text: bytes) -> bool:
    """Whether a config is valid and its answer a plain no."""
    import json  # only where something is recorded

    try:
        data = json.loads(text.decode(), object_pairs_hook=_without_repetition)
    except (ValueError, RecursionError):
        return False
    metrics = data.get("metrics") if isinstance(data, dict) else None
    if not isinstance(metrics, dict) or metrics.get("enabled") is not False or _CHANGES_THAT & metrics.keys():
        return False
    version = metrics.get("schema_version", 1)
    return type(data.get("enabled", False)) is bool and type(version) is int and version > 0


def _without_repetition(pairs: list[tuple[str, object]]) -> dict[str, object]:
    data = dict(pairs)
    if len(data) < len(pairs):
        raise ValueError("a repeated key")
    return data
