"""Config, state directory, environment and clock: everything that tests and the demo replace."""

import contextlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, Self

from shimmy_metrics.system.clock import Clock
from shimmy_metrics.system.environment import Environment


class Profile(NamedTuple):
    """Where one person's files are, and what the process knows of its surroundings.

    `config_path` is `config.json`; `legacy_config_path` is where Shimmy's own source looks on macOS (a no there counts,
    a yes does not), None elsewhere. `state_dir` holds `metrics.db` and `metrics.log`, and may not exist. `home` is
    where exports are saved by default; None where the profile is not the person's own (the demo).
    """

    config_path: Path
    state_dir: Path
    environment: Environment = Environment()
    clock: Clock = Clock()
    legacy_config_path: Path | None = None
    home: Path | None = None

    @classmethod
    def current(cls) -> Self:
        """Return the profile of the person who runs this process."""
        environment = Environment.current()
        home = _home()
        legacy = home / "Library/Application Support/shimmy/config.json" if sys.platform == "darwin" else None
        config_path = _config_dir(environment, home) / "config.json"
        return cls(config_path, _state_dir(environment, home), environment, Clock(), legacy, home)

    @classmethod
    def under(cls, root: Path, variables: Mapping[str, str] | None = None, clock: Clock | None = None) -> Self:
        """Return a profile wholly below `root`, for the demo and the tests.

        A process that is started with its environment finds the same profile as `current`.
        """
        places = {"APPDATA" if sys.platform == "win32" else "XDG_CONFIG_HOME": str(root / "config")}
        environment = Environment({**(variables or {}), **places, "XDG_STATE_HOME": str(root / "state")})
        return cls(root / "config/shimmy/config.json", root / "state/shimmy", environment, clock or Clock())

    @property
    def log_path(self) -> Path:
        """The local log, beside the store."""
        return self.state_dir / "metrics.log"


def _home() -> Path:
    """Return the home directory; the root without one (a container's user without an entry in /etc/passwd)."""
    try:
        home = Path.home()
    except RuntimeError:
        return Path("/")
    return home if home.is_absolute() else Path("/")


def _config_dir(environment: Environment, home: Path) -> Path:
    if sys.platform == "win32":
        roaming = environment.get("APPDATA")
        return Path(roaming) / "shimmy" if roaming else home / "AppData/Roaming/shimmy"
    base = environment.get("XDG_CONFIG_HOME")
    # By the XDG base directory specification a relative path is invalid and ignored.
    return (Path(base) if os.path.isabs(base) else home / ".config") / "shimmy"


def _state_dir(environment: Environment, home: Path) -> Path:
    base = environment.get("XDG_STATE_HOME")
    if os.path.isabs(base):  # on every system, since somebody has set it
        return Path(base) / "shimmy"
    if sys.platform != "linux":  # on Linux it returns the same as below, for half of Python's own start-up time
        import platformdirs

        with contextlib.suppress(RuntimeError):  # raised without a home; older versions return the `~` unexpanded
            found = platformdirs.user_state_path("shimmy", appauthor=False)
            if found.is_absolute():
                return found
    return home / ".local/state/shimmy"
