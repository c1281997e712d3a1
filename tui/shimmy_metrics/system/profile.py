"""Config, state directory, environment and clock: everything that tests and the demo replace."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, Self

from shimmy_metrics.system import places
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
        home = places.home_dir()
        legacy = Path(home, "Library/Application Support/shimmy/config.json") if sys.platform == "darwin" else None
        config_path = Path(places.config_dir(environment, home), "config.json")
        state_dir = Path(places.state_dir(environment, home))
        return cls(config_path, state_dir, environment, Clock(), legacy, Path(home))

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
