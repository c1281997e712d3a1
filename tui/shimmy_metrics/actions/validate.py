"""Check what is kept here, or a given file: every byte against the rules, and the whole for leaks."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from shimmy_metrics.actions.export import export
from shimmy_metrics.actions.export_schema import check_export, is_export
from shimmy_metrics.actions.files import Kind, OwnFile, files
from shimmy_metrics.actions.leak_scan import Identifier, identifiers, matches
from shimmy_metrics.report.validate import Violation, parse, read_json, validate_body
from shimmy_metrics.store.readonly import stored_bytes, unread
from shimmy_metrics.system.files import read_bounded
from shimmy_metrics.system.profile import Profile

_STORE_BYTES: Final = 2**30

_PLACES: Final = {
    Kind.STORE: "the store",
    Kind.STORE_JOURNAL: "the store's journal",
    Kind.STORE_LOG: "the store's log",
    Kind.LOG: "the log",
    Kind.SENDER_LOCK: "the sender's lock",
    Kind.SESSION_LOCK: "a session's lock",
}
"""The files that are searched. The config's own keys are in the export; the ballast is random bytes."""


@dataclass(frozen=True, slots=True)
class ValidationResult:
    """What a validation found. `checked` counts reports; `leaks` name kind and place, never a value.

    `searched` tells how many values of each category were searched for, and `places` where; `ruled` how many entries of
    each part were checked by rule. `unread` tells that the store is off and was not read.
    """

    violations: tuple[Violation, ...]
    leaks: tuple[str, ...]
    checked: int
    searched: Mapping[str, int] = field(default_factory=dict)
    places: tuple[str, ...] = ()
    entry_counts: Mapping[str, int] = field(default_factory=dict)
    unread: bool = False

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.violations and not self.leaks


def validate_held(profile: Profile) -> ValidationResult:
    """Check everything that is held: reports, receipts with their chain, counters, the log, and the files' bytes.

    Raises `UserError` for a config or a store that cannot be used.
    """
    held = export(profile)
    parsed = parse(held)
    violations, checked = check_export(parsed)
    searched = identifiers(profile)
    skips_store = unread(profile)
    ours = [each for each in files(profile) if each.kind in _PLACES and not (skips_store and each.kind is Kind.STORE)]
    violations += _lock_violations(ours)
    leaks = [*_leaks("what is kept", held, searched)]
    for each in ours:
        leaks += _leaks(_PLACES[each.kind], _bytes(each, profile), searched)
    places = tuple(dict.fromkeys(_PLACES[each.kind] for each in ours))
    entry_counts, counted = _entry_counts(parsed), _per_category(searched)
    return ValidationResult(tuple(violations), _unique(leaks), checked, counted, places, entry_counts, skips_store)


def _lock_violations(ours: Iterable[OwnFile]) -> Iterator[Violation]:
    """Yield the locks that hold more than version 1 wrote into them: a process's number."""
    for each in ours:
        if each.kind in (Kind.SENDER_LOCK, Kind.SESSION_LOCK):
            data = (read_bounded(each.path, _STORE_BYTES) or b"").strip()
            if data and not data.isdigit():
                yield Violation(each.path.name, "is a lock, and holds more than a process's number")


def _bytes(each: OwnFile, profile: Profile) -> bytes:
    if each.kind is Kind.STORE:
        return stored_bytes(profile)
    return read_bounded(each.path, _STORE_BYTES) or b""


def _entry_counts(parsed: Any) -> dict[str, int]:  # noqa: ANN401 - an export's JSON
    return {part: len(entries) for part, entries in parsed.items() if isinstance(entries, list)}


def _leaks(place: str, data: bytes, searched: tuple[Identifier, ...]) -> Iterator[str]:
    return (f"{identifier.kind} in {place}" for identifier in matches(data, searched))


def _unique(leaks: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(leaks))


def _per_category(searched: Iterable[Identifier]) -> dict[str, int]:
    return dict(Counter(identifier.category for identifier in searched))


def validate_given(data: bytes, profile: Profile) -> ValidationResult:
    """Check a report, an array of reports, or an export, as bytes from outside. Raises nothing."""
    searched = identifiers(profile)
    leaks, counted = _unique(_leaks("it", data, searched)), _per_category(searched)
    parsed, violation = read_json(data)
    if violation is not None:
        return ValidationResult((violation,), leaks, 0, counted)
    if is_export(parsed):
        violations, checked = check_export(parsed)
        return ValidationResult(tuple(violations), leaks, checked, counted, entry_counts=_entry_counts(parsed))
    # `preview > file` ends without a line break, an editor adds one: the bytes before it are what counts.
    violations = validate_body(data.removesuffix(b"\n"))
    return ValidationResult(tuple(violations), leaks, len(parsed) if isinstance(parsed, list) else 1, counted)
