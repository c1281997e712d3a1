"""Where a person's files are, as text: whoever only looks need not load `pathlib` for it.

That, with `urllib.parse` and `ipaddress` behind it, takes two fifths of a bare Python's start.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from shimmy_metrics.system.environment import Environment

StrPath = str | os.PathLike[str]
"""A path as the system's calls take it."""


def tidy(path: str) -> str:
    """Return an absolute path without doubled separators and `.`, behind which a link would not be seen as one.

    A `..` stays: behind a link it leads elsewhere.
    """
    drive, below = os.path.splitdrive(path)
    if os.altsep:
        below = below.replace(os.altsep, os.sep)
    return f"{drive}{os.sep}{os.sep.join(part for part in below.split(os.sep) if part not in ('', '.'))}"


def home_dir() -> str:
    """Return the home directory; the root without one (a container's user without an entry in /etc/passwd)."""
    home = os.path.expanduser("~")
    return home if os.path.isabs(home) else "/"


def config_dir(environment: "Environment", home: str) -> str:
    """Return the folder of the config."""
    if sys.platform == "win32":
        return os.path.join(environment.get("APPDATA") or os.path.join(home, "AppData/Roaming"), "shimmy")
    base = environment.get("XDG_CONFIG_HOME")
    # By the XDG base directory specification a relative path is invalid and ignored.
    return os.path.join(base if os.path.isabs(base) else os.path.join(home, ".config"), "shimmy")


def state_dir(environment: "Environment", home: str) -> str:
    """Return the folder of the store and the log."""
    base = environment.get("XDG_STATE_HOME")
    if os.path.isabs(base):  # on every system, since somebody has set it
        return os.path.join(base, "shimmy")
    if sys.platform != "linux":  # on Linux it returns the same as below, for half of Python's own start-up time
        import contextlib

        import platformdirs

        with contextlib.suppress(RuntimeError):  # raised without a home; older versions return the `~` unexpanded
            found = platformdirs.user_state_dir("shimmy", appauthor=False)
            if os.path.isabs(found):
                return found
    return os.path.join(home, ".local/state/shimmy")
