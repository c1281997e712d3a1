"""What a validation found, and what it checked."""

from collections.abc import Iterator
from typing import Final

from shimmy_metrics.actions.validate import ValidationResult
from shimmy_metrics.wording.consent import UNREAD
from shimmy_metrics.wording.files import PLACES
from shimmy_metrics.wording.numbers import amount

_CATEGORIES: Final = {
    "user name": "user names",
    "host name": "host names",
    "home directory": "home directories",
    "working directory": "working directories",
    "secret in the environment": "secrets in the environment",
    "password in the environment": "passwords in the environment",
    "IP address": "IP addresses",
    "MAC address": "MAC addresses",
}
_PARTS: Final = {
    "sessions": ("session", "sessions"),
    "outbox": ("waiting report", "waiting reports"),
    "receipts": ("receipt", "receipts"),
    "departures": ("departure", "departures"),
    "notes": ("note", "notes"),
    "log": ("log line", "log lines"),
}
_PRINTED: Final = {**_PARTS, "departures": ("attempt", "attempts")}
CHECKABLE: Final = (
    "What can be checked is a report (preview), an array of reports, an export, and attempts of history --json"
)


def no_report(command: str) -> str:
    """Return what a file holds that a command printed with `--json`, to follow its name; empty: of what it did."""
    by = f"shimmy-metrics {command} --json" if command else "a command with --json"
    return f"is what {by} printed, which holds no report and is no export, so there is nothing to check"


def findings(found: ValidationResult, *, held: bool = False) -> Iterator[str]:
    """Yield what a validation found, a line each, then what was checked and what was searched for, and where.

    If something was found, its number comes last. `held`: everything kept here was validated.
    """
    yield from map(str, found.violations)
    whole_place = "it" if not held else "what was read" if found.unread else "what is kept"
    for leak in found.leaks:
        yield f"found: {leak.what} in {PLACES[leak.file] if leak.file else whole_place}"
    if not found.violations and found.history:
        parts = ", ".join(amount(number, *_PRINTED[part]) for part, number in found.entry_counts.items())
        yield (
            f"Checked this history ({parts}): every byte is one that its rule allows, and each receipt, "
            f"{amount(found.checked, 'report')} in all, has the digest beside it."
        )
    elif not found.violations and found.entry_counts:
        parts = ", ".join(amount(found.entry_counts.get(part, 0), *words) for part, words in _PARTS.items())
        whole = "this export" if not held else "what was read" if found.unread else "everything kept here"
        yield f"Checked {whole} ({parts}): every byte is one that its rule allows."
    elif not found.violations:
        yield f"{amount(found.checked, 'report')} checked: every byte is one that the fields allow."
    kinds = ", ".join(amount(number, kind, _CATEGORIES.get(kind, "")) for kind, number in found.searched.items())
    if not kinds:
        yield "Nothing on this machine has a name to search for."
    elif not found.leaks:
        places = [whole_place, *(PLACES[file] for file in found.files)]
        yield f"Searched for {kinds}. None is in {_listed(places)}."
    yield (
        "Not searched for: names under 3 letters, secrets under 8, names that are words of ours, other paths, and "
        "model names, which are kept nowhere."
    )
    if found.unread:
        yield UNREAD
    if not found.ok:
        number = len(found.violations) + len(found.leaks)
        yield f"{amount(number, 'violation')} found."


def _listed(words: list[str]) -> str:
    """Return words as people list them: `a, b and c`."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
