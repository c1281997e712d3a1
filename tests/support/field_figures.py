"""Figures in the sources that follow from the field table: bits, alone and together, and the schema version.

`python -m support.renew fields` writes them where they stand, so a new row may begin with `bits=0.0`.
"""

import re
from pathlib import Path
from typing import Final

from shimmy_metrics.report.fields import FIELDS, NEWEST
from shimmy_metrics.report.identifying import TOGETHER, column, entropy, simulated, unique

BITS_TOLERANCE: Final = 0.06
"""Figures are told with one digit behind the point; another system's logarithm may move one report over an edge."""

UNIQUE_TOLERANCE: Final = 2

_PACKAGE: Final = Path(__file__).resolve().parents[2] / "tui/shimmy_metrics"
_ROWS: Final = (_PACKAGE / "report/fields/envelope.py", _PACKAGE / "report/fields/metrics.py")
_TOGETHER: Final = _PACKAGE / "report/identifying.py"
_VERSION: Final = _PACKAGE / "consent/state.py"


def renewed() -> dict[Path, str]:
    """Return the sources with today's figures; one that is within its tolerance stays as it is."""
    reports = simulated()
    texts = {path: path.read_bytes().decode() for path in (*_ROWS, _TOGETHER, _VERSION)}
    for field in FIELDS:
        bits = entropy(column(reports, (field.name,)))
        if abs(bits - field.bits) > BITS_TOLERANCE:
            for path in _ROWS:
                row = re.compile(rf'(Field\(\s+"{field.name}",.*?\bbits=)[\d.]+', re.DOTALL)
                texts[path] = row.sub(rf"\g<1>{bits:.1f}", texts[path])
    for each in TOGETHER:
        said = column(reports, each.fields)
        bits, alone = entropy(said), unique(said)
        if abs(bits - each.bits) > BITS_TOLERANCE or abs(alone - each.unique) > UNIQUE_TOLERANCE:
            row = re.compile(rf'(Together\("{re.escape(each.what)}", .*), [\d.]+, \d+\)')
            texts[_TOGETHER] = row.sub(rf"\g<1>, {bits:.1f}, {alone})", texts[_TOGETHER])
    texts[_VERSION] = re.sub(r"(?m)^(SCHEMA_VERSION: Final = )\d+$", rf"\g<1>{NEWEST}", texts[_VERSION])
    return texts
