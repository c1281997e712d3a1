"""Check that every byte held, or in a given file, is one that the fields allow, and that no canary stands in it."""

from dataclasses import dataclass
from typing import Any

from shimmy_metrics.actions.canaries import canaries, found_in
from shimmy_metrics.actions.export import export
from shimmy_metrics.actions.held import check_export, is_export
from shimmy_metrics.config.standing import standing
from shimmy_metrics.report.check import Fault, RepeatedKeyError, check_body, parse, printable
from shimmy_metrics.store import receipts
from shimmy_metrics.store.database import looked_at, store_path
from shimmy_metrics.system.files import read_bounded
from shimmy_metrics.system.profile import Profile

_STORE_BYTES = 2**30


@dataclass(frozen=True, slots=True)
class Findings:
    """What a validation found. `checked` counts reports; `canaries` are told by kind and place, never by value."""

    faults: tuple[Fault, ...]
    canaries: tuple[str, ...]
    checked: int

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.faults and not self.canaries


def validate_held(profile: Profile) -> Findings:
    """Check everything that is held: reports, receipts with their chain, counters, the store's bytes, the log.

    Raises `TroubleError` for a config or a store that cannot be used.
    """
    held = export(profile)
    faults, checked = check_export(parse(held))
    searched = canaries(profile)
    finds = [f"{canary.kind} in what is held" for canary in found_in(held, searched)]
    store = store_path(profile)
    for place, path in (
        ("the store", store),
        ("the store's log", store.with_name(f"{store.name}-wal")),
        ("the log", profile.log_path),
    ):
        data = read_bounded(path, _STORE_BYTES) or b""
        finds += [f"{canary.kind} in {place}" for canary in found_in(data, searched)]
    with looked_at(profile, off=not standing(profile).measures) as db:
        broken = receipts.broken(receipts.everything(db)) if db else []
    faults += [Fault(f"receipts, number {number}", "is not as it was written") for number in broken]
    return Findings(tuple(faults), tuple(dict.fromkeys(finds)), checked)


def validate_given(data: bytes, profile: Profile) -> Findings:
    """Check a report, an array of reports, or an export, as bytes from outside. Raises nothing."""
    finds = tuple(dict.fromkeys(f"{canary.kind} in it" for canary in found_in(data, canaries(profile))))
    parsed, fault = _parsed(data)
    if fault is not None:
        return Findings((fault,), finds, 0)
    if is_export(parsed):
        faults, checked = check_export(parsed)
        return Findings(tuple(faults), finds, checked)
    # `preview > file` ends without a line break, an editor adds one: the bytes before it are what counts.
    faults = check_body(data.removesuffix(b"\n"))
    return Findings(tuple(faults), finds, len(parsed) if isinstance(parsed, list) else 1)


def _parsed(data: bytes) -> tuple[Any, Fault | None]:
    try:
        return parse(data), None
    except RepeatedKeyError as error:
        return None, Fault(printable(str(error)), "stands there twice")
    except ValueError:
        return None, Fault("", "no JSON")
    except RecursionError:
        return None, Fault("", "nested too deeply")
