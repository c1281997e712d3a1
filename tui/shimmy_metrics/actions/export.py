"""Everything that is kept here as one JSON object: our keys of the config, the store's content, the log."""

import json
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from shimmy_metrics.config.codec import ours
from shimmy_metrics.config.file import load
from shimmy_metrics.config.read_consent import consent_of
from shimmy_metrics.limits import LOG_BYTES
from shimmy_metrics.report.seal import digest
from shimmy_metrics.store.database import all_meta
from shimmy_metrics.store.readonly import open_readonly
from shimmy_metrics.system.files import read_bounded, write_new
from shimmy_metrics.system.places import StrPath
from shimmy_metrics.system.profile import Profile

if TYPE_CHECKING:
    # An absent store holds none of them.
    from shimmy_metrics.records import Day, Departure, QueuedReport, Session
    from shimmy_metrics.store.columns import Row

FORMAT: Final = "shimmy-metrics export 2"
FORMAT_1: Final = "shimmy-metrics export 1"
"""The one before: no log, no chain. `validate` reads it."""


class Damage(StrEnum):
    """What is wrong with a damaged report's bytes, by its word in the export."""

    NO_JSON = "no JSON"
    NESTED = "nested too deeply"
    NOT_ALLOWED = "not as the fields allow"


_LOG_BYTES: Final = 2 * LOG_BYTES
"""The log is cut above `LOG_BYTES`, with the next line."""


def export(profile: Profile) -> bytes:
    """Return the export, indented JSON. Raises `UserError` for a config or a store that cannot be used."""
    return _as_file(held(profile))


def export_receipts(receipts: "Iterable[Departure]") -> bytes:
    """Return an export that holds these receipts alone; `validate` computes each digest again."""
    saved = [_taken(each, (each.ended or each.begun).isoformat()) for each in receipts]
    return _as_file({"format": FORMAT, "receipts": saved})


def _as_file(exported: dict[str, Any]) -> bytes:
    return (json.dumps(exported, indent=2, ensure_ascii=False) + "\n").encode()


def held(profile: Profile) -> dict[str, Any]:
    """Return what the export holds, as JSON values. Raises `UserError` for a config or a store that cannot be used."""
    document = load(profile)
    with open_readonly(profile, off=not consent_of(profile, document).measures) as db:
        found: dict[str, Any] = {"format": FORMAT, "config": ours(document), **_EMPTY}
        if db is not None:
            from shimmy_metrics.store import chain, days, departures, outbox, sessions  # an absent store wants none

            sent = departures.everything(db)
            linked, noted = chain.rows(db)
            found |= {
                "sessions": [_session(each) for each in sessions.everything(db)],
                "outbox": [_queued(each) for each in outbox.everything(db)],
                "receipts": [_receipt(each, row) for each, row in _paired(sent, linked) if each.body],
                "departures": [_departure(each, row) for each, row in _paired(sent, linked)],
                "days": [_day(each) for each in days.everything(db)],
                "notes": [dict(zip(chain.NOTE_KEYS, row, strict=True)) for row in reversed(noted)],
                "meta": all_meta(db),
            }
    found["log"] = log_lines(profile)
    return found


_EMPTY: Final[dict[str, Any]] = {
    "sessions": [],
    "outbox": [],
    "receipts": [],
    "departures": [],
    "days": [],
    "notes": [],
    "meta": {},
}


def log_lines(profile: Profile) -> list[str]:
    """Return the log, a text a line; what is no text stands there escaped. Raises `UserError`."""
    data = read_bounded(profile.log_file, _LOG_BYTES) or b""
    return data.decode(errors="backslashreplace").splitlines()


def save(data: bytes, path: StrPath) -> None:
    """Write an export to a new private file. Raises `FileExistsError` (nothing is overwritten) or `UserError`."""
    write_new(path, data)


def _session(session: "Session") -> dict[str, Any]:
    return {
        "session_id": session.report_id,
        "only_for_me": session.local,
        "consent_id": session.consent_id,
        "endpoint": session.endpoint,
        "server": session.server,
        "version": session.version,
        "address": session.address,
        "switch": session.switch,
        "client_hint": session.client_hint,
        "started": session.started.isoformat(),
        "updated": session.updated.isoformat(),
        "ended": session.ended and session.ended.isoformat(),
        "counters": session.counters.as_json(),
    }


def _day(day: "Day") -> dict[str, Any]:
    return {"day": day.day.isoformat(), **day.sums._asdict()}


def _queued(report: "QueuedReport") -> dict[str, Any]:
    return {
        "sealed": report.sealed.isoformat(),
        "wait": report.state.value,
        "cause": report.cause.value,
        "reason": report.detail,
        "consent_id": report.consent_id,
        "endpoint": report.endpoint,
        **_body(report.body, report.sha256),
        "measured": dict(report.measured),
    }


def _paired(sent: "Iterable[Departure]", linked: "Iterable[Row]") -> "Iterator[tuple[Departure, dict[str, Any]]]":
    """Yield each departure, newest first, with what the chain covers of it, by key."""
    from shimmy_metrics.store.chain import DEPARTURE_KEYS

    by_number = {row[0]: dict(zip(DEPARTURE_KEYS, row, strict=True)) for row in linked}
    return ((departure, by_number[departure.row_id]) for departure in sent)


def _receipt(departure: "Departure", linked: dict[str, Any]) -> dict[str, Any]:
    return _taken(departure, linked["ended"], link=linked["end_link"])


def _taken(departure: "Departure", at: str, **more: object) -> dict[str, Any]:
    """Return what was taken, `at` which time and by whom, with `more` of it and its bytes."""
    return {
        "departure": departure.row_id,
        "at": at,
        "endpoint": departure.endpoint,
        "status": departure.status,
        "outcome": departure.outcome and departure.outcome.value,
        "reports": departure.reports,
        **more,
        **_body(departure.body, departure.sha256),
    }


def _departure(departure: "Departure", linked: dict[str, Any]) -> dict[str, Any]:
    """Return every column as the chain covers it, without the bytes, which the receipt has."""
    covered = {name: value for name, value in linked.items() if name != "body"}
    return {**covered, "by_hand": departure.by_hand, "report_ids": list(departure.report_ids)}


def _body(body: bytes, sha256: str) -> dict[str, Any]:
    """Return the exact bytes as text; damaged ones, which may be no text, as base64 with what is wrong."""
    if not body or (digest(body) == sha256 and body.isascii()):
        return {"sha256": sha256, "body": body.decode()}
    from shimmy_metrics.report.validate import validate_body  # the field table, for damaged bytes alone

    if not validate_body(body):
        return {"sha256": sha256, "body": body.decode()}
    import base64  # hardly ever needed

    return {"sha256": sha256, "damaged_base64": base64.b64encode(body).decode(), "damage": _damage(body)}


def _damage(body: bytes) -> Damage:
    from shimmy_metrics.report.validate import RepeatedKeyError, parse

    try:
        parse(body)
    except RepeatedKeyError:
        return Damage.NOT_ALLOWED
    except ValueError:
        return Damage.NO_JSON
    except RecursionError:
        return Damage.NESTED
    return Damage.NOT_ALLOWED
