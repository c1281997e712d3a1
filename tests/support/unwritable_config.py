"""A config with a yes in it, and a disk that refuses to replace it."""

import os
from collections.abc import Callable
from pathlib import Path

from shimmy_metrics.actions.decide import enable
from shimmy_metrics.system.profile import Profile
from support.samples import profile


def refusing(number: int) -> Callable[..., None]:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    return refuse


def granted(tmp_path: Path, text: str = "") -> Profile:
    mine = profile(tmp_path)
    enable(mine)
    if text:
        mine.config_path.write_text(text)
    return mine
