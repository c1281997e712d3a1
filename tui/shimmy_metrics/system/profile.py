"""Config, state directory, environment and clock: everything that tests and the demo replace."""

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple, Self

from shimmy_metrics.system import places
from shimmy_metrics.system.clock import Clock
from shimmy_metrics.system.environment import Environment
from shimmy_metrics.system.places import StrPath

if TYPE_CHECKING:
    from pathlib import Path


class Profile(NamedTuple):
    """Where one person's files are, and what the process knows of its surroundings.

    `config_file` is `config.json`; `legacy_config_file` is where Shimmy's own source looks on macOS (a no there counts,
    a yes does not), None elsewhere. `state_folder` holds `metrics.db` and `metrics.log`, and may not exist. `home` is
    where exports are saved by default; None where the profile is not the person's own (the demo).

    They are text, since loading pathlib would make a mere look take a tenth longer; `config_path` and `state_path` are
    the same as `Path`s, for whatever goes on from there.
    """

    config_file: StrPath
    state_folder: StrPath
    environment: Environment = Environment()
    clock: Clock = Clock()
    legacy_config_file: StrPath | None = None
    home: StrPath | None = None

    @classmethod
    def current(cls) -> Self:
        """Return the profile of the person who runs this process."""
        environment = Environment.current()
        home = places.home_dir()
        mac = sys.platform == "darwin"
        legacy = os.path.join(home, "Library/Application Support/shimmy/config.json") if mac else None
        config_file = os.path.join(places.tidy(places.config_dir(environment, home)), "config.json")
        state_folder = places.tidy(places.state_dir(environment, home))
        return cls(config_file, state_folder, environment, Clock(), legacy, home)

    @classmethod
    def under(cls, root: StrPath, variables: Mapping[str, str] | None = None, clock: Clock | None = None) -> Self:
        """Return a profile wholly below `root`, for the demo and the tests.

        A process that is started with its environment finds the same profile as `current`.
        """
        config, state = os.path.join(root, "config"), os.path.join(root, "state")
        named = {"APPDATA" if sys.platform == "win32" else "XDG_CONFIG_HOME": config, "XDG_STATE_HOME": state}
        environment = Environment({**(variables or {}), **named})
        config_file = os.path.join(config, "shimmy", "config.json")
        return cls(config_file, os.path.join(state, "shimmy"), environment, clock or Clock())

    @property
    def config_path(self) -> "Path":
        """The config as a `Path`."""
        from pathlib import Path

        return Path(self.config_file)

    @property
    def state_path(self) -> "Path":
        """The folder of the store as a `Path`."""
        from pathlib import Path

        return Path(self.state_folder)

    @property
    def log_file(self) -> str:
        """The local log, beside the store."""
        return os.path.join(self.state_folder, "metrics.log")
