"""Lines that the retention log still lacks, because a process was killed or could not sign.

Without them a day could be dropped with no record of it.
"""

import json
from contextlib import suppress
from typing import Any

from shimmy_metrics.errors import UserError
from shimmy_metrics.receiver.folder import Folder, write_private
from shimmy_metrics.receiver.keys import sign_line
from shimmy_metrics.receiver.retention_log import dropped_days
from shimmy_metrics.receiver.store import StoreError

Said = dict[str, Any]
"""A line of the log for a day, before it is signed."""


def note(folder: Folder, said: Said) -> None:
    """Note a day's line. On a full disk this is skipped: the day is dropped all the same."""
    _write(folder, {**unlogged(folder), said["day"]: said})


def unlogged(folder: Folder) -> dict[str, Said]:
    """Return the lines that were noted and are not in the log, by day; none where they cannot be read."""
    try:
        noted = json.loads(folder.unlogged.read_bytes())
    except (OSError, ValueError):
        return {}
    logged = {each.day for each in dropped_days(folder)}
    return {day: said for day, said in noted.items() if day not in logged} if isinstance(noted, dict) else {}


def log(folder: Folder, said: Said) -> list[str]:
    """Sign a day's line and remove its note; return what went wrong."""
    day = said["day"]
    try:
        sign_line(folder, said)
    except (StoreError, OSError, UserError) as error:
        return [f"{day} was dropped, and the log could not be written: {error}"]
    _write(folder, unlogged(folder))
    return []


def _write(folder: Folder, noted: dict[str, Said]) -> None:
    with suppress(OSError):
        if noted:
            write_private(folder.unlogged, json.dumps(noted).encode())
        else:
            folder.unlogged.unlink(missing_ok=True)
