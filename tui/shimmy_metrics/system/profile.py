"""Which config, which state directory, which environment, which clock: everything that tests and the demo replace."""

import contextlib
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from shimmy_metrics.system.clock import Clock
from shimmy_metrics.system.environment import Environment


@dataclass(frozen=True, slots=True)
class Profile:
    """The person's place on this machine.

    `config_path` is `config.json`; `legacy_config_path` is where Shimmy's own source looks on macOS (its no counts, its
    yes does not), None elsewhere. `state_dir` holds `metrics.db` and `metrics.log` and may not exist. `home` is where a
    person's exports are saved unless they name another place, None where the profile is not their own (the demo).
    """

    config_path: Path
    state_dir: Path
    environment: Environment = field(default_factory=Environment)
    clock: Clock = field(default_factory=Clock)
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
        """Return a profile that lives wholly below `root`: what the demo and the tests use.

        Its environment says so too, so that a process started with it finds the same profile as `current`.
        """
        places = {"APPDATA" if sys.platform == "win32" else "XDG_CONFIG_HOME": str(root / "config")}
        environment = Environment({**(variables or {}), **places, "XDG_STATE_HOME": str(root / "state")})
        return cls(root / "config/shimmy/config.json", root / "state/shimmy", environment, clock or Clock())

    @property
    def log_path(self) -> Path:
        """The local log, beside the store."""
        return self.state_dir / "metrics.log"


def _home() -> Path:
    """Return the home directory; the root where there is none (a container's user without an entry of its own)."""
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
    # The XDG base directory specification: a relative path there is invalid and ignored.
    return (Path(base) if os.path.isabs(base) else home / ".config") / "shimmy"


def _state_dir(environment: Environment, home: Path) -> Path:
    base = environment.get("XDG_STATE_HOME")
    if os.path.isabs(base):  # on every system: whoever sets it means it
        return Path(base) / "shimmy"
    if sys.platform != "linux":  # there it says what stands below, and takes half as long as Python's own start
        import platformdirs

        with contextlib.suppress(RuntimeError):  # without a home; older ones of it return the `~` as it stands
            found = platformdirs.user_state_path("shimmy", appauthor=False)
            if found.is_absolute():
                return found
    return home / ".local/state/shimmy"
