"""Bodies that nobody should send: a sender's own reports, damaged in every way, and what was never one."""

import copy
import json
import random
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any, Final
from uuid import UUID

from shimmy_metrics.report.build import build
from shimmy_metrics.report.seal import seal
from support import random_sessions, samples

PLANTED: Final = "PlantedByWhoeverSentIt"
"""Stands in keys and values: it must not come back."""

_VALUES: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 1.5, 10**400, "", "\0", "\ud800", "é" * 50, PLANTED, [], {}, [PLANTED],
    {PLANTED: PLANTED}, "2026-11-28T00:00:00Z", "9999-99-99T00:00:00Z", [[[[]]]], 2**63, -(2**63), 1e308,
)  # fmt: skip
_RAW: Final = (
    b"", b"\0", b"{", b"}", b"[", b"]", b"nul", b"NaN", b"[NaN]", b"-", b"1e999", b'"', b'"\\', b'{"a"', b'{"a":',
    b"[" * 32_000, b'{"a":' * 6_000, b"9" * 32_000, b'"' + b"\\u0000" * 5_000 + b'"', b" " * 32_768, b"\xff" * 1_000,
    b'{"' + PLANTED.encode() + b'":1}', b"[" + b"{}," * 10_000 + b"{}]", b"\xef\xbb\xbf{}", "[]".encode("utf-16"),
)  # fmt: skip


def hostile_bodies(draw: random.Random, today: date) -> Iterator[bytes]:
    """Yield bodies without end."""
    while True:
        match draw.randrange(8):
            case 0:
                yield draw.randbytes(draw.randrange(2_000))
            case 1:
                yield draw.choice(_RAW)
            case 2:
                yield _damaged(draw, _report(draw, today))
            case 3:
                yield _replaced(draw, _report(draw, today))
            case 4:
                yield _damaged(draw, _array(draw, today))
            case 5:
                yield _array(draw, today)
            case 6:
                yield _loose(draw, _report(draw, today))
            case _:
                yield _report(draw, today)


def _report(draw: random.Random, today: date) -> bytes:
    report_id = str(UUID(int=draw.getrandbits(128), version=4))
    measured = samples.measured(report_id, random_sessions.counters(draw), datetime.combine(today, time()).astimezone())
    return seal(build(measured._replace(facts=random_sessions.facts(draw)))).body


def _array(draw: random.Random, today: date) -> bytes:
    members = [_report(draw, today) for _ in range(draw.choice((1, 2, 5, 20)))]
    if draw.random() < 0.5:
        members[draw.randrange(len(members))] = _replaced(draw, members[0])
    if draw.random() < 0.2:
        members.append(members[0])
    return b"[" + b",".join(members) + b"]"


def _damaged(draw: random.Random, body: bytes) -> bytes:
    """Change, remove or repeat some bytes."""
    made = bytearray(body)
    for _ in range(draw.choice((1, 1, 2, 20))):
        at = draw.randrange(len(made))
        match draw.randrange(4):
            case 0:
                made[at] = draw.randrange(256)
            case 1:
                del made[at : at + draw.randrange(1, 30)]
            case 2:
                made[at:at] = made[at : at + draw.randrange(1, 60)]
            case _:
                made[at:at] = draw.choice((b'"', b",", b"{", b"[", b"\\", b"\0", b" ", b"-", b"1", b"e", b"."))
        if not made:
            return b""
    return bytes(made)


def _replaced(draw: random.Random, body: bytes) -> bytes:
    """Put values and keys that do not belong there in their places; still in compact form where it can be."""
    report = json.loads(body)
    for _ in range(draw.randrange(1, 4)):
        place = draw.choice((report, report["metrics"])) if isinstance(report.get("metrics"), dict) else report
        key = draw.choice((*place, PLANTED, "metrics." + PLANTED)) if place else PLANTED
        if draw.random() < 0.2:
            place.pop(key, None)
        else:
            place[key] = copy.deepcopy(draw.choice(_VALUES))
    return json.dumps(report, separators=(",", ":"), ensure_ascii=draw.random() < 0.2).encode("utf-8", "surrogatepass")


def _loose(draw: random.Random, body: bytes) -> bytes:
    """Write the same report otherwise: with spaces, in another order, with escapes."""
    report = json.loads(body)
    keys = draw.sample([*report], len(report))
    return json.dumps({key: report[key] for key in keys}, indent=draw.choice((None, 1))).encode()
