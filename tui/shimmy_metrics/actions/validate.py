"""Check what is kept here, or a given file: every byte against the rules, and the whole for leaks."""

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from shimmy_metrics.actions.export import held
from shimmy_metrics.actions.export_schema import check_export, is_export
from shimmy_metrics.actions.files import FileKind, OwnFile, files
from shimmy_metrics.actions.leak_scan import Identifier, identifiers, matches
from shimmy_metrics.actions.printed import check_history, counted, is_history, printed_by
from shimmy_metrics.report.validate import Violation, read_json, validate_body
from shimmy_metrics.store.readonly import stored_bytes, unread
from shimmy_metrics.system.files import read_bounded
from shimmy_metrics.system.profile import Profile

_STORE_BYTES: Final = 2**30

_SEARCHED: Final = frozenset(
    {
        FileKind.STORE,
        FileKind.STORE_JOURNAL,
        FileKind.STORE_LOG,
        FileKind.LOG,
        FileKind.SENDER_LOCK,
        FileKind.SESSION_LOCK,
    }
)
"""The files that are searched. The config's own keys are in the export; the ballast is random bytes."""


class Leak(NamedTuple):
    """An identifier that was found, by its kind and the file that holds it, or None for the validated bytes."""

    what: str
    file: FileKind | None


class ValidationResult(NamedTuple):
    """What a validation found. `checked` counts reports; `leaks` name kind and place, never a value.

    `searched` counts the values of each category that were searched for, `files` are the files in which they were,
    besides the export. `entry_counts` are the entries of each part that were checked. `unread`: the store is off and
    was not read. `history`: it is what `history --json` prints. `printed_by`: where it is other JSON that a command
    printed, in which there is nothing to check, that command, empty if it is not known which; else None.
    """

    violations: tuple[Violation, ...]
    leaks: tuple[Leak, ...]
    checked: int
    searched: Mapping[str, int] = MappingProxyType({})
    files: tuple[FileKind, ...] = ()
    entry_counts: Mapping[str, int] = MappingProxyType({})
    unread: bool = False
    history: bool = False
    printed_by: str | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.violations and not self.leaks


def validate_held(profile: Profile) -> ValidationResult:
    """Check everything that is held: reports, receipts with their chain, counters, the log, and the files' bytes.

    Raises `UserError` for a config or a store that cannot be used.
    """
    # Not indented, which Python's JSON does at a tenth of the speed: what it holds is the same.
    data = json.dumps(held(profile), ensure_ascii=False, separators=(",", ":")).encode()
    parsed = json.loads(data)
    violations, checked = check_export(parsed)
    searched = identifiers(profile)
    skips_store = unread(profile)
    ours = [
        each for each in files(profile) if each.kind in _SEARCHED and not (skips_store and each.kind is FileKind.STORE)
    ]
    violations += _lock_violations(ours)
    leaks = [*_leaks(None, data, searched)]
    for each in ours:
        leaks += _leaks(each.kind, _bytes(each, profile), searched)
    searched_files = tuple(dict.fromkeys(each.kind for each in ours))
    entry_counts, counted = _entry_counts(parsed), _per_category(searched)
    return ValidationResult(
        tuple(violations), _unique(leaks), checked, counted, searched_files, entry_counts, skips_store
    )


def _lock_violations(ours: Iterable[OwnFile]) -> Iterator[Violation]:
    """Yield the locks that hold more than version 1 wrote into them: a process's number."""
    for each in ours:
        if each.kind in (FileKind.SENDER_LOCK, FileKind.SESSION_LOCK):
            data = (read_bounded(each.path, _STORE_BYTES) or b"").strip()
            if data and not data.isdigit():
                yield Violation(os.path.basename(each.path), "is a lock, and holds more than a process's number")


def _bytes(each: OwnFile, profile: Profile) -> bytes:
    if each.kind is FileKind.STORE:
        return stored_bytes(profile)
    return read_bounded(each.path, _STORE_BYTES) or b""


def _entry_counts(parsed: Any) -> dict[str, int]:  # noqa: ANN401 - an export's JSON
    return {part: len(entries) for part, entries in parsed.items() if isinstance(entries, list)}


def _leaks(file: FileKind | None, data: bytes, searched: tuple[Identifier, ...]) -> Iterator[Leak]:
    return (Leak(identifier.kind, file) for identifier in matches(data, searched))


def _unique(leaks: Iterable[Leak]) -> tuple[Leak, ...]:
    return tuple(dict.fromkeys(leaks))


def _per_category(searched: Iterable[Identifier]) -> dict[str, int]:
    return dict(Counter(identifier.category for identifier in searched))


def validate_given(data: bytes, profile: Profile) -> ValidationResult:
    """Check a report, an array of reports, an export or a printed history, as bytes from outside. Raises nothing."""
    searched = identifiers(profile)
    leaks, values = _unique(_leaks(None, data, searched)), _per_category(searched)
    parsed, violation = read_json(data)
    if violation is not None:
        return ValidationResult((violation,), leaks, 0, values)
    if is_export(parsed):
        violations, checked = check_export(parsed)
        return ValidationResult(tuple(violations), leaks, checked, values, entry_counts=_entry_counts(parsed))
    if is_history(parsed):
        violations, checked = check_history(parsed)
        return ValidationResult(tuple(violations), leaks, checked, values, entry_counts=counted(parsed), history=True)
    command = printed_by(parsed)
    if command is not None:
        return ValidationResult((), (), 0, printed_by=command)
    # `preview > file` ends without a line break, an editor adds one: the bytes before it are what counts.
    violations = validate_body(data.removesuffix(b"\n"))
    return ValidationResult(tuple(violations), leaks, len(parsed) if isinstance(parsed, list) else 1, values)
