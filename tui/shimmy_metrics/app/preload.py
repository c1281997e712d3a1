"""What the app starts with, read in a thread while Textual is imported, which takes longer."""

import threading
from types import MappingProxyType
from typing import NamedTuple

from shimmy_metrics.actions.overview import Overview, overview
from shimmy_metrics.actions.settings import read_settings
from shimmy_metrics.errors import UserError
from shimmy_metrics.machine.facts import Facts
from shimmy_metrics.machine.gather import gather
from shimmy_metrics.system.profile import Profile

PATIENCE_SECONDS = 0.25
"""If the disk takes longer than this after Textual was imported, the app opens without it; a question follows later."""


class Start(NamedTuple):
    """What is known when the app opens.

    `overview` is everything there is to show, None if it is not known yet. `asks` opens the app on the question.
    `asking` closes it after the answer; `seconds` without a key close it, too. `notice` is a sentence that stays in
    view (the demo's). `keys` and `theme` are a person's own, as the config has them. `first` is the same as `overview`
    or, where a long history has still to be read, what the screen Session shows.
    """

    facts: Facts
    overview: Overview | None
    asks: bool
    asking: bool = False
    seconds: int | None = None
    notice: str = ""
    keys: object = MappingProxyType({})
    theme: object = None
    first: Overview | None = None


class Preload:
    """Reads facts, config and store in a thread."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._facts: Facts | None = None
        self._overview: Overview | None = None
        self._asks = False
        self._keys: object = {}
        self._theme: object = None
        self._thread = threading.Thread(target=self._gather, daemon=True, name="gathering")
        self._thread.start()

    def start(self, *, asking: bool, seconds: int | None, notice: str) -> Start:
        """Return what is known by now; wait a moment for it."""
        self._thread.join(PATIENCE_SECONDS)
        facts = self._facts or gather(self._profile.environment)
        # In a sandbox the question belongs to the story, wherever it is played.
        asks = asking or self._asks or bool(notice and self._overview and self._overview.consent.asks)
        first = self._overview
        read = None if first is not None and first.brief else first
        return Start(facts, read, asks, asking, seconds, notice, self._keys, self._theme, first)

    def _gather(self) -> None:
        self._facts = gather(self._profile.environment)
        try:
            self._asks, self._keys, self._theme = read_settings(self._profile, opened=True)
        except UserError:
            self._asks = False  # the overview says what is wrong, in its first line
        self._overview = overview(self._profile, self._facts, brief=not self._asks)


def question_open(overview: Overview, profile: Profile) -> bool:
    """Whether the question is still to be asked that could not be asked before the disk had answered."""
    asks = not overview.trouble and (overview.consent.asks or bool(overview.news))
    return asks and not profile.environment.continuous_integration
