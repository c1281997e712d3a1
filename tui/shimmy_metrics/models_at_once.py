"""How many models answered at one instant, from answers in the order in which they ended."""

from bisect import bisect_right
from typing import Final

from shimmy_metrics.limits import MODELS_MAX

STEPS_KEPT: Final = 512
"""How far back it is known which models answered when: an answer can have begun long before others that ended."""


class ModelsAtOnce:
    """Which models answered when, as far as answers have ended. `seen` counts the models, `most` those at one instant.

    A model is a bit. `_models[n]` is the set of those that answered from `_times[n]` until the next of these times; the
    last set is empty.
    """

    def __init__(self) -> None:
        self._bits: dict[bytes, int] = {}
        self._times: list[float] = [float("-inf")]
        self._models = [0]
        self.most = 0

    @property
    def seen(self) -> int:
        """How many models there were, at most `MODELS_MAX`."""
        return len(self._bits)

    def add(self, model: bytes, started: float, ended: float) -> None:
        """Add an answer of a model that lasted from `started` to `ended`; no earlier call had a later end."""
        bit = self._bits.get(model)
        if bit is None:
            if len(self._bits) == MODELS_MAX:
                return
            bit = self._bits[model] = 1 << len(self._bits)
            self.most = self.most or 1  # also where the answer took no time
        times, models = self._times, self._models
        at = bisect_right(times, started) - 1
        if not models[at] & bit and times[at] < started:
            at += 1
            times.insert(at, started)
            models.insert(at, models[at - 1])
        if ended > times[-1]:
            times.append(ended)
            models.append(0)
        while at < len(times) - 1:
            if not models[at] & bit:
                models[at] |= bit
                if self.most < len(self._bits):  # otherwise all of them did already
                    self.most = max(self.most, models[at].bit_count())
            if models[at] == models[at - 1]:
                del times[at], models[at]
            else:
                at += 1
        if len(times) > STEPS_KEPT:
            del times[1:3], models[1:3]  # an answer adds two at most
