"""What a search among the fields, and among what is never sent, finds. Pure."""

import re
from itertools import chain
from typing import Final

from shimmy_metrics.report.fields import in_screen_order
from shimmy_metrics.report.kinds import Word, Words
from shimmy_metrics.report.never import ALSO, NEVER

_ALSO: Final = "also looked for as: "


def _other_words(words: tuple[str, ...]) -> tuple[str, ...]:
    return (f"{_ALSO}{', '.join(words)}",) if words else ()


_TEXTS: Final = {
    **{
        each.name: (
            each.name,
            *_other_words(each.also),
            each.meaning,
            each.source,
            each.coarsening,
            each.purpose,
            *((f"{each.bits:.1f} identifying bits",) if each.bits else ()),
            ", ".join(each.kind.words if isinstance(each.kind, Word | Words) else (each.kind.bounds,)),
        )
        for each in in_screen_order()
    },
    **{name: (name, *_other_words(ALSO.get(name, ())), fate) for name, fate in NEVER},
}
"""Everything that is searched, in the order of the screen: the name, other words for it, what is said of it."""


def found(search: str) -> dict[str, str]:
    """Return the names that a search finds, each with the first of its texts that has the words.

    The beginning of a word counts: `RAM` is not in `program`. Only where no word begins so, any part of one does.
    """
    wanted = re.escape(search.strip().lower())
    hits: dict[str, str] = {}
    for pattern in (rf"(?<![^\W_]){wanted}", wanted):
        for name, texts in _TEXTS.items():
            text = next((each for each in texts if re.search(pattern, each.lower())), "")
            if text:
                hits[name] = text
        if hits:
            break
    return hits


def best(search: str) -> str:
    """Return what a search means most, empty where nothing is searched for or no name says it.

    A name of which it is the first word comes first, then one that begins with it, one that holds it, and one of which
    it is another word: `model` means `model names` before `models_used_count`.
    """
    wanted, hits = search.strip().lower(), found(search)
    if not wanted:
        return ""
    first_word = (name for name in hits if re.match(rf"{re.escape(wanted)}(?![^\W_])", name.lower()))
    begins = (name for name in hits if name.lower().startswith(wanted))
    holds = (name for name in hits if wanted in name.lower())
    other = (name for name, text in hits.items() if text.startswith(_ALSO))
    return next(chain(first_word, begins, holds, other), "")
