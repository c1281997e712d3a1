"""Where something of unknown amount was generated, in the words of app and command line alike. Pure."""

from collections.abc import Mapping
from typing import Final

from shimmy_metrics.vocabulary import OTHER
from shimmy_metrics.wording.numbers import amount

_ELSEWHERE: Final = "other paths"


def tokens_unknown(counts: Mapping[str, int]) -> str:
    """Return the sentence for the requests of unknown amount, the most first; empty where there is none."""
    if not counts:
        return ""
    listed = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    places = ", ".join(f"{_ELSEWHERE if place == OTHER else place} {count:,}" for place, count in listed)
    return f"Tokens unknown for {amount(sum(counts.values()), 'request')}: {places}."
