"""Hand over to the real shimmy binary: the process becomes it, untouched.

Only `os` and `sys` are imported, so that standing in for the binary costs little more than starting Python; not even
`typing`, which takes a quarter as long as Python itself. Candidates that are this program, or another install of it,
are skipped.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Final, NoReturn

    from shimmy_metrics.errors import UserError

_MARK: "Final" = b"shimmy_metrics"
_LAUNCHER_BYTES: "Final" = 262_144
"""A launcher script or a Windows launcher with its script inside is smaller than this; the real binary is 9 MB."""

_TRIED: "Final" = "SHIMMY_METRICS_TRIED"
"""Launchers that a hand-over has been through (`pid:path:path`). A version manager's shim leads back to this program;
the second time it is skipped. Set only before a script is started, never before the real binary."""


def real_binary(variables: dict[str, str]) -> str | None:
    """Return the path of the real shimmy: `SHIMMY_BIN`, else the next `shimmy` on `PATH` that is not us; or None."""
    tried = _tried(variables)
    for candidate in _candidates(variables):
        path = os.path.realpath(candidate)
        if candidate not in tried and os.path.isfile(path) and os.access(path, os.X_OK) and not _is_ours(path):
            return candidate
    return None


def missing(variables: dict[str, str]) -> "UserError":
    """Return the error for `real_binary` having found none."""
    from shimmy_metrics.errors import UserError
    from shimmy_metrics.exit_codes import Exit

    named = variables.get("SHIMMY_BIN", "")
    if named:
        what, remedy = "this is no Shimmy that can be run", "Name the real binary there, or unset it"
        return UserError(what, where=f"SHIMMY_BIN={named}", remedy=remedy, code=Exit.NO_SERVER)
    remedy = "Install it (cargo install shimmy), name it in SHIMMY_BIN, or measure one that runs: serve --upstream URL"
    return UserError("no real shimmy binary was found on PATH", remedy=remedy, code=Exit.NO_SERVER)


def refused(binary: str, variables: dict[str, str], error: OSError) -> "UserError":
    """Return the error for a binary that the system does not run."""
    from shimmy_metrics.errors import UserError, reason_of
    from shimmy_metrics.exit_codes import Exit

    found = "SHIMMY_BIN names it" if variables.get("SHIMMY_BIN") else "It is the next shimmy on PATH"
    remedy = f"{found}; name the real Shimmy in SHIMMY_BIN"
    return UserError(f"cannot be run: {reason_of(error)}", where=binary, remedy=remedy, code=Exit.NO_SERVER)


def hand_over(binary: str, arguments: list[str], variables: dict[str, str]) -> "NoReturn":
    """Become `binary` with `arguments`. Raises `OSError` where the system refuses to run it."""
    sys.stdout.flush()
    sys.stderr.flush()
    passed = dict(variables)
    passed.pop(_TRIED, None)
    if _is_script(binary):
        passed[_TRIED] = os.pathsep.join([str(os.getpid()), *_tried(variables), binary])
    if sys.platform == "win32":
        # No exec there keeps the process: run a child, and exit with its status.
        os._exit(os.spawnve(os.P_WAIT, binary, [binary, *arguments], passed))  # noqa: S606 - the point of it
    os.execve(binary, [binary, *arguments], passed)  # noqa: S606 - the point of it


def _candidates(variables: dict[str, str]) -> "Iterator[str]":
    named = variables.get("SHIMMY_BIN", "")
    if named:
        yield named
        return  # whoever names a binary wants that one or an error
    name = "shimmy.exe" if sys.platform == "win32" else "shimmy"
    for folder in variables.get("PATH", os.defpath).split(os.pathsep):
        if folder:
            yield os.path.join(folder, name)


def _tried(variables: dict[str, str]) -> list[str]:
    owner, *paths = variables.get(_TRIED, "").split(os.pathsep)
    # exec keeps the process ID: a list of another process is left over and means nothing.
    return paths if owner == str(os.getpid()) else []


def _is_ours(path: str) -> bool:
    try:
        if os.path.getsize(path) > _LAUNCHER_BYTES:
            return False
        with open(path, "rb") as file:
            return _MARK in file.read(_LAUNCHER_BYTES)
    except OSError:
        return False


def _is_script(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(2) == b"#!"
    except OSError:
        return False
