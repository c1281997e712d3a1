"""Everything that is held here, as one JSON object: our keys of the config, sessions, outbox, receipts."""

import json
from pathlib import Path
from typing import Any

from shimmy_metrics.config.file import load
from shimmy_metrics.config.shape import ours
from shimmy_metrics.config.standing import standing
from shimmy_metrics.records import Pending, Receipt, Session
from shimmy_metrics.report.check import check_body
from shimmy_metrics.store import outbox, receipts, sessions
from shimmy_metrics.store.database import looked_at
from shimmy_metrics.system.files import write_new
from shimmy_metrics.system.profile import Profile

FORMAT = "shimmy-metrics export 1"


def export(profile: Profile) -> bytes:
    """Return the export, indented JSON. Raises `TroubleError` for a config or a store that cannot be used."""
    with looked_at(profile, off=not standing(profile).measures) as db:
        held: dict[str, Any] = {
            "format": FORMAT,
            "config": ours(load(profile)),
            "sessions": [_session(each) for each in [*sessions.running(db), *sessions.kept(db)]] if db else [],
            "outbox": [_pending(each) for each in outbox.everything(db)] if db else [],
            "receipts": [_receipt(each) for each in receipts.everything(db)] if db else [],
        }
    return (json.dumps(held, indent=2, ensure_ascii=False) + "\n").encode()


def save(data: bytes, path: Path) -> None:
    """Write an export to a new private file. Raises `FileExistsError` (nothing is overwritten) or `TroubleError`."""
    write_new(path, data)


def _session(session: Session) -> dict[str, Any]:
    return {
        "session_id": session.session_id,
        "only_for_me": session.local,
        "server": session.server,
        "version": session.version,
        "address": session.address,
        "started": session.started.isoformat(),
        "updated": session.updated.isoformat(),
        "ended": session.ended and session.ended.isoformat(),
        "counters": session.counters.as_json(),
    }


def _pending(pending: Pending) -> dict[str, Any]:
    return {
        "sealed": pending.sealed.isoformat(),
        "wait": pending.wait.value,
        "reason": pending.reason,
        **_body(pending.body, pending.sha256),
        "measured": dict(pending.measured),
    }


def _receipt(receipt: Receipt) -> dict[str, Any]:
    return {
        "at": receipt.at.isoformat(),
        "endpoint": receipt.endpoint,
        "status": receipt.status,
        "outcome": receipt.outcome and receipt.outcome.value,
        "reports": receipt.reports,
        "note": receipt.note,
        "link": receipt.link,
        **_body(receipt.body, receipt.sha256),
    }


def _body(body: bytes, sha256: str) -> dict[str, Any]:
    """Return the exact bytes as text; damaged ones, which may be no text, as base64 under another name."""
    if body and check_body(body):
        import base64  # hardly ever wanted

        return {"sha256": sha256, "damaged_base64": base64.b64encode(body).decode()}
    return {"sha256": sha256, "body": body.decode()}
